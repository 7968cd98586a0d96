import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CUSTOM_BUCKETS, sparseBuckets, type NativeHistogram } from '@gumshoe/base/native-histogram';
import { labelsKey, type Labels, type Series } from '@gumshoe/base/series';
import { evaluateInstant, evaluateRange, type InstantResult } from './evaluate.ts';
import { histogramText } from './histograms/text.ts';
import { compileMatchers } from './matchers.ts';
import { parsePromql } from './parse.ts';
import { milliseconds } from '@gumshoe/base/time';
import type { SeriesSource } from './source.ts';

const T0 = Date.UTC(2026, 0, 1);
const STEP = 15_000;
const at = (i: number): number => T0 + i * STEP + 1;

/** `n` observations in (1, 2] and twice as many in (2, 4]. */
const sample = (n: number, more: Partial<NativeHistogram> = {}): NativeHistogram => ({
  schema: 0,
  count: 3 * n,
  sum: 7 * n,
  zeroThreshold: 0,
  zeroCount: 0,
  positive: sparseBuckets(
    new Map([
      [1, n],
      [2, 2 * n],
    ]),
  ),
  negative: sparseBuckets(new Map()),
  hint: 'unknown',
  ...more,
});

const custom = (n: number): NativeHistogram =>
  sample(n, { schema: CUSTOM_BUCKETS, bounds: Float64Array.of(0.5, 1, 5) });

const STALE: NativeHistogram = { ...sample(0), sum: NaN, stale: true };

type Sample = number | NativeHistogram | undefined;

function series(labels: Labels, samples: readonly Sample[]): Series {
  const floats: (readonly [number, number])[] = [];
  const natives: (readonly [number, NativeHistogram])[] = [];
  samples.forEach((one, i) => {
    if (typeof one === 'number') floats.push([at(i), one]);
    else if (one) natives.push([at(i), one]);
  });
  return {
    labels,
    timestamps: Float64Array.from(floats, ([time]) => time),
    values: Float64Array.from(floats, ([, value]) => value),
    histograms: {
      timestamps: Float64Array.from(natives, ([time]) => time),
      samples: natives.map(([, one]) => one),
    },
  };
}

const counts = (...all: readonly number[]): NativeHistogram[] => all.map((n) => sample(n));

const all: readonly Series[] = [
  series({ __name__: 'h', k: 'a' }, counts(10, 12, 16, 17, 20)),
  series({ __name__: 'h', k: 'b' }, counts(10, 12, 2, 3, 5)),
  series(
    { __name__: 'gauge' },
    [5, 7, 4, 4, 6].map((n) => sample(n, { hint: 'gauge' })),
  ),
  series({ __name__: 'mixed' }, [1, 2, sample(3), 4, sample(5)]),
  series({ __name__: 'became' }, [1, 2, 3, sample(3), sample(5)]),
  series({ __name__: 'custom' }, [custom(1), custom(2), custom(3), custom(4), custom(5)]),
  series({ __name__: 'kinds', k: 'a' }, counts(1, 1, 1, 1, 1)),
  series({ __name__: 'kinds', k: 'b' }, [custom(1), custom(1), custom(1), custom(1), custom(1)]),
  series({ __name__: 'kinds', k: 'c' }, [9, 9, 9, 9, 9]),
  series({ __name__: 'twice', le: '2' }, [1, 1, 1, 1, 1]),
  series({ __name__: 'twice', le: '+Inf' }, [2, 2, 2, 2, 2]),
  series({ __name__: 'twice' }, counts(1, 1, 1, 1, 1)),
  series({ __name__: 'ended' }, [sample(1), sample(2), STALE, undefined, undefined]),
  series({ __name__: 'hints', k: 'a' }, [sample(1, { hint: 'reset' })]),
  series({ __name__: 'hints', k: 'b' }, [sample(1, { hint: 'none' })]),
];

const source: SeriesSource = {
  select(matchers, from, to) {
    const accept = compileMatchers(matchers);
    return all.flatMap((one) => {
      if (!accept(one.labels)) return [];
      const inside = (times: Float64Array): number[] =>
        [...times.keys()].filter((i) => times[i]! > from && times[i]! <= to);
      const [floats, natives] = [inside(one.timestamps), inside(one.histograms!.timestamps)];
      const { labels } = one;
      const timestamps = Float64Array.from(floats, (i) => one.timestamps[i]!);
      const values = Float64Array.from(floats, (i) => one.values[i]!);
      if (natives.length === 0) return floats.length > 0 ? { labels, timestamps, values } : [];
      const histograms = {
        timestamps: Float64Array.from(natives, (i) => one.histograms!.timestamps[i]!),
        samples: natives.map((i) => one.histograms!.samples[i]!),
      };
      return { labels, timestamps, values, histograms };
    });
  },
};

