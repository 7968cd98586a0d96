import assert from 'node:assert/strict';
import { test } from 'node:test';
import { evaluateInstant } from '../evaluate.ts';
import { parsePromql } from '../parse.ts';
import { selectorsOf } from '../selectors.ts';
import type { SeriesSource } from '../source.ts';
import { CASES, POINTS } from './testdata/extended-cases.ts';

const MINUTE = 60_000;
const T0 = Date.UTC(2026, 0, 1);

const timestamps = Float64Array.from(POINTS, ([minute]) => T0 + minute * MINUTE);
const values = Float64Array.from(POINTS, ([, value]) => value);

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

const MORE: typeof CASES = [
  [6, 'delta(x_total[2m] anchored)', 5 - 40],
  [6, 'resets(x_total[2m] anchored)', 1],
  [4, 'changes(x_total[2m] anchored)', 2],
  [4, 'delta(x_total[1m] smoothed)', 10],
  [5, 'x_total smoothed offset 1m', 45],
];
for (const [minute, query, expected] of [...CASES, ...MORE])
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
