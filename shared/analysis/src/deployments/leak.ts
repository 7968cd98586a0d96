import { MINUTE, type TimeGrid } from '@gumshoe/base/time';
import { countOf, meanOf } from '@gumshoe/model/columns';
import type { CellRange, Column, Instance } from '@gumshoe/model/world';
import { regression, steadyGrowth } from '../trend.ts';

/** How steadily the memory of one side's fastest growing instance grows. */
export interface Leak {
  /** Percent an hour; 0 when nothing grows steadily to the end. */
  readonly percent: number;
  /** Slope and its standard error, percent an hour. */
  readonly slope: number;
  readonly error: number;
}

/** Stretches shorter than this tell nothing of a leak, ms; the last quarter of them must still grow. */
const LEAST = 20 * MINUTE;
const OPTIONS = { minPoints: 10, minShare: 2 / 3, minTail: 5 * MINUTE };
/** Neighbouring samples say nearly the same: so many count as one. */
const CORRELATED = 4;

/** undefined when no instance was seen for long enough. */
export function leakOf(instances: readonly Instance[], cells: CellRange, grid: TimeGrid): Leak | undefined {
  const least = LEAST / grid.step;
  const leaks = instances
    .filter(({ memoryRss }) => countOf(memoryRss, cells) >= least)
    .flatMap(({ memoryRss }) => leakOfInstance(memoryRss, cells, grid) ?? []);
  return leaks.sort((a, b) => b.percent - a.percent || b.slope - a.slope)[0];
}

function leakOfInstance(rss: Column, cells: CellRange, grid: TimeGrid): Leak | undefined {
  const fit = regression(rss, cells);
  const mean = meanOf(rss, cells);
  if (fit === undefined || !(mean > 0)) return undefined;
  const hourly = (360_000_000 / grid.step) * (1 / mean);
  const growth = steadyGrowth(rss, cells, grid, OPTIONS);
  return {
    percent: growth ? (100 * growth.perHour) / mean : 0,
    slope: fit.slope * hourly,
    error: slopeError(rss, cells, fit) * hourly,
  };
}

/** Standard error of a regression's slope, per cell. */
function slopeError(
  column: Column,
  { lo, hi }: CellRange,
  { at }: NonNullable<ReturnType<typeof regression>>,
): number {
  let [n, sx, sxx, residual] = [0, 0, 0, 0];
  for (let i = lo; i < hi; i++) {
    const y = column[i]!;
    if (y !== y) continue;
    n++;
    sx += i - lo;
    sxx += (i - lo) ** 2;
    residual += (y - at(i)) ** 2;
  }
  const spread = sxx - (sx * sx) / n;
  return n > 2 && spread > 0 ? Math.sqrt(((residual / (n - 2)) * CORRELATED) / spread) : NaN;
}

/** By how many standard deviations the memory of `after` grows faster; 0 when neither varies. */
export function leakDifference(before: Leak, after: Leak): number {
  const error = Math.hypot(before.error, after.error);
  const more = after.slope - before.slope;
  return error > 0 ? more / error : more === 0 ? 0 : Math.sign(more) * Infinity;
}