const ask = (query: string): InstantResult => evaluateInstant(parsePromql(query), source, at(4) + 1000);

/** Samples as text, by labels. */
function answer(query: string): Record<string, string> {
  const result = ask(query);
  assert.equal(result.type, 'vector');
  if (result.type !== 'vector') return {};
  return Object.fromEntries(
    result.samples.map(({ labels, value, histogram }) => [
      labelsKey(labels),
      histogram ? histogramText(histogram) : String(value),
    ]),
  );
}

const text = (n: number): string => `{count:${3 * n}, sum:${7 * n}, (1,2]:${n}, (2,4]:${2 * n}}`;
const A = 'k="a",';
const B = 'k="b",';

const cases: readonly (readonly [string, Record<string, string>])[] = [
  ['histogram_count(h)', { [A]: '60', [B]: '15' }],
  ['histogram_sum(h{k="a"})', { [A]: '140' }],
  ['histogram_avg(h{k="a"})', { [A]: String(140 / 60) }],
  ['h{k="a"}', { [`__name__="h",${A}`]: text(20) }],
  ['sum(h)', { '': text(25) }],
  ['avg(h)', { '': text(12.5) }],
  ['count(h)', { '': '2' }],
  ['group(h)', { '': '1' }],
  ['limitk(1, h)', { [`__name__="h",${A}`]: text(20) }],
  ['count_values("v", h{k="b"})', { [`v=${JSON.stringify(text(5))},`]: '1' }],
  ['topk(1, h)', {}],
  ['max(h)', {}],
  ['abs(h)', {}],
  ['sort(h)', {}],
  ['histogram_count(irate(h[1m]))', { [A]: '0.6', [B]: '0.4' }],
  ['idelta(gauge[1m])', { '': text(2) }],
  ['increase(h{k="a"}[1m]) == increase(h{k="a"}[1m])', { [A]: text(8 * (60 / 45)) }],
  ['increase(h{k="b"}[1m])', { [B]: text(5 * (60 / 45)) }],
  [
    'delta(gauge[1m])',
    { '': '{count:-4, sum:-9.333333333333332, (1,2]:-1.3333333333333333, (2,4]:-2.6666666666666665}' },
  ],
  ['resets(h[90s])', { [A]: '0', [B]: '1' }],
  ['changes(gauge[90s])', { '': '3' }],
  ['sum_over_time(h{k="a"}[40s])', { [A]: text(53) }],
  ['histogram_count(avg_over_time(gauge[40s]))', { '': '14' }],
  ['last_over_time(mixed[90s])', { '__name__="mixed",': text(5) }],
  ['first_over_time(mixed[90s])', { '__name__="mixed",': '1' }],
  ['count_over_time(mixed[90s])', { '': '5' }],
  ['present_over_time(h[90s])', { [A]: '1', [B]: '1' }],
  ['changes(mixed[90s])', { '': '4' }],
  ['resets(mixed[90s])', { '': '3' }],
  ['ts_of_last_over_time(mixed[90s])', { '': String(at(4) / 1000) }],
  ['max_over_time(mixed[90s])', { '': '4' }],
  ['rate(mixed[90s])', {}],
  ['irate(mixed[90s])', {}],
  ['rate(became[25s])', { '': text(2 / 15) }],
  ['h * 2', { [A]: text(40), [B]: text(10) }],
  ['0.5 * h{k="a"}', { [A]: text(10) }],
  ['h / 2', { [A]: text(10), [B]: text(2.5) }],
  ['h - h', { [A]: '{count:0, sum:0}', [B]: '{count:0, sum:0}' }],
  ['h{k="a"} + on() h{k="b"}', { '': text(25) }],
  ['h == h', { [`__name__="h",${A}`]: text(20), [`__name__="h",${B}`]: text(5) }],
  ['h != bool h', { [A]: '0', [B]: '0' }],
  ['-h{k="b"}', { [B]: text(-5) }],
  ['h > 1', {}],
  ['h + 1', {}],
  ['h and on(k) h{k="a"}', { [`__name__="h",${A}`]: text(20) }],
  ['h unless on(k) h{k="a"}', { [`__name__="h",${B}`]: text(5) }],
  ['h{k="a"} or h{k="b"}', { [`__name__="h",${A}`]: text(20), [`__name__="h",${B}`]: text(5) }],
  ['h{k="a"} </ 2', { [`__name__="h",${A}`]: `{count:20, sum:${20 * Math.SQRT2}, (1,2]:20}` }],
  ['absent(h)', {}],
  ['absent_over_time(h[1m])', {}],
  ['timestamp(h{k="a"})', { [A]: String(at(4) / 1000) }],
  ['label_replace(h{k="a"}, "x", "$1", "k", "(.*)")', { [`__name__="h",${A}x="a",`]: text(20) }],
  ['ended', {}],
  ['last_over_time(ended[90s])', { '__name__="ended",': text(2) }],
  ['sum(kinds)', {}],
  ['sum(kinds{k=~"a|b"})', {}],
  ['sum by (k) (kinds)', { [A]: text(1), 'k="c",': '9', [B]: '{count:3, sum:7, (0.5,1]:1, (1,5]:2}' }],
  ['kinds{k="a"} + on() kinds{k="b"}', {}],
  ['histogram_quantile(0.5, custom)', { '': '2' }],
  ['histogram_quantile(0.5, twice)', {}],
  ['histogram_count(sum_over_time(h{k="a"}[1m:15s]))', { [A]: String(3 * (10 + 12 + 16 + 17)) }],
];

