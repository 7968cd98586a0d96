import type { TimeGrid } from '@gumshoe/base/time';
import type { CellRange, Column } from '@gumshoe/model/world';

export interface Growth {
  /** Units per hour by linear regression. */
  readonly perHour: number;
  /** Stretch that was judged, after the last restart or drop. */
  readonly cells: CellRange;
  /** Value of the fitted line at both ends of the stretch. */
  readonly from: number;
  readonly to: number;
}

export interface GrowthOptions {
  /** Least number of defined points in the stretch. */
  readonly minPoints: number;
  /** Least part of the window the stretch must cover. */
  readonly minShare: number;
  /** A stretch of so many ms is long enough however long the window is. */
  readonly enough?: number;
  /** Least ms of the last quarter that must go on growing. */
  readonly minTail: number;
}

const MIN_DEFINED = 0.8;
/** A value below this part of its predecessor starts a new stretch: a restart or a flush. */
const DROP = 0.5;
/** The tail must keep this part of the whole slope, else the growth has ended. */
const TAIL_SLOPE = 0.3;

/**
 * Steady growth that has not ended: the longest stretch without a drop, its regression slope, and a last
 * quarter that still grows. undefined when there is none or too little data.
 */
export function steadyGrowth(
  column: Column,
  cells: CellRange,
  grid: TimeGrid,
  options: GrowthOptions,
): Growth | undefined {
  const stretch = longestStretch(column, knownPart(column, cells));
  const length = stretch.hi - stretch.lo;
  const enough = (options.enough ?? Infinity) / grid.step;
  const needed = Math.min(enough, (cells.hi - cells.lo) * options.minShare);
  if (length < options.minPoints || length < needed) return undefined;
  const fit = regression(column, stretch);
  if (fit === undefined || fit.defined < MIN_DEFINED * length || !(fit.slope > 0)) return undefined;
  const tailLength = Math.max(5, Math.ceil(length / 4), Math.ceil(options.minTail / grid.step));
  const tail = regression(column, { lo: Math.max(stretch.lo, stretch.hi - tailLength), hi: stretch.hi });
  if (tail === undefined || tail.slope < TAIL_SLOPE * fit.slope) return undefined;
  return {
    perHour: (fit.slope * 3_600_000) / grid.step,
    cells: stretch,
    from: fit.at(stretch.lo),
    to: fit.at(stretch.hi - 1),
  };
}

/** From the first value on: there may be less data than was asked for. */
function knownPart(column: Column, { lo, hi }: CellRange): CellRange {
  let first = lo;
  while (first < hi && column[first] !== column[first]) first++;
  return { lo: first, hi };
}

function longestStretch(column: Column, cells: CellRange): CellRange {
  let best = { lo: cells.lo, hi: cells.lo };
  let lo = cells.lo;
  let previous = NaN;
  for (let i = cells.lo; i < cells.hi; i++) {
    const value = column[i]!;
    if (value < previous * DROP) lo = i;
    if (value === value) previous = value;
    if (i + 1 - lo > best.hi - best.lo) best = { lo, hi: i + 1 };
  }
  return best;
}

export interface Fit {
  /** Units per cell. */
  readonly slope: number;
  readonly defined: number;
  readonly at: (cell: number) => number;
}

/** The line through the known values of a stretch by least squares; undefined with fewer than two. */
export function regression(column: Column, cells: CellRange): Fit | undefined {
  let n = 0;
  let sx = 0;
  let sy = 0;
  let sxx = 0;
  let sxy = 0;
  for (let i = cells.lo; i < cells.hi; i++) {
    const y = column[i]!;
    if (y !== y) continue;
    const x = i - cells.lo;
    n++;
    sx += x;
    sy += y;
    sxx += x * x;
    sxy += x * y;
  }
  const spread = n * sxx - sx * sx;
  if (n < 2 || spread === 0) return undefined;
  const slope = (n * sxy - sx * sy) / spread;
  const start = (sy - slope * sx) / n;
  return { slope, defined: n, at: (cell) => start + slope * (cell - cells.lo) };
}
