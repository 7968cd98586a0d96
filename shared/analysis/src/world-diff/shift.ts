import { medianOf } from '@gumshoe/model/columns';
import type { CellRange, Column } from '@gumshoe/model/world';
import { MOST_SURPRISE } from './difference.ts';

/** A column of one world over its window. */
export interface Course {
  readonly column: Column;
  readonly window: CellRange;
}

export interface Shift {
  /** Medians of the windows. */
  readonly before: number;
  readonly after: number;
  /** Bits. */
  readonly surprise: number;
}

const LEAST_CELLS = 4;
/** Nobody asks about less than this. */
const LEAST_RATIO = 1.25;
/** Two ordinary hours differ by about this share: what no sample of one hour can show. */
const BETWEEN_WINDOWS = 0.1;
/** Standard deviations of a median absolute deviation, for normal noise. */
const MAD_TO_SIGMA = 1.4826;

/**
 * How far the usual value moved, measured by how much it scatters within each window and between ordinary windows.
 * undefined: too little to say, or nothing worth saying. `floor` is the least difference that matters.
 */
export function shiftOf(before: Course, after: Course, floor: number): Shift | undefined {
  const [was, is] = [summary(before), summary(after)];
  if (!was || !is) return undefined;
  const change = Math.abs(is.median - was.median);
  const [low, high] = [Math.min(was.median, is.median), Math.max(was.median, is.median)];
  if (change < floor || high < low * LEAST_RATIO) return undefined;
  const scatter = Math.sqrt(
    was.sigma ** 2 + is.sigma ** 2 + (BETWEEN_WINDOWS * high) ** 2 + (floor / 3) ** 2,
  );
  return { before: was.median, after: is.median, surprise: bitsOf(change / scatter) };
}

function summary({
  column,
  window,
}: Course): { readonly median: number; readonly sigma: number } | undefined {
  const known = column.subarray(window.lo, window.hi).filter((value) => value === value);
  if (known.length < LEAST_CELLS) return undefined;
  const whole = { lo: 0, hi: known.length };
  const median = medianOf(known, whole);
  const deviations = known.map((value) => Math.abs(value - median));
  return { median, sigma: MAD_TO_SIGMA * medianOf(deviations, whole) };
}

/** -log2 of the chance of so many standard deviations or more (Chernoff's bound of the normal tail). */
export const bitsOf = (z: number): number =>
  Math.min(MOST_SURPRISE, Math.round(((z * z) / 2) * Math.LOG2E * 10) / 10);
