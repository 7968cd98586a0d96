import { exponentialBound } from './exponential-bounds.ts';

/** Populated buckets of one sign: indexes ascending, each with its own count (not cumulative), none of them 0. */
export interface SparseBuckets {
  readonly indexes: Int32Array;
  readonly counts: Float64Array;
}

/** What a sample says about the one before it; `gauge` counts nothing and may fall. */
export type ResetHint = 'unknown' | 'reset' | 'none' | 'gauge';

/** Schema of histograms whose bounds are given one by one ("NHCB"); others are powers of 2^(2^-schema), -4 to 8. */
export const CUSTOM_BUCKETS = -53;

/**
 * One sample of a native histogram (Prometheus, model/histogram). Index i of the positive buckets is
 * `(bound(i-1), bound(i)]`, of the negative ones its mirror image; the zero bucket is `[-zeroThreshold, zeroThreshold]`.
 * Empty buckets are left out, as Prometheus's Compact(0) does. Treat as immutable.
 */
export interface NativeHistogram {
  readonly schema: number;
  readonly count: number;
  readonly sum: number;
  readonly zeroThreshold: number;
  readonly zeroCount: number;
  readonly positive: SparseBuckets;
  readonly negative: SparseBuckets;
  /** Upper bounds, ascending, without +Inf; only for `CUSTOM_BUCKETS`. */
  readonly bounds?: Float64Array;
  readonly hint: ResetHint;
  /** A stale marker: the series ends here. */
  readonly stale?: true;
}

/** Histogram samples of a series; timestamps are ms since the epoch, ascending. */
export interface HistogramSamples {
  readonly timestamps: Float64Array;
  readonly samples: readonly NativeHistogram[];
}

export interface Bucket {
  lower: number;
  upper: number;
  readonly count: number;
}

export const NO_BUCKETS: SparseBuckets = { indexes: new Int32Array(0), counts: new Float64Array(0) };

export const isCustom = (histogram: NativeHistogram): boolean => histogram.schema === CUSTOM_BUCKETS;

/** Upper bound of the bucket with this index, on the positive side. */
export function upperBound({ schema, bounds }: NativeHistogram, index: number): number {
  if (schema !== CUSTOM_BUCKETS) return exponentialBound(index, schema);
  if (index < 0) return -Infinity;
  return bounds?.[index] ?? Infinity;
}

/**
 * Populated buckets, zero bucket included, by ascending value. What would overlap the zero bucket begins or ends at its
 * threshold.
 */
export function bucketsOf(histogram: NativeHistogram): Bucket[] {
  const { positive, negative, zeroCount, zeroThreshold } = histogram;
  const out: Bucket[] = [];
  for (let i = negative.indexes.length - 1; i >= 0; i--) {
    const index = negative.indexes[i]!;
    const inner = -upperBound(histogram, index - 1);
    out.push({
      lower: -upperBound(histogram, index),
      upper: Math.min(inner, -zeroThreshold),
      count: negative.counts[i]!,
    });
  }
  if (zeroCount > 0) out.push({ lower: -zeroThreshold, upper: zeroThreshold, count: zeroCount });
  const custom = isCustom(histogram);
  for (let i = 0; i < positive.indexes.length; i++) {
    const index = positive.indexes[i]!;
    const inner = upperBound(histogram, index - 1);
    out.push({
      lower: custom ? inner : Math.max(inner, zeroThreshold),
      upper: upperBound(histogram, index),
      count: positive.counts[i]!,
    });
  }
  return out;
}

/** Buckets from counts by index; empty ones fall out, and equal indexes add up. */
export function sparseBuckets(counts: ReadonlyMap<number, number>): SparseBuckets {
  const indexes = [...counts.keys()].filter((index) => counts.get(index) !== 0).sort((a, b) => a - b);
  if (indexes.length === 0) return NO_BUCKETS;
  return {
    indexes: Int32Array.from(indexes),
    counts: Float64Array.from(indexes, (index) => counts.get(index)!),
  };
}

/** Whether the lower and the upper bound of a bucket belong to it: the one farther from zero does, of the zero bucket both. */
export function closedEnds({ lower, upper }: Bucket): readonly [lower: boolean, upper: boolean] {
  const point = lower === 0 && upper === 0;
  return [point || lower < 0, point || upper > 0];
}
