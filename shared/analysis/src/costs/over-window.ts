import { countOf, maxOf, sumOf } from '@gumshoe/model/columns';
import type { CellRange, Column } from '@gumshoe/model/world';

/** How much of a limit was never used; of an instance that ran for half of the window, half. NaN without a limit. */
export function unused(usage: Column, limit: Column | undefined, cells: CellRange): number {
  if (!limit || countOf(usage, cells) === 0) return limit ? 0 : NaN;
  const lived = countOf(limit, cells) / (cells.hi - cells.lo);
  return lived * Math.max(0, maxOf(limit, cells) - maxOf(usage, cells));
}

/** Over the whole window: an instance that ran for half of it costs half. */
export function meanOverAll(column: Column, cells: CellRange): number {
  const known = countOf(column, cells);
  return known === 0 ? 0 : sumOf(column, cells) / (cells.hi - cells.lo);
}
