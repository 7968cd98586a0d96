import { isCustom, sparseBuckets, upperBound } from '@gumshoe/base/native-histogram';
import type { Bucket, NativeHistogram, SparseBuckets } from '@gumshoe/base/native-histogram';
import { exponentialShare } from './interpolate.ts';
import { narrowed } from './quantile.ts';

/** What is kept of a bucket, and where those observations are taken to be. */
interface Kept {
  readonly count: number;
  readonly middle: number;
}

/** Which observations stay: those below the point (`</`) or those above it (`>/`). */
export type TrimSide = 'below' | 'above';

/**
 * The histogram without the observations on one side of a value (Prometheus 3, FloatHistogram.TrimBuckets): the bucket
 * around it is interpolated, count and sum are estimated anew. Unchanged where nothing lies on that side.
 */
export function trim(histogram: NativeHistogram, point: number, side: TrimSide): NativeHistogram {
  let [count, sum, changed] = [0, 0, false];
  const keep = (bucket: Bucket, kept: Kept): number => {
    count += kept.count;
    sum += kept.middle * kept.count;
    if (kept.count !== bucket.count) changed = true;
    return kept.count;
  };
  const trimmed = (buckets: SparseBuckets, positive: boolean): SparseBuckets => {
    const counts = new Map<number, number>();
    buckets.indexes.forEach((index, i) => {
      const bucket = bucketAt(histogram, index, buckets.counts[i]!, positive);
      counts.set(index, keep(bucket, keptOf(histogram, bucket, point, side)));
    });
    return sparseBuckets(counts);
  };
  const [positive, negative] = [trimmed(histogram.positive, true), trimmed(histogram.negative, false)];
  let { zeroCount } = histogram;
  if (zeroCount > 0) {
    const { zeroThreshold } = histogram;
    const bucket = { lower: -zeroThreshold, upper: zeroThreshold, count: zeroCount };
    zeroCount = keep(bucket, keptLinearly(narrowed(histogram, bucket), point, side));
  }
  return changed ? { ...histogram, count, sum, zeroCount, positive, negative } : histogram;
}

/** Not cut at the zero bucket. */
function bucketAt(histogram: NativeHistogram, index: number, count: number, positive: boolean): Bucket {
  const [inner, outer] = [upperBound(histogram, index - 1), upperBound(histogram, index)];
  return positive ? { lower: inner, upper: outer, count } : { lower: -outer, upper: -inner, count };
}

function keptOf(histogram: NativeHistogram, bucket: Bucket, point: number, side: TrimSide): Kept {
  const { lower, upper, count } = bucket;
  const linear = isCustom(histogram);
  const [whole, none] =
    side === 'below' ? [upper <= point, lower >= point] : [lower >= point, upper <= point];
  if (whole) return { count, middle: middleOf(lower, upper, linear) };
  if (none) return { count: 0, middle: 0 };
  if (lower === -Infinity || upper === Infinity) return keptOfOpen(bucket, point, side);
  const share = linear ? (point - lower) / (upper - lower) : exponentialShare(bucket, point);
  return side === 'below'
    ? { count: count * share, middle: middleOf(lower, point, linear) }
    : { count: count - count * share, middle: middleOf(point, upper, linear) };
}

/** A bucket without end around the point: only what begins at zero can be interpolated, other parts are unknown. */
function keptOfOpen({ lower, upper, count }: Bucket, point: number, side: TrimSide): Kept {
  const fromZero = lower === -Infinity && upper > 0 && upper !== Infinity;
  if (side === 'below') {
    if (fromZero && point > 0) return { count: (count * point) / upper, middle: point / 2 };
    return lower === -Infinity && upper <= 0 ? { count, middle: point } : { count: 0, middle: 0 };
  }
  if (fromZero && point >= 0) return { count: count * (1 - point / upper), middle: (point + upper) / 2 };
  return lower !== -Infinity ? { count, middle: point } : { count: 0, middle: 0 };
}

function keptLinearly({ lower, upper, count }: Bucket, point: number, side: TrimSide): Kept {
  const low = side === 'below' ? lower : Math.max(lower, point);
  const high = side === 'below' ? Math.min(upper, point) : upper;
  if (low < high) return { count: count * ((high - low) / (upper - lower)), middle: (low + high) / 2 };
  const whole = side === 'below' ? point > lower : point <= lower;
  return whole ? { count, middle: (lower + upper) / 2 } : { count: 0, middle: 0 };
}

/** Arithmetic or geometric mean; of an open interval its end. */
function middleOf(lower: number, upper: number, linear: boolean): number {
  if (lower === -Infinity) return upper === Infinity ? 0 : upper > 0 ? upper / 2 : upper;
  if (upper === Infinity) return lower;
  if (linear) return (lower + upper) / 2;
  const mean = Math.sqrt(Math.abs(lower * upper));
  return upper > 0 ? mean : -mean;
}
