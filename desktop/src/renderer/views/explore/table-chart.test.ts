import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Table } from '../../../contract/engine.ts';
import { chartOfTable } from './table-chart.ts';

const table = (columns: readonly [name: string, type: string][], rows: Table['rows']): Table => ({
  columns: columns.map(([name, type]) => ({ name, type })),
  rows,
  truncated: false,
});

test('a column of times and one of numbers is a line, with a gap where a row is missing', () => {
  const chart = chartOfTable(
    table(
      [
        ['minute', 'DateTime'],
        ['spans', 'UInt64'],
      ],
      [
        ['2026-11-21 10:03:00', '7'],
        ['2026-11-21 10:00:00', '4'],
        ['2026-11-21 10:01:00', undefined],
      ],
    ),
  );
  assert.deepStrictEqual(chart?.grid, { from: Date.parse('2026-11-21T10:00:00Z'), step: 60_000, points: 4 });
  assert.deepStrictEqual(
    chart.series.map(({ name, values }) => [name, [...values]]),
    [['spans', [4, NaN, NaN, 7]]],
  );
});

test('other columns name the lines', () => {
  const chart = chartOfTable(
    table(
      [
        ['service', 'LowCardinality(String)'],
        ['at', 'DateTime64(3)'],
        ['p50', 'Float64'],
        ['p99', 'Nullable(Float64)'],
      ],
      [
        ['api', '2026-11-21 10:00:00.000', 1, 2],
        ['orders', '2026-11-21 10:00:00.500', 3, 4],
      ],
    ),
  );
  assert.deepStrictEqual(
    chart?.series.map(({ name }) => name),
    ['api p50', 'api p99', 'orders p50', 'orders p99'],
  );
});

test('without times, numbers or a second instant there is no chart', () => {
  const row = ['2026-11-21 10:00:00', '4'] as const;
  assert.equal(
    chartOfTable(
      table(
        [
          ['a', 'String'],
          ['b', 'UInt64'],
        ],
        [row],
      ),
    ),
    undefined,
  );
  assert.equal(
    chartOfTable(
      table(
        [
          ['a', 'DateTime'],
          ['b', 'String'],
        ],
        [row],
      ),
    ),
    undefined,
  );
  assert.equal(
    chartOfTable(
      table(
        [
          ['a', 'DateTime'],
          ['b', 'UInt64'],
        ],
        [row],
      ),
    ),
    undefined,
  );
  const far = [row, ['1970-01-01 00:00:01', '4'], ['1970-01-01 00:00:02', '4']];
  assert.equal(
    chartOfTable(
      table(
        [
          ['a', 'DateTime'],
          ['b', 'UInt64'],
        ],
        far,
      ),
    ),
    undefined,
  );
});