describe('native histograms in queries', () => {
  for (const [query, expected] of cases)
    test(query, () => {
      assert.deepEqual(answer(query), expected);
    });

  test('on a grid they stand beside the floats', () => {
    const grid = { from: milliseconds(at(0)), step: STEP, points: 5 };
    const { series: found } = evaluateRange(parsePromql('mixed * 1'), source, grid);
    const { values, histograms } = found[0]!;
    assert.deepEqual([...values], [1, 2, NaN, 4, NaN]);
    assert.deepEqual(
      histograms!.map((one) => one && one.count),
      [undefined, undefined, 9, undefined, 15],
    );
  });
});

describe('what is said of them', () => {
  const notes: readonly (readonly [string, 'warnings' | 'infos', string])[] = [
    [
      'rate(mixed[90s])',
      'warnings',
      'encountered a mix of histograms and floats for metric name "mixed" (1:6)',
    ],
    ['sum(kinds{k!="b"})', 'warnings', 'encountered a mix of histograms and floats for aggregation (1:5)'],
    [
      'sum(kinds{k=~"a|b"})',
      'warnings',
      'vector contains a mix of histograms with exponential and custom buckets schemas for metric name "" (1:5)',
    ],
    ['rate(gauge[1m])', 'warnings', 'this native histogram metric is not a counter: "gauge" (1:6)'],
    ['delta(h{k="a"}[1m])', 'warnings', 'this native histogram metric is not a gauge: "h" (1:7)'],
    ['max(h)', 'infos', 'ignored histogram in max aggregation (1:5)'],
    ['quantile(0.5, h)', 'infos', 'ignored histogram in quantile aggregation (1:15)'],
    [
      'max_over_time(mixed[90s])',
      'infos',
      'ignored histograms in a range containing both floats and histograms for metric name "mixed" (1:15)',
    ],
    [
      'h > 1',
      'infos',
      'incompatible sample types encountered for binary operator ">": histogram > float (1:1)',
    ],
    [
      '2 / h',
      'infos',
      'incompatible sample types encountered for binary operator "/": float / histogram (1:1)',
    ],
    [
      'kinds{k="a"} + on() kinds{k="b"}',
      'warnings',
      'incompatible bucket layout encountered for binary operator + (1:1)',
    ],
    [
      'histogram_quantile(0.5, twice)',
      'warnings',
      'vector contains a mix of classic and native histograms for metric name "twice" (1:25)',
    ],
    ['sum(hints)', 'warnings', 'conflicting counter resets during histogram aggregation (1:5)'],
  ];
  for (const [query, kind, expected] of notes)
    test(query, () => {
      const result = ask(query);
      const prefix = kind === 'infos' ? 'PromQL info: ' : 'PromQL warning: ';
      assert.deepEqual(result[kind], [prefix + expected]);
    });

  test('nothing of floats', () => {
    const { infos, warnings } = ask('histogram_count(kinds{k="c"})');
    assert.deepEqual([infos, warnings], [[], []]);
  });
});
