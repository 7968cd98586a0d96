import { bucketsOf, isCustom, type Bucket, type NativeHistogram } from '@gumshoe/base/native-histogram';
import { exponentialShare } from './interpolate.ts';
import { narrowed } from './quantile.ts';

export interface Fraction {
  readonly value: number;
  /** There are observations that are NaN: they count in the whole and are between no bounds. */
  readonly nans: boolean;
}

/** Share of observations between two values (Prometheus 3, promql/quantile.go HistogramFraction). */
export function nativeFraction(lower: number, upper: number, histogram: NativeHistogram): Fraction {
  if (histogram.count === 0 || Number.isNaN(lower) || Number.isNaN(upper)) return { value: NaN, nans: false };
  if (lower >= upper) return { value: 0, nans: false };
  const buckets = bucketsOf(histogram);
  const counted = buckets.reduce((sum, one) => sum + one.count, 0);
  const all = Number.isNaN(histogram.sum) ? counted : histogram.count;
  const below = (value: number): number => Math.min(rankOf(value, histogram, buckets) ?? all, all);
  return { value: (below(upper) - below(lower)) / histogram.count, nans: all < histogram.count };
}

/** Observations below a value; undefined above all buckets. */
function rankOf(value: number, histogram: NativeHistogram, buckets: readonly Bucket[]): number | undefined {
  let rank = 0;
  for (const one of buckets) {
    const zero = one.lower <= 0 && one.upper >= 0;
    const bucket = zero ? narrowed(histogram, one) : one;
    if (bucket.lower >= value) return rank;
    if (bucket.upper > value) return rank + bucket.count * shareBelow(value, histogram, bucket, zero);
    rank += bucket.count;
  }
  return undefined;
}

function shareBelow(value: number, histogram: NativeHistogram, bucket: Bucket, zero: boolean): number {
  if (!isCustom(histogram) && !zero) return exponentialShare(bucket, value);
  // Nothing is known of where values lie in a bucket without a lower end.
  if (bucket.lower === -Infinity) return 1;
  return (value - bucket.lower) / (bucket.upper - bucket.lower);
}
