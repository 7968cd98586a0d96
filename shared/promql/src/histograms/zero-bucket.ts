import { sparseBuckets, upperBound } from '@gumshoe/base/native-histogram';
import type { NativeHistogram, SparseBuckets } from '@gumshoe/base/native-histogram';

/**
 * The histogram with a zero bucket at least as wide as `threshold`. A populated bucket that the new threshold falls into is
 * taken in whole, so the threshold may grow further (Prometheus, zeroCountForLargerThreshold).
 */
export function widenZeroBucket(histogram: NativeHistogram, threshold: number): NativeHistogram {
  if (threshold <= histogram.zeroThreshold) return histogram;
  let edge = threshold;
  for (;;) {
    const wider = Math.max(
      reach(histogram, histogram.positive, edge),
      reach(histogram, histogram.negative, edge),
    );
    if (wider === edge) break;
    edge = wider;
  }
  const inside = (side: SparseBuckets): number => {
    let count = 0;
    for (let i = 0; i < side.indexes.length; i++)
      if (upperBound(histogram, side.indexes[i]!) <= edge) count += side.counts[i]!;
    return count;
  };
  return {
    ...histogram,
    zeroThreshold: edge,
    zeroCount: histogram.zeroCount + inside(histogram.positive) + inside(histogram.negative),
    positive: beyond(histogram, histogram.positive, edge),
    negative: beyond(histogram, histogram.negative, edge),
  };
}

/** Upper edge of the populated bucket that has `edge` inside, else `edge`. */
function reach(histogram: NativeHistogram, { indexes }: SparseBuckets, edge: number): number {
  for (const index of indexes) {
    const upper = upperBound(histogram, index);
    if (upper > edge) return upperBound(histogram, index - 1) < edge ? upper : edge;
  }
  return edge;
}

function beyond(histogram: NativeHistogram, side: SparseBuckets, edge: number): SparseBuckets {
  const kept = new Map<number, number>();
  side.indexes.forEach((index, i) => {
    if (upperBound(histogram, index) > edge) kept.set(index, side.counts[i]!);
  });
  return kept.size === side.indexes.length ? side : sparseBuckets(kept);
}

/** Both with one zero bucket that ends inside no populated bucket of either. */
export function withOneZeroBucket(
  a: NativeHistogram,
  b: NativeHistogram,
): readonly [NativeHistogram, NativeHistogram] {
  let [left, right] = [a, b];
  while (left.zeroThreshold !== right.zeroThreshold) {
    left = widenZeroBucket(left, right.zeroThreshold);
    right = widenZeroBucket(right, left.zeroThreshold);
  }
  return [left, right];
}
