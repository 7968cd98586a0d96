import { isCustom, NO_BUCKETS, sparseBuckets } from '@gumshoe/base/native-histogram';
import type { NativeHistogram, ResetHint, SparseBuckets } from '@gumshoe/base/native-histogram';
import { commonBounds, reduceResolution, sameBounds, withBounds } from './layout.ts';
import { withOneZeroBucket } from './zero-bucket.ts';

/** A sum or difference, with what an annotation has to say of it. */
export interface Combined {
  readonly histogram: NativeHistogram;
  /** One claims a counter reset and the other that there was none. */
  readonly hintsCollide: boolean;
  /** Custom bounds differed; those that both have remain. */
  readonly boundsReconciled: boolean;
}

/**
 * `a + sign * b` with the coarser schema and the wider zero bucket of the two (Prometheus, FloatHistogram.Add and Sub).
 * Undefined where one is exponential and the other has custom bounds.
 */
export function combine(a: NativeHistogram, b: NativeHistogram, sign: 1 | -1): Combined | undefined {
  if (isCustom(a) !== isCustom(b)) return undefined;
  const boundsReconciled = isCustom(a) && !sameBounds(a, b);
  const [left, right] = boundsReconciled ? reconciled(a, b) : isCustom(a) ? [a, b] : aligned(a, b);
  const histogram: NativeHistogram = {
    ...left,
    count: left.count + sign * right.count,
    sum: left.sum + sign * right.sum,
    zeroCount: left.zeroCount + sign * right.zeroCount,
    positive: merged(left.positive, right.positive, sign),
    negative: merged(left.negative, right.negative, sign),
    hint: combinedHint(a.hint, b.hint),
  };
  return { histogram, hintsCollide: collide(a.hint, b.hint), boundsReconciled };
}

function reconciled(a: NativeHistogram, b: NativeHistogram): readonly [NativeHistogram, NativeHistogram] {
  const bounds = commonBounds(a, b);
  return [withBounds(a, bounds), withBounds(b, bounds)];
}

function aligned(a: NativeHistogram, b: NativeHistogram): readonly [NativeHistogram, NativeHistogram] {
  const [left, right] = withOneZeroBucket(a, b);
  const schema = Math.min(a.schema, b.schema);
  return [reduceResolution(left, schema), reduceResolution(right, schema)];
}

function merged(a: SparseBuckets, b: SparseBuckets, sign: 1 | -1): SparseBuckets {
  if (b.indexes.length === 0) return a;
  const counts = new Map<number, number>();
  a.indexes.forEach((index, i) => counts.set(index, a.counts[i]!));
  b.indexes.forEach((index, i) => counts.set(index, (counts.get(index) ?? 0) + sign * b.counts[i]!));
  return sparseBuckets(counts);
}

const collide = (a: ResetHint, b: ResetHint): boolean =>
  (a === 'reset' && b === 'none') || (a === 'none' && b === 'reset');

function combinedHint(a: ResetHint, b: ResetHint): ResetHint {
  if (a === b) return a;
  return a === 'gauge' || b === 'gauge' ? 'gauge' : 'unknown';
}

const mapped = (side: SparseBuckets, change: (count: number) => number): SparseBuckets => {
  const counts = side.counts.map(change);
  if (!counts.includes(0)) return { indexes: side.indexes, counts };
  return sparseBuckets(new Map(Array.from(side.indexes, (index, i) => [index, counts[i]!])));
};

const each = (histogram: NativeHistogram, change: (value: number) => number): NativeHistogram => ({
  ...histogram,
  count: change(histogram.count),
  sum: change(histogram.sum),
  zeroCount: change(histogram.zeroCount),
  positive: mapped(histogram.positive, change),
  negative: mapped(histogram.negative, change),
});

const isGaugeFactor = (factor: number): boolean => factor < 0;

/** All counts and the sum times a factor; a negative one makes a gauge. */
export function scale(histogram: NativeHistogram, factor: number): NativeHistogram {
  const made = each(histogram, (value) => value * factor);
  return isGaugeFactor(factor) ? { ...made, hint: 'gauge' } : made;
}

/** As `scale`, divided; a division by zero leaves no buckets. */
export function divide(histogram: NativeHistogram, by: number): NativeHistogram {
  const made = each(histogram, (value) => value / by);
  const bare = by === 0 ? { ...made, positive: NO_BUCKETS, negative: NO_BUCKETS } : made;
  return isGaugeFactor(by) ? { ...bare, hint: 'gauge' } : bare;
}

export const asGauge = (histogram: NativeHistogram): NativeHistogram =>
  histogram.hint === 'gauge' ? histogram : { ...histogram, hint: 'gauge' };
