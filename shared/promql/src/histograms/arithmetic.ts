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

/** Goes along both at once: rates and sums over thousands of series come down to this. */
function merged(a: SparseBuckets, b: SparseBuckets, sign: 1 | -1): SparseBuckets {
  const [left, right] = [a.indexes.length, b.indexes.length];
  if (right === 0) return a;
  const indexes = new Int32Array(left + right);
  const counts = new Float64Array(left + right);
  let [i, j, n] = [0, 0, 0];
  while (i < left || j < right) {
    const [x, y] = [i < left ? a.indexes[i]! : Infinity, j < right ? b.indexes[j]! : Infinity];
    let count = 0;
    if (x <= y) count += a.counts[i++]!;
    if (y <= x) count += sign * b.counts[j++]!;
    if (count === 0) continue;
    indexes[n] = Math.min(x, y);
    counts[n++] = count;
  }
  return { indexes: indexes.subarray(0, n), counts: counts.subarray(0, n) };
}

const collide = (a: ResetHint, b: ResetHint): boolean =>
  (a === 'reset' && b === 'none') || (a === 'none' && b === 'reset');

function combinedHint(a: ResetHint, b: ResetHint): ResetHint {
  if (a === b) return a;
  return a === 'gauge' || b === 'gauge' ? 'gauge' : 'unknown';
}

const mapped = (
  { indexes, counts: before }: SparseBuckets,
  change: (count: number) => number,
): SparseBuckets => {
  const counts = new Float64Array(before.length);
  let zeros = false;
  for (let i = 0; i < counts.length; i++) {
    counts[i] = change(before[i]!);
    if (counts[i] === 0) zeros = true;
  }
  if (!zeros) return { indexes, counts };
  return sparseBuckets(new Map(Array.from(indexes, (index, i) => [index, counts[i]!])));
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
