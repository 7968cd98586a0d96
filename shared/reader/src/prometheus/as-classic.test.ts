import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CUSTOM_BUCKETS, sparseBuckets, type NativeHistogram } from '@gumshoe/base/native-histogram';
import type { Series } from '@gumshoe/base/series';
import { asClassic, withNativeNames } from './as-classic.ts';

const histogram = (
  counts: Readonly<Record<number, number>>,
  more: Partial<NativeHistogram>,
): NativeHistogram => {
  const positive = sparseBuckets(new Map(Object.entries(counts).map(([index, n]) => [Number(index), n])));
  const count = positive.counts.reduce((sum, n) => sum + n, more.zeroCount ?? 0);
  const base = { schema: 0, sum: 7, zeroThreshold: 0, zeroCount: 0, hint: 'unknown' as const };
  return { ...base, count, positive, negative: sparseBuckets(new Map()), ...more };
};

const series = (samples: readonly NativeHistogram[]): Series => ({
  labels: { __name__: 'd', job: 'x' },
  timestamps: new Float64Array(0),
  values: new Float64Array(0),
  histograms: { timestamps: Float64Array.from(samples, (_, i) => 1000 * (i + 1)), samples },
});

const told = (all: readonly Series[]): Record<string, readonly number[]> =>
  Object.fromEntries(
    all.map(({ labels, values }) => [`${labels['__name__']} ${labels['le'] ?? ''}`, [...values]]),
  );

const ALL = ['d_bucket', 'd_sum', 'd_count'];

test('what is asked for as classic series is asked for as a native histogram too', () => {
  assert.deepEqual(withNativeNames(['up', ...ALL]), ['up', ...ALL, 'd']);
});

test('custom buckets become the classic ones they were', () => {
  const bounds = Float64Array.of(0.1, 0.5);
  const samples = [
    histogram({ 0: 1, 2: 2 }, { schema: CUSTOM_BUCKETS, bounds }),
    histogram({ 0: 1, 1: 4, 2: 2 }, { schema: CUSTOM_BUCKETS, bounds }),
  ];
  assert.deepEqual(told(asClassic([series(samples)], ALL)), {
    'd_bucket 0.1': [1, 1],
    'd_bucket 0.5': [1, 5],
    'd_bucket +Inf': [3, 7],
    'd_sum ': [7, 7],
    'd_count ': [3, 7],
  });
});

test('exponential buckets keep their bounds, joined where there are many', () => {
  const samples = [histogram({ 1: 2 }, { zeroCount: 1, zeroThreshold: 0.5 }), histogram({ 1: 2, 3: 4 }, {})];
  assert.deepEqual(told(asClassic([series(samples)], ['d_bucket'])), {
    'd_bucket 0.5': [1, 0],
    'd_bucket 1': [1, 0],
    'd_bucket 2': [3, 2],
    'd_bucket 4': [3, 2],
    'd_bucket 8': [3, 6],
    'd_bucket +Inf': [3, 6],
  });
  const fine = histogram(Object.fromEntries(Array.from({ length: 200 }, (_, i) => [i, 1])), { schema: 6 });
  const many = asClassic([series([fine])], ['d_bucket']);
  assert.ok(many.length > 10 && many.length <= 41, String(many.length));
  assert.deepEqual([...many.at(-1)!.values], [200]);
});

test('classic series that are there are kept, and what was asked for natively stays so', () => {
  const native = series([histogram({ 1: 1 }, {})]);
  const classic = {
    labels: { __name__: 'd_bucket', le: '1' },
    timestamps: Float64Array.of(1),
    values: Float64Array.of(1),
  };
  assert.deepEqual(asClassic([native, classic], ALL), [classic]);
  assert.deepEqual(asClassic([native], ['d']), [native]);
});
