import type { CellRange, Column } from '@gumshoe/model/world';

/** The stretch of a column that differs most from the rest. */
export interface Change {
  /** Cells of the stretch. */
  readonly cells: CellRange;
  /** Medians outside and inside of it. */
  readonly before: number;
  readonly during: number;
  /** Distance of mean ranks in standard errors (Mann-Whitney's z): sure from about 5 on. */
  readonly significance: number;
  /** The most that significance can be with so many values inside and outside: all of these below all of those. */
  readonly attainable: number;
  /** (during − before) in robust standard deviations of the outside; signed. */
  readonly shift: number;
}

/** Values before a stretch that are enough to say that it is no part of what was before; … */
const MIN_BEFORE = 3;
/** … then it differs from them this much of what it differs from all others. */
const DIFFERS_FROM_BEFORE = 0.5;

/** Columns are looked at in at most so many bins: every stretch of bins is tried. */
const MAX_BINS = 120;
const MIN_INSIDE = 3;
const MIN_OUTSIDE = 6;
/** What counts as trouble is shorter than what counts as usual, … */
const MOST_INSIDE = 0.6;
/** … unless it goes on: then it may be most of what there is. */
const MOST_GOING_ON = 0.85;

/**
 * The one stretch in which the column is most unlike the rest ("epidemic" change: up and, perhaps, down again), by
 * ranks, so that outliers weigh no more than other values. undefined with too few values, or when nothing changes. With
 * `rising`, only stretches that are higher than the rest.
 */
export function findChange(column: Column, cells: CellRange, rising = false): Change | undefined {
  const bins = binned(column, cells);
  const known = bins.values.length;
  if (known < MIN_INSIDE + MIN_OUTSIDE) return undefined;
  const ranks = ranksOf(bins.values);
  const best = strongest(ranks, rising);
  if (!best || !(best.z > 0)) return undefined;
  const inside = bins.values.subarray(best.lo, best.hi);
  const outside = Float64Array.from([...bins.values.subarray(0, best.lo), ...bins.values.subarray(best.hi)]);
  const before = median(outside);
  const during = median(inside);
  const first = onsetOf(bins.values, best, (before + during) / 2, during > before);
  return {
    cells: { lo: bins.starts[first]!, hi: bins.starts[best.hi] ?? cells.hi },
    before,
    during,
    significance: best.z,
    attainable: attainable(best.hi - best.lo, known),
    shift: (during - before) / spread(outside, before),
  };
}

/** Ranks are uniform where no values are equal. */
const attainable = (inside: number, all: number): number =>
  all / 2 / Math.sqrt(((all ** 2 - 1) / 12) * (1 / inside + 1 / (all - inside)));

/** Of what can be reached, where few values cannot reach what is asked, and how far from usual it must be then. */
const NEARLY_ALL = 0.95;
const LEAST_ATTAINABLE = 3;
const FAR = 6;

/** Whether a change is one beyond doubt: by its significance, or by its size where there are too few values for that. */
export const isSignificant = ({ significance, attainable: most, shift }: Change, wanted: number): boolean =>
  significance >= wanted ||
  (most < wanted / NEARLY_ALL &&
    most >= LEAST_ATTAINABLE &&
    significance >= NEARLY_ALL * most &&
    Math.abs(shift) >= FAR);

function binned(
  column: Column,
  { lo, hi }: CellRange,
): { readonly values: Float64Array; readonly starts: number[] } {
  const width = Math.max(1, Math.ceil((hi - lo) / MAX_BINS));
  const values: number[] = [];
  const starts: number[] = [];
  for (let at = lo; at < hi; at += width) {
    let [sum, n] = [0, 0];
    for (let i = at; i < Math.min(hi, at + width); i++) {
      if (column[i] !== column[i]) continue;
      sum += column[i]!;
      n++;
    }
    if (n === 0) continue;
    values.push(sum / n);
    starts.push(at);
  }
  return { values: Float64Array.from(values), starts };
}

/** Ranks from 0; equal values share the mean of theirs. */
function ranksOf(values: Float64Array): Float64Array {
  const order = Uint32Array.from(values.keys()).sort((a, b) => values[a]! - values[b]!);
  const ranks = new Float64Array(values.length);
  for (let i = 0; i < order.length;) {
    let j = i;
    while (j < order.length && values[order[j]!] === values[order[i]!]) j++;
    for (let k = i; k < j; k++) ranks[order[k]!] = (i + j - 1) / 2;
    i = j;
  }
  return ranks;
}

interface Stretch {
  readonly lo: number;
  readonly hi: number;
  readonly z: number;
}

function strongest(ranks: Float64Array, rising: boolean): Stretch | undefined {
  const n = ranks.length;
  const sums = new Float64Array(n + 1);
  let squares = 0;
  for (let i = 0; i < n; i++) {
    sums[i + 1] = sums[i]! + ranks[i]!;
    squares += ranks[i]! ** 2;
  }
  const total = sums[n]!;
  const variance = squares / n - (total / n) ** 2;
  if (!(variance > 0)) return undefined;
  let best: Stretch | undefined;
  const most = Math.floor(n * MOST_INSIDE);
  const mostGoingOn = Math.floor(n * MOST_GOING_ON);
  // what touches the beginning is the usual, what follows it the change; so is what is as the beginning
  for (let lo = 1; lo <= n - MIN_INSIDE; lo++)
    for (let hi = lo + MIN_INSIDE; hi <= n; hi++) {
      if (hi - lo > (hi === n ? mostGoingOn : most)) continue;
      const inside = hi - lo;
      const outside = n - inside;
      if (outside < MIN_OUTSIDE) continue;
      const part = sums[hi]! - sums[lo]!;
      const up = part / inside - (total - part) / outside;
      const difference = rising ? up : Math.abs(up);
      if (lo >= MIN_BEFORE) {
        const risen = part / inside - sums[lo]! / lo;
        if ((up > 0 ? risen : -risen) < DIFFERS_FROM_BEFORE * difference) continue;
      } else if (hi < n) continue;
      const z = difference / Math.sqrt(variance * (1 / inside + 1 / outside));
      if (best === undefined || z > best.z + 1e-9) best = { lo, hi, z };
    }
  return best;
}

/** The stretch may begin in noise: the change is there once two of three values are past half of the way. */
function onsetOf(values: Float64Array, { lo, hi }: Stretch, half: number, up: boolean): number {
  const past = (i: number): number =>
    Number(i < values.length && (up ? values[i]! > half : values[i]! < half));
  for (let i = lo; i < hi - MIN_INSIDE; i++)
    if (past(i) + past(i + 1) + past(i + 2) >= 2 && past(i)) return i;
  return lo;
}

function median(values: Float64Array): number {
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Median absolute deviation as a standard deviation; never quite zero, so that constants can change too. */
function spread(values: Float64Array, centre: number): number {
  const deviations = values.map((value) => Math.abs(value - centre));
  const mad = 1.4826 * median(deviations);
  const mean = deviations.reduce((sum, value) => sum + value, 0) / deviations.length;
  return Math.max(mad, 0.5 * mean, 0.02 * Math.abs(centre), 1e-9);
}
