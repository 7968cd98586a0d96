import { milliseconds, type TimeGrid } from '@gumshoe/base/time';
import type { Chart, ChartSeries, Table } from '../../../contract/engine.ts';

/** More points than this would be a list rather than a line. */
const MAX_POINTS = 11_000;
const TIME = /^(?:LowCardinality\(|Nullable\()*(?:DateTime(?:64)?|Date(?:32)?)\b/;
const NUMBER = /^(?:LowCardinality\(|Nullable\()*(?:U?Int\d+|Float\d+|Decimal)/;

type Cell = Table['rows'][number][number];

/** Instant of a cell, taken to be UTC; NaN for anything else. */
function instantOf(cell: Cell): number {
  const text = String(cell ?? '');
  return Date.parse(text.length <= 10 ? `${text}T00:00:00Z` : `${text.replace(' ', 'T')}Z`);
}

const numberOf = (cell: Cell): number =>
  cell === undefined || cell === '' || typeof cell === 'boolean' ? NaN : Number(cell);

/** The grid that all instants lie on; undefined where they are too few or too many. */
function gridOf(instants: readonly number[]): TimeGrid | undefined {
  const times = [...new Set(instants.filter((at) => Number.isFinite(at)))].sort((a, b) => a - b);
  if (times.length < 2) return undefined;
  let step = Infinity;
  for (let i = 1; i < times.length; i++) step = Math.min(step, times[i]! - times[i - 1]!);
  const points = Math.round((times.at(-1)! - times[0]!) / step) + 1;
  return points > MAX_POINTS ? undefined : { from: milliseconds(times[0]!), step, points };
}

/**
 * A result as lines: its first column of times is the axis, each column of numbers a line for each combination of the
 * other columns. undefined where that makes no chart.
 */
export function chartOfTable({ columns, rows }: Table): Chart | undefined {
  const time = columns.findIndex(({ type }) => TIME.test(type));
  const numbers = columns.flatMap(({ type }, at) => (at !== time && NUMBER.test(type) ? [at] : []));
  if (time < 0 || numbers.length === 0) return undefined;
  const names = columns.flatMap((_, at) => (at === time || numbers.includes(at) ? [] : [at]));
  const instants = rows.map((row) => instantOf(row[time]));
  const grid = gridOf(instants);
  if (!grid) return undefined;
  const lines = new Map<string, Float64Array>();
  for (const [index, row] of rows.entries()) {
    const point = Math.round((instants[index]! - grid.from) / grid.step);
    if (!Number.isFinite(point)) continue;
    const whose = names.map((at) => String(row[at] ?? 'NULL'));
    for (const at of numbers) {
      const name = [...whose, ...(numbers.length > 1 || whose.length === 0 ? [columns[at]!.name] : [])].join(
        ' ',
      );
      const values = lines.get(name) ?? new Float64Array(grid.points).fill(NaN);
      values[point] = numberOf(row[at]);
      lines.set(name, values);
    }
  }
  const series = Array.from(lines, ([name, values]): ChartSeries => ({ name, values }));
  return { title: columns.map(({ name }) => name).join(', '), unit: 'none', grid, series, marks: [] };
}
