import assert from 'node:assert/strict';
import { test } from 'node:test';
import { evaluateInstant } from '../evaluate.ts';
import { parsePromql } from '../parse.ts';
import { selectorsOf } from '../selectors.ts';
import type { SeriesSource } from '../source.ts';

const MINUTE = 60_000;
const T0 = Date.UTC(2026, 0, 1);

/** Minutes and values. Beside the counter with a reset after minute 5 nothing is read. */
const points: readonly (readonly [number, number])[] = [
  [0.5, 10],
  [1.5, 20],
  [2.5, 30],
  [3.5, 40],
  [4.5, 50],
  [5.5, 5],
  [6.5, 15],
];
const timestamps = Float64Array.from(points, ([minute]) => T0 + minute * MINUTE);
const values = Float64Array.from(points, ([, value]) => value);

const source: SeriesSource = {
  select: (_, from, to) => {
    const kept = [...timestamps.keys()].filter((i) => timestamps[i]! > from && timestamps[i]! <= to);
    return [
      {
        labels: { __name__: 'x_total' },
        timestamps: Float64Array.from(kept, (i) => timestamps[i]!),
        values: Float64Array.from(kept, (i) => values[i]!),
      },
    ];
  },
};

function at(minute: number, query: string): number | undefined {
  const result = evaluateInstant(parsePromql(query), source, T0 + minute * MINUTE);
  assert.equal(result.type, 'vector');
  return result.type === 'vector' ? result.samples[0]?.value : undefined;
}

const cases: readonly (readonly [number, string, number | undefined])[] = [
  [4, 'increase(x_total[2m] anchored)', 20],
  [4, 'rate(x_total[2m] anchored)', 20 / 120],
  [1, 'increase(x_total[2m] anchored)', 0],
  [6, 'increase(x_total[2m] anchored)', 15],
  [6, 'delta(x_total[2m] anchored)', 5 - 40],
  [6, 'resets(x_total[2m] anchored)', 1],
  [4, 'changes(x_total[2m] anchored)', 2],
  [4, 'increase(x_total[2m] smoothed)', 20],
  [4, 'delta(x_total[1m] smoothed)', 10],
  // from 45 on the way to 50, and after the reset from zero to 2.5 on the way to 5
  [5, 'increase(x_total[1m] smoothed)', 5 + 2.5],
  [6, 'increase(x_total[1m] smoothed)', 5 - 2.5 + 5],
  [7, 'increase(x_total[1m] smoothed)', 5],
  [4, 'x_total smoothed', 45],
  [4.5, 'x_total smoothed', 50],
  [7, 'x_total smoothed', 15],
  [0.25, 'x_total smoothed', undefined],
  [5, 'x_total smoothed offset 1m', 45],
  [20, 'increase(x_total[2m] anchored)', undefined],
];
for (const [minute, query, expected] of cases)
  test(`${query} at minute ${minute}`, () => {
    assert.equal(at(minute, query), expected);
  });

test('an anchored range alone has a sample at each edge', () => {
  const result = evaluateInstant(parsePromql('x_total[2m] anchored'), source, T0 + 4 * MINUTE);
  assert.ok(result.type === 'matrix');
  const [series] = result.series;
  assert.deepEqual([...series!.values], [20, 30, 40, 40]);
  assert.deepEqual(
    Array.from(series!.timestamps, (time) => (time - T0) / MINUTE),
    [2, 2.5, 3.5, 4],
  );
});

test('what is read beforehand reaches as far as is looked', () => {
  const extent = (query: string) => {
    const [one] = selectorsOf(parsePromql(query), T0, T0);
    return [(one!.from - T0) / MINUTE, (one!.to - T0) / MINUTE];
  };
  assert.deepEqual(extent('rate(x[2m] anchored)'), [-7, 0]);
  assert.deepEqual(extent('rate(x[2m] smoothed)'), [-7, 5]);
  assert.deepEqual(extent('x smoothed'), [-5, 5]);
});
