import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { bucketsOf, CUSTOM_BUCKETS, sparseBuckets } from '@gumshoe/base/native-histogram';
import type { NativeHistogram } from '@gumshoe/base/native-histogram';
import { combine, divide, scale } from './arithmetic.ts';
import { nativeFraction } from './fraction.ts';
import { histogramsFromBuckets } from './from-buckets.ts';
import { histogramJson } from './json.ts';
import { nativeQuantile } from './quantile.ts';
import { isReset } from './reset.ts';
import { histogramText } from './text.ts';
import { trim } from './trim.ts';
import { nativeVariance } from './variance.ts';

type Counts = Readonly<Record<number, number>>;

const buckets = (counts: Counts) =>
  sparseBuckets(new Map(Object.entries(counts).map(([index, count]) => [Number(index), count])));

const exponential = (positive: Counts, more: Partial<NativeHistogram> = {}): NativeHistogram => {
  const all = buckets(positive);
  const negative = more.negative ?? buckets({});
  const zeroCount = more.zeroCount ?? 0;
  const count = [...all.counts, ...negative.counts].reduce((sum, one) => sum + one, zeroCount);
  return {
    schema: 0,
    count,
    sum: 10,
    zeroThreshold: 0.001,
    zeroCount,
    positive: all,
    negative,
    hint: 'unknown',
    ...more,
  };
};

const custom = (bounds: readonly number[], counts: Counts): NativeHistogram =>
  exponential(counts, { schema: CUSTOM_BUCKETS, zeroThreshold: 0, bounds: Float64Array.from(bounds) });

describe('arithmetic of native histograms', () => {
  test('a finer schema is brought to the coarser one', () => {
    const sum = combine(exponential({ 1: 4 }), exponential({ 1: 1, 2: 2, 3: 3 }, { schema: 1 }), 1);
    assert.equal(histogramText(sum!.histogram), '{count:10, sum:20, (1,2]:7, (2,4]:3}');
  });

  test('a zero bucket grows to the wider one, and over what it would cut', () => {
    const wide = exponential({}, { zeroThreshold: 0.3, zeroCount: 1 });
    const sum = combine(exponential({ '-1': 2, 3: 5 }, { zeroCount: 1 }), wide, 1)!.histogram;
    assert.equal(sum.zeroThreshold, 0.5);
    assert.equal(sum.zeroCount, 4);
    assert.deepEqual([...sum.positive.indexes], [3]);
  });

  test('custom bounds that both have remain', () => {
    const sum = combine(custom([1, 2, 5], { 0: 1, 1: 2, 3: 4 }), custom([1, 5], { 1: 3 }), 1)!;
    assert.ok(sum.boundsReconciled);
    assert.deepEqual([...sum.histogram.bounds!], [1, 5]);
    assert.deepEqual([...sum.histogram.positive.counts], [1, 5, 4]);
  });

  test('exponential and custom buckets do not add up', () => {
    assert.equal(combine(exponential({ 1: 1 }), custom([1], { 0: 1 }), 1), undefined);
  });

  test('equal buckets subtracted leave none', () => {
    const one = exponential({ 1: 4, 2: 1 });
    const rest = combine(one, exponential({ 1: 4 }), -1)!.histogram;
    assert.deepEqual([...rest.positive.indexes], [2]);
  });

  test('a negative factor makes a gauge, division by zero leaves no buckets', () => {
    assert.equal(scale(exponential({ 1: 1 }), -1).hint, 'gauge');
    const none = divide(exponential({ 1: 1 }), 0);
    assert.equal(none.count, Infinity);
    assert.equal(none.positive.indexes.length, 0);
  });
});

describe('resets', () => {
  const before = exponential({ 1: 4, 2: 1 }, { zeroCount: 2 });
  const cases: readonly (readonly [string, NativeHistogram, boolean])[] = [
    ['the same', before, false],
    ['a bucket more', exponential({ 1: 4, 2: 1, 3: 1 }, { zeroCount: 2 }), false],
    ['a bucket lost', exponential({ 1: 9 }, { zeroCount: 2 }), true],
    ['a bucket that fell', exponential({ 1: 3, 2: 9 }, { zeroCount: 2 }), true],
    ['a zero bucket that fell', exponential({ 1: 9, 2: 1 }, { zeroCount: 1 }), true],
    ['a coarser schema', exponential({ 1: 5 }, { schema: -1, zeroCount: 2 }), false],
    ['a finer schema', exponential({ 1: 9, 2: 9, 3: 9 }, { schema: 1, zeroCount: 9 }), true],
    ['a wider zero bucket', exponential({ 1: 4, 2: 1 }, { zeroCount: 2, zeroThreshold: 0.5 }), false],
    ['a narrower zero bucket', exponential({ 1: 9, 2: 9 }, { zeroCount: 9, zeroThreshold: 0 }), true],
    ['one that says so', { ...before, hint: 'reset' }, true],
    ['one that denies it', exponential({}, { hint: 'none' }), false],
  ];
  for (const [name, now, expected] of cases)
    test(name, () => {
      assert.equal(isReset(now, before), expected);
    });

  test('other custom bounds are compared in what both have', () => {
    const old = custom([1, 2], { 0: 1, 1: 2, 2: 3 });
    assert.equal(isReset(custom([1, 4], { 0: 1, 1: 2, 2: 3 }), old), false);
    assert.equal(isReset(custom([1, 4], { 0: 0, 1: 9, 2: 3 }), old), true);
  });
});

