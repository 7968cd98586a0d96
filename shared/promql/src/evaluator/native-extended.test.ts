import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { NO_BUCKETS, sparseBuckets, type NativeHistogram } from '@gumshoe/base/native-histogram';
import type { Series } from '@gumshoe/base/series';
import { evaluateInstant } from '../evaluate.ts';
import { histogramText } from '../histograms/text.ts';
import { parsePromql } from '../parse.ts';
import type { SeriesSource } from '../source.ts';
import { CASES, POINTS } from './testdata/extended-cases.ts';

const MINUTE = 60_000;
const T0 = Date.UTC(2026, 0, 1);
const at = (minutes: readonly number[]): Float64Array =>
  Float64Array.from(minutes, (minute) => T0 + minute * MINUTE);
const histogram = (count: number, hint: NativeHistogram['hint'] = 'unknown'): NativeHistogram => ({
  schema: 0,
  count,
  sum: 2 * count,
  zeroThreshold: 0,
  zeroCount: 0,
  positive: count === 0 ? NO_BUCKETS : sparseBuckets(new Map([[1, count]])),
  negative: NO_BUCKETS,
  hint,
});

const none = new Float64Array(0);
const natives: Series = {
  labels: { __name__: 'x' },
  timestamps: none,
  values: none,
  histograms: {
    timestamps: at(POINTS.map(([minute]) => minute)),
    samples: POINTS.map(([, count]) => histogram(count)),
  },
};
const gauge: Series = {
  ...natives,
  histograms: { ...natives.histograms!, samples: POINTS.map(([, count]) => histogram(count, 'gauge')) },
};
const mixed: Series = { ...natives, timestamps: at([3]), values: Float64Array.of(1) };

function ask(minute: number, query: string, series = natives) {
  const source: SeriesSource = { select: () => [series] };
  const result = evaluateInstant(parsePromql(query), source, T0 + minute * MINUTE);
  assert.equal(result.type, 'vector');
  const [sample] = result.type === 'vector' ? result.samples : [];
  const warnings = (result.warnings ?? []).join();
  return { sample, warnings };
}

describe('over native histograms', () => {
  for (const [minute, query, expected] of CASES)
    test(`${query} at minute ${minute}`, () => {
      const { sample } = ask(minute, query);
      assert.equal(sample?.histogram?.count, expected);
      if (expected) assert.equal(sample?.histogram?.sum, 2 * expected);
    });

  test('changes and resets begin at the anchor, whatever its type', () => {
    assert.equal(ask(6, 'resets(x[2m] anchored)').sample?.value, 1);
    assert.equal(ask(4, 'changes(x[2m] anchored)').sample?.value, 2);
    assert.equal(ask(4, 'changes(x[1m] anchored)', mixed).sample?.value, 1);
    assert.equal(ask(4, 'changes(x[2m] anchored)', mixed).sample?.value, 3);
  });

  test('a gauge has differences and no rate, a counter the other way round', () => {
    const { sample, warnings } = ask(4, 'delta(x[1m] smoothed)', gauge);
    assert.deepEqual([sample?.histogram?.count, sample?.histogram?.hint, warnings], [10, 'gauge', '']);
    assert.match(ask(4, 'rate(x[1m] smoothed)', gauge).warnings, /not a counter/);
    assert.match(ask(4, 'delta(x[1m] anchored)').warnings, /not a gauge/);
  });

  test('floats around the window are no mix to be rated, and said so', () => {
    for (const query of ['rate(x[2m] anchored)', 'x smoothed']) {
      const { sample, warnings } = ask(4, query, mixed);
      assert.equal(sample, undefined);
      assert.match(warnings, /mix of histograms and floats/);
    }
  });

  test('the range itself has the samples as they are', () => {
    const source: SeriesSource = { select: () => [natives] };
    const result = evaluateInstant(parsePromql('x[2m] anchored'), source, T0 + 4 * MINUTE);
    assert.ok(result.type === 'matrix');
    assert.deepEqual(
      result.series[0]!.histograms!.samples.map(histogramText),
      [30, 40].map((count) => histogramText(histogram(count))),
    );
  });
});
