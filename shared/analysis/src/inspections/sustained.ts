import type { TimeGrid } from '@gumshoe/base/time';
import type { CellRange, Column } from '@gumshoe/model/world';

/** How a value becomes a warning and stops being one, so that one that wavers does not ring again and again. */
export interface SustainRule {
  /** It begins when most of the last points lie above this … */
  readonly threshold: number;
  /** … and ends when all of them lie at or below this. */
  readonly exit: number;
  /** How many points are looked at. */
  readonly points: number;
  /** Cells by which what is scraped less often than most may end before the others. */
  readonly late: number;
}

export interface Sustained {
  readonly firing: boolean;
  /** Median of the last points. */
  readonly value: number;
  /** Points that are known, and of these the ones above the threshold, among the last. */
  readonly known: number;
  readonly above: number;
  /** Cell in which it began. */
  readonly since?: number;
}

/** Share of the last points that must lie above the threshold. */
const MOST = 0.6;
/** One or two points prove nothing. */
const MIN_KNOWN = 3;
/** The last minute, and no fewer than five points. */
const HOLD = 60_000;
const MIN_POINTS = 5;
const MAX_POINTS = 20;
/** Who is silent for longer is not scraped less often but gone, ms. */
const LATE = 120_000;

/** Least number of the last points above the threshold for a warning to begin. */
export const needed = (points: number): number => Math.ceil(points * MOST);

export const sustainPoints = (grid: TimeGrid): number =>
  Math.min(MAX_POINTS, Math.max(MIN_POINTS, Math.ceil(HOLD / grid.step)));

/** Nine tenths of the threshold: what lies in between changes nothing. */
export const sustainRule = (threshold: number, grid: TimeGrid): SustainRule => ({
  threshold,
  exit: threshold * 0.9,
  points: sustainPoints(grid),
  late: Math.floor(LATE / grid.step),
});

/**
 * State of a column at the end of the stretch, from all that came before. undefined where too few of the last
 * points are known.
 */
export function sustained(column: Column, cells: CellRange, rule: SustainRule): Sustained | undefined {
  const { lo, hi } = judgedCells(column, cells, rule);
  const last = knownOf(column, lo, hi);
  if (last.length < MIN_KNOWN) return undefined;
  const since = replay(column, hi, rule);
  return {
    firing: since !== undefined,
    value:
      last.length % 2 === 1
        ? last[last.length >> 1]!
        : mean(last[last.length / 2 - 1]!, last[last.length / 2]!),
    known: last.length,
    above: last.filter((value) => value > rule.threshold).length,
    ...(since === undefined ? {} : { since }),
  };
}

/**
 * The last points up to the end of the stretch. What is scraped less often than most ends earlier: its last points lie
 * before that, as long as its next sample is not overdue by its own pace.
 */
export function judgedCells(
  column: Column,
  { hi }: CellRange,
  { points, late }: Pick<SustainRule, 'points' | 'late'>,
): CellRange {
  let end = hi;
  while (end > 0 && hi - end <= late && column[end - 1] !== column[end - 1]) end--;
  const judged = hi - end <= Math.min(late, heldFor(column, end) + 1) ? end : hi;
  return { lo: Math.max(0, judged - points), hi: judged };
}

/** Cells up to `end` that show one value: what was counted between two samples is spread evenly over them. */
function heldFor(column: Column, end: number): number {
  const value = column[end - 1]!;
  let lo = end - 1;
  while (lo > 0 && Math.abs(column[lo - 1]! - value) <= 1e-9 * Math.abs(value)) lo--;
  return end - lo;
}

const mean = (a: number, b: number): number => (a + b) / 2;

const knownOf = (column: Column, lo: number, hi: number): Float64Array =>
  column
    .slice(lo, hi)
    .filter((value) => value === value)
    .sort();

/** Walks the column from its beginning, entering and leaving; the cell of entry when it ends inside. */
function replay(column: Column, hi: number, { threshold, exit, points }: SustainRule): number | undefined {
  const least = needed(points);
  let above = 0;
  let high = 0;
  let since: number | undefined;
  for (let i = 0; i < hi; i++) {
    const value = column[i]!;
    const gone = i >= points ? column[i - points]! : NaN;
    if (value > threshold) above++;
    if (gone > threshold) above--;
    if (value > exit) high++;
    if (gone > exit) high--;
    if (since === undefined ? above >= least : high === 0) since = since === undefined ? i : undefined;
  }
  return since;
}
