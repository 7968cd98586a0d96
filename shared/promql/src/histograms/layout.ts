import { isCustom, sparseBuckets } from '@gumshoe/base/native-histogram';
import type { NativeHistogram, SparseBuckets } from '@gumshoe/base/native-histogram';

/** The histogram in the coarser of two exponential schemas: 2^n buckets become one. */
export function reduceResolution(histogram: NativeHistogram, schema: number): NativeHistogram {
  if (schema >= histogram.schema) return histogram;
  const by = histogram.schema - schema;
  const merged = (side: SparseBuckets): SparseBuckets => {
    const counts = new Map<number, number>();
    side.indexes.forEach((index, i) => {
      const target = ((index - 1) >> by) + 1;
      counts.set(target, (counts.get(target) ?? 0) + side.counts[i]!);
    });
    return sparseBuckets(counts);
  };
  return { ...histogram, schema, positive: merged(histogram.positive), negative: merged(histogram.negative) };
}

const sameBits = (a: Float64Array, b: Float64Array): boolean =>
  a.length === b.length && a.every((value, i) => Object.is(value, b[i]));

const NONE = new Float64Array(0);

export const sameBounds = (a: NativeHistogram, b: NativeHistogram): boolean =>
  sameBits(a.bounds ?? NONE, b.bounds ?? NONE);

/** Custom bounds that both have, ascending. */
export function commonBounds(a: NativeHistogram, b: NativeHistogram): Float64Array {
  const other = new Set(b.bounds);
  return (a.bounds ?? NONE).filter((bound) => other.has(bound));
}

/** A custom histogram with some of its bounds only: what lay between two of them becomes one bucket. */
export function withBounds(histogram: NativeHistogram, bounds: Float64Array): NativeHistogram {
  const own = histogram.bounds ?? NONE;
  const counts = new Map<number, number>();
  histogram.positive.indexes.forEach((index, i) => {
    const upper = own[index] ?? Infinity;
    let target = 0;
    while (target < bounds.length && bounds[target]! < upper) target++;
    counts.set(target, (counts.get(target) ?? 0) + histogram.positive.counts[i]!);
  });
  return { ...histogram, bounds, positive: sparseBuckets(counts) };
}

const sameBuckets = (a: SparseBuckets, b: SparseBuckets): boolean =>
  a.indexes.length === b.indexes.length &&
  a.indexes.every((index, i) => index === b.indexes[i]) &&
  sameBits(a.counts, b.counts);

/** Equal data, bit by bit; what they say of the sample before them does not count (Prometheus, Equals). */
export const sameHistogram = (a: NativeHistogram, b: NativeHistogram): boolean =>
  a === b ||
  (a.schema === b.schema &&
    Object.is(a.count, b.count) &&
    Object.is(a.sum, b.sum) &&
    a.zeroThreshold === b.zeroThreshold &&
    Object.is(a.zeroCount, b.zeroCount) &&
    (!isCustom(a) || sameBounds(a, b)) &&
    sameBuckets(a.positive, b.positive) &&
    sameBuckets(a.negative, b.negative));
