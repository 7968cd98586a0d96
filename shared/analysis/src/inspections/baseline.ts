import type { TimeGrid } from '@gumshoe/base/time';
import { quantileOf } from '@gumshoe/model/columns';
import type { Column } from '@gumshoe/model/world';
import { sustainPoints } from './sustained.ts';

/** A rise above this multiple of what is usual counts. */
export const FACTOR = 3;
/** What is usual is the lower quarter, so that trouble that lasts half the window does not become usual. */
const USUAL = 0.25;
/** Points before the judged ones without which nothing is usual. */
const LEAST_PAST = 10;

/** What a column usually shows before the points that are judged; NaN where there is too little past. */
export function usualOf(column: Column, hi: number, grid: TimeGrid): number {
  const past = { lo: 0, hi: Math.max(0, hi - sustainPoints(grid)) };
  let known = 0;
  for (let i = past.lo; i < past.hi; i++) if (column[i] === column[i]) known++;
  return known < LEAST_PAST ? NaN : quantileOf(column, past, USUAL);
}
