import type { Column } from '@gumshoe/model/world';

/** Events in the `cells` up to and with each one, of a column of rates per second; NaN where all are unknown. */
export function countOver(rates: Column, cells: number, step: number): Column {
  return over(rates, cells, (sum) => (sum * step) / 1000);
}

/** Mean of the known ones of the `cells` up to and with each one. */
export function meanOver(column: Column, cells: number): Column {
  return over(column, cells, (sum, known) => sum / known);
}

function over(column: Column, cells: number, value: (sum: number, known: number) => number): Column {
  const sums = new Float64Array(column.length + 1);
  const known = new Uint32Array(column.length + 1);
  const out = new Float64Array(column.length);
  for (let i = 0; i < column.length; i++) {
    const there = column[i] === column[i];
    sums[i + 1] = sums[i]! + (there ? column[i]! : 0);
    known[i + 1] = known[i]! + (there ? 1 : 0);
    const lo = Math.max(0, i + 1 - cells);
    const n = known[i + 1]! - known[lo]!;
    out[i] = n > 0 ? value(Math.max(0, sums[i + 1]! - sums[lo]!), n) : NaN;
  }
  return out;
}