describe('estimates', () => {
  const quantile = (share: number, histogram: NativeHistogram): number =>
    nativeQuantile(share, histogram).value;

  test('quantiles are interpolated on the logarithmic scale of the buckets', () => {
    assert.equal(quantile(0.5, exponential({ 1: 2 })), Math.SQRT2);
    assert.equal(quantile(0.25, exponential({}, { negative: buckets({ 1: 4 }) })), -(2 ** 0.75));
    assert.equal(quantile(0, exponential({ 1: 2, 2: 2 })), 1);
    assert.equal(quantile(1, exponential({ 1: 2, 2: 2 })), 4);
  });

  test('and linearly in custom buckets and the zero bucket', () => {
    assert.equal(quantile(0.5, custom([1, 3], { 1: 2 })), 2);
    assert.equal(quantile(0.25, custom([1, 3], { 0: 2 })), 0.25);
    assert.equal(quantile(0.9, custom([1, 3], { 2: 2 })), 3);
    assert.equal(quantile(0.375, exponential({ 1: 1 }, { zeroCount: 3, zeroThreshold: 0.25 })), 0.125);
  });

  test('NaN observations are in no bucket', () => {
    const histogram = exponential({ 1: 2 }, { count: 4, sum: NaN });
    assert.deepEqual(nativeQuantile(0.9, histogram), { value: NaN, nans: 'result' });
    assert.deepEqual(nativeQuantile(0.25, histogram), { value: Math.SQRT2, nans: 'skewed' });
    assert.deepEqual(nativeFraction(0, 4, histogram), { value: 0.5, nans: true });
  });

  test('fractions invert quantiles', () => {
    const all = [
      exponential({ 1: 3, 2: 5, 4: 1 }, { zeroCount: 2, negative: buckets({ 0: 2, 3: 1 }) }),
      exponential({ 5: 3, 7: 5 }, { schema: 3 }),
      custom([0.5, 1, 8], { 0: 1, 1: 3, 2: 4 }),
    ];
    for (const histogram of all)
      for (const share of [0.1, 0.3, 0.5, 0.77, 0.9]) {
        const back = nativeFraction(-Infinity, quantile(share, histogram), histogram).value;
        assert.ok(Math.abs(back - share) < 1e-12, `${histogramText(histogram)} ${share} ${back}`);
      }
  });

  test('the variance of one bucket is about its middle', () => {
    assert.equal(nativeVariance(exponential({ 1: 4 }, { sum: 4 * Math.SQRT2 })), 0);
    assert.equal(nativeVariance(custom([2, 4], { 1: 2 })), 4);
  });

  test('trimming keeps one side and estimates count and sum anew', () => {
    const histogram = exponential({ 1: 4, 2: 8 });
    assert.equal(histogramText(trim(histogram, 2, 'below')), `{count:4, sum:${4 * Math.SQRT2}, (1,2]:4}`);
    const half = trim(histogram, Math.SQRT2, 'above');
    assert.equal(half.count.toFixed(9), '10.000000000');
    assert.equal(trim(histogram, 100, 'below'), histogram);
  });
});

describe('what answers tell', () => {
  const back = (histogram: NativeHistogram): NativeHistogram =>
    histogramsFromBuckets([
      { count: histogram.count, sum: histogram.sum, buckets: bucketsOf(histogram) },
    ])[0]!;

  test('the layout is found in the bounds', () => {
    for (let schema = -4; schema <= 8; schema++) {
      const histogram = exponential(
        { '-7': 1, '-6': 2, 0: 3, 9: 4 },
        { schema, zeroThreshold: 2 ** -200, zeroCount: 1, negative: buckets({ 0: 1, 5: 2 }) },
      );
      assert.deepEqual(back(histogram), histogram);
    }
  });

  test('bounds that are no powers are custom ones', () => {
    const told = back(custom([0.1, 0.3, 2], { 0: 1, 1: 2, 3: 4 }));
    assert.deepEqual([...told.bounds!], [0.1, 0.3, 2]);
    assert.deepEqual([...told.positive.indexes], [0, 1, 3]);
  });

  test('empty samples are as their neighbours', () => {
    const full = exponential({ 3: 1 }, { schema: 3, zeroCount: 1 });
    const [empty, , after] = histogramsFromBuckets([
      { count: 0, sum: 0, buckets: [] },
      { count: full.count, sum: full.sum, buckets: bucketsOf(full) },
      { count: 0, sum: 0, buckets: [] },
    ]);
    for (const one of [empty!, after!]) {
      assert.equal(one.schema, 3);
      assert.equal(one.zeroThreshold, 0.001);
    }
  });

  test('and are written as Prometheus writes them', () => {
    const histogram = exponential({ 1: 4 }, { zeroCount: 2, negative: buckets({ 1: 3 }) });
    assert.deepEqual(histogramJson(histogram), {
      count: '9',
      sum: '10',
      buckets: [
        [1, '-2', '-1', '3'],
        [3, '-0.001', '0.001', '2'],
        [0, '1', '2', '4'],
      ],
    });
  });
});
