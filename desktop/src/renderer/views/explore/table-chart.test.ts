import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Table } from '../../../contract/engine.ts';
import { chartOfTable } from './table-chart.ts';

/** Columns as `name type`. */
const table = (columns: readonly string[], rows: Table['rows']): Table => ({
  columns: columns.map((column) => {
    const [name, type] = column.split(' ');
    return { name: name!, type: type! };
  }),
  rows,
  truncated: false,
});

test('a column of times and one of numbers is a line, with a gap where a row is missing', () => {
  const rows = [
    ['2026-11-21 10:03:00', '7'],
    ['2026-11-21 10:00:00', '4'],
    ['2026-11-21 10:01:00', undefined],
  ];
  const chart = chartOfTable(table(['minute DateTime', 'spans UInt64'], rows));
  assert.deepStrictEqual(chart?.grid, { from: Date.parse('2026-11-21T10:00:00Z'), step: 60_000, points: 4 });
  assert.deepStrictEqual(
    chart.series.map(({ name, values }) => [name, [...values]]),
    [['spans', [4, NaN, NaN, 7]]],
  );
});

test('other columns name the lines', () => {
  const columns = [
    'service LowCardinality(String)',
    'at DateTime64(3)',
    'p50 Float64',
    'p99 Nullable(Float64)',
  ];
  const rows = [
    ['api', '2026-11-21 10:00:00.000', 1, 2],
    ['orders', '2026-11-21 10:00:00.500', 3, 4],
  ];
  assert.deepStrictEqual(
    chartOfTable(table(columns, rows))?.series.map(({ name }) => name),
    ['api p50', 'api p99', 'orders p50', 'orders p99'],
  );
});

test('without times, numbers, a second instant, or with too many of them there is no chart', () => {
  const row = ['2026-11-21 10:00:00', '4'];
  const far = [row, ['1970-01-01 00:00:01', '4'], ['1970-01-01 00:00:02', '4']];
  const cases = [
    table(['a String', 'b UInt64'], [row]),
    table(['a DateTime', 'b String'], [row]),
    table(['a DateTime', 'b UInt64'], [row]),
    table(['a DateTime', 'b UInt64'], far),
  ];
  for (const one of cases) assert.equal(chartOfTable(one), undefined);
});
