import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { CUSTOM_BUCKETS, NO_BUCKETS, sparseBuckets } from '@gumshoe/base/native-histogram';
import type { HistogramSamples, NativeHistogram, ResetHint } from '@gumshoe/base/native-histogram';
import type { Series } from '@gumshoe/base/series';
import { decodeHistograms, encodeHistograms, histogramRows } from './codec.ts';
import { RUN_CELLS, runsOf } from './histogram-runs.ts';
import { joinHistograms } from './join-histograms.ts';

const none = new Float64Array(0);
const seriesOf = (histograms: HistogramSamples, n = 0): Series => ({
  labels: { __name__: 'd', n: String(n) },
  timestamps: none,
  values: none,
  histograms,
});
const through = (all: readonly Series[]): readonly Series[] =>
  joinHistograms([], decodeHistograms(encodeHistograms(histogramRows(all))));

const sides = (least: number, most: number) =>
  fc
    .uniqueArray(fc.tuple(fc.integer({ min: least, max: most }), fc.double({ noNaN: true, min: 0.5 })), {
      selector: ([index]) => index,
      maxLength: 6,
    })
    .map((entries) => sparseBuckets(new Map(entries)));
const common = {
  count: fc.double(),
  sum: fc.double(),
  zeroThreshold: fc.double({ noNaN: true }),
  zeroCount: fc.double(),
  hint: fc.constantFrom<ResetHint>('unknown', 'reset', 'none', 'gauge'),
};
const exponential: fc.Arbitrary<NativeHistogram> = fc
  .record({
    ...common,
    schema: fc.integer({ min: -4, max: 8 }),
    positive: sides(1 - 2 ** 31, 2 ** 31 - 1),
    negative: sides(-1000, 1000),
  })
  .map((one) => ({ ...one }));
const custom: fc.Arbitrary<NativeHistogram> = fc
  .tuple(
    fc.record({ ...common, positive: sides(0, 3) }),
    fc.constantFrom([0.1, 1, 2.5], [-Infinity, 0.25, 4]),
  )
  .map(([one, bounds]) => ({
    ...one,
    schema: CUSTOM_BUCKETS,
    negative: NO_BUCKETS,
    bounds: Float64Array.from(bounds),
  }));
const stale: fc.Arbitrary<NativeHistogram> = exponential.map((one) => ({ ...one, stale: true as const }));

test('every bit of any native histograms comes back', () => {
  const samples = fc.array(fc.oneof(exponential, custom, stale), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(fc.array(samples, { minLength: 1, maxLength: 4 }), (all) => {
      const series = all.map((own, n) =>
        seriesOf({ timestamps: Float64Array.from(own, (_, i) => 1e12 + i * 15_000.5), samples: own }, n),
      );
      assert.deepEqual(through(series), series);
    }),
    { numRuns: 100 },
  );
});

test('buckets that wander are cut into runs of bounded size', () => {
  const samples = Array.from({ length: 2_000 }, (_, i): NativeHistogram => ({
    schema: 8,
    count: 3,
    sum: i,
    zeroThreshold: 0,
    zeroCount: 0,
    positive: sparseBuckets(new Map([i, i + 1, i * 7].map((index) => [index, 1]))),
    negative: NO_BUCKETS,
    hint: 'gauge',
  }));
  const whole = { timestamps: Float64Array.from(samples, (_, i) => i + 1), samples };
  const runs = [...runsOf(whole)];
  assert.ok(runs.length > 5);
  for (const { samples: own, positive } of runs) assert.ok(own.length * (5 + positive.length) <= RUN_CELLS);
  assert.deepEqual(through([seriesOf(whole)]), [seriesOf(whole)]);
});

test('runs that do not follow one another are refused', () => {
  const one = seriesOf({ timestamps: Float64Array.of(5), samples: [fc.sample(exponential, 1)[0]!] });
  assert.throws(() => joinHistograms([], [one, one]), /do not ascend/);
});
