import assert from 'node:assert/strict';
import { test } from 'node:test';
import { milliseconds } from '@gumshoe/base/time';
import type { Chart } from '../../contract/engine.ts';
import { PALETTES } from '../theme/palette.ts';
import { chartOption, firstInstant, hasPoints, MAX_LINES } from './chart-option.ts';

const CHART: Chart = {
  title: 'Errors',
  unit: 'ratio',
  grid: { from: milliseconds(1000), step: 500, points: 3 },
  series: [{ name: 'api', values: Float64Array.of(0.1, NaN, 0.3) }],
  threshold: { value: 0.5, label: 'objective' },
  marks: [{ at: milliseconds(1500), label: 'onset' }],
};

interface Drawn {
  readonly series: readonly {
    readonly data: unknown;
    readonly markLine?: { readonly data: readonly object[] };
  }[];
  readonly yAxis: { readonly max?: number };
  readonly xAxis: { readonly min: number; readonly max: number };
}
const drawn = (chart: Chart) => chartOption(chart, PALETTES.dark) as unknown as Drawn;

test('a gap stays a gap, and the axis is the whole window', () => {
  const { series, xAxis } = drawn(CHART);
  assert.deepStrictEqual(series[0]!.data, [
    [1000, 0.1],
    [1500, '-'],
    [2000, 0.3],
  ]);
  assert.deepStrictEqual([xAxis.min, xAxis.max], [1000, 2000]);
});

test('threshold and marks are drawn, and the threshold is in sight above the values', () => {
  const { series, yAxis } = drawn(CHART);
  const [limit, mark] = series[0]!.markLine!.data as { yAxis?: number; xAxis?: number }[];
  assert.equal(limit?.yAxis, 0.5);
  assert.equal(mark?.xAxis, 1500);
  assert.ok(yAxis.max! > 0.5);
});

test('hundreds of series are cut to what can be told apart', () => {
  const many = {
    ...CHART,
    series: Array.from({ length: 500 }, (_, i) => ({ ...CHART.series[0]!, name: `${i}` })),
  };
  assert.equal(drawn(many).series.length, MAX_LINES);
});

test('nothing but gaps is nothing to draw', () => {
  assert.equal(hasPoints(CHART), true);
  assert.equal(hasPoints({ ...CHART, series: [{ name: 'x', values: Float64Array.of(NaN) }] }), false);
});

test('charts of a young source begin together, shortly before the first value of any', () => {
  const values = (first: number) => Float64Array.from({ length: 20 }, (_, i) => (i < first ? NaN : 1));
  const grid = { from: milliseconds(0), step: 10, points: 20 };
  const chart = (first: number): Chart => ({
    ...CHART,
    grid,
    series: [{ name: 'x', values: values(first) }],
  });
  assert.equal(firstInstant([chart(15), chart(12)]), 100);
  assert.equal(firstInstant([chart(15), chart(3)]), 0);
  assert.equal(firstInstant([chart(20)]), 0);
  assert.equal(firstInstant([]), undefined);
});
