import { bucketsOf, isCustom, type Bucket, type NativeHistogram } from '@gumshoe/base/native-histogram';
import { exponentialValue } from './interpolate.ts';

/** `nan` and `skewed` where observations that were NaN, which are in no bucket, decide or move the result. */
export interface Quantile {
  readonly value: number;
  readonly nans?: 'result' | 'skewed';
}

/** The zero bucket of a histogram with buckets on one side only ends at zero. */
export function narrowed(histogram: NativeHistogram, bucket: Bucket): Bucket {
  const [below, above] = [histogram.negative.indexes.length > 0, histogram.positive.indexes.length > 0];
  if (above && !below) return { ...bucket, lower: 0 };
  if (below && !above) return { ...bucket, upper: 0 };
  return bucket;
}

/**
 * Interpolated quantile (Prometheus 3, promql/quantile.go HistogramQuantile): exponentially within exponential buckets,
 * linearly within custom ones and the zero bucket.
 */
export function nativeQuantile(share: number, histogram: NativeHistogram): Quantile {
  if (share < 0) return { value: -Infinity };
  if (share > 1) return { value: Infinity };
  if (histogram.count === 0 || Number.isNaN(share)) return { value: NaN };
  const withNan = Number.isNaN(histogram.sum);
  const forward = withNan || share < 0.5;
  const buckets = bucketsOf(histogram);
  const rank = (forward ? share : 1 - share) * histogram.count;
  const found = reach(forward ? buckets : buckets.toReversed(), rank);
  if (!found) return withNan ? { value: NaN, nans: 'result' } : { value: NaN };
  const { bucket } = found;
  const count = found.count > histogram.count ? histogram.count : found.count;
  if (isCustom(histogram)) {
    if (bucket.lower === -Infinity && bucket.upper <= 0) return { value: bucket.upper };
    if (bucket.lower !== -Infinity && bucket.upper === Infinity) return { value: bucket.lower };
  }
  if (count < rank) return withNan ? { value: NaN, nans: 'result' } : { value: bucket.upper };
  const inside = forward ? rank - (count - bucket.count) : count - rank;
  const value = valueIn(histogram, bucket, inside / bucket.count);
  const all = buckets.reduce((sum, one) => sum + one.count, 0);
  return withNan && all < histogram.count ? { value, nans: 'skewed' } : { value };
}

/** The first bucket at which the counts reach `rank`, else the last, with the counts so far. */
function reach(
  buckets: readonly Bucket[],
  rank: number,
): { readonly bucket: Bucket; readonly count: number } | undefined {
  let count = 0;
  for (const bucket of buckets) {
    count += bucket.count;
    if (count >= rank) return { bucket, count };
  }
  const bucket = buckets.at(-1);
  return bucket && { bucket, count };
}

function valueIn(histogram: NativeHistogram, bucket: Bucket, share: number): number {
  if (isCustom(histogram)) {
    const lower = bucket.lower === -Infinity ? 0 : bucket.lower;
    return lower + (bucket.upper - lower) * share;
  }
  if (bucket.lower > 0 || bucket.upper < 0) return exponentialValue(bucket, share);
  const { lower, upper } = narrowed(histogram, bucket);
  return lower + (upper - lower) * share;
}
