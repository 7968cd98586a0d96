import { medianOf } from '@gumshoe/model/columns';
import type { CellRange, Column } from '@gumshoe/model/world';

/** A value has left the baseline when it is this many robust standard deviations off, … */
const DEVIATIONS = 4;
/** … and this part of the way to where it went. */
const PART = 0.12;
/** Cells in a row that may fall back while it is leaving. */
const DIP = 1;

/**
 * The change point of a column that rises: the first cell in which it has left the baseline for good, at or before
 * `from` where it is known to be high. What builds up slowly is dated to where it began, not to where it is half way:
 * so a cause that grows is told from a victim that jumps later.
 */
export function changePoint(
  column: Column,
  baseline: CellRange,
  high: { readonly cell: number; readonly value: number },
  least: number,
): number {
  const usual = medianOf(column, baseline);
  const centre = usual === usual ? usual : 0;
  const rise = high.value - centre;
  const level = centre + Math.max(DEVIATIONS * spreadOf(column, baseline, centre), PART * rise);
  let first = high.cell;
  let dips = 0;
  for (let i = high.cell - 1; i >= least; i--) {
    const value = column[i]!;
    if (value > level) {
      first = i;
      dips = 0;
    } else if (++dips > DIP) break;
  }
  return first;
}

/** Median absolute deviation as a standard deviation; 0 for a constant. */
function spreadOf(column: Column, cells: CellRange, centre: number): number {
  const deviations = column.slice(cells.lo, cells.hi).map((value) => Math.abs(value - centre));
  const mad = medianOf(deviations, { lo: 0, hi: deviations.length });
  return mad === mad ? 1.4826 * mad : 0;
}
