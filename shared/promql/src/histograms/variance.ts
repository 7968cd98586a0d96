import { bucketsOf, isCustom, type Bucket, type NativeHistogram } from '@gumshoe/base/native-histogram';

/** Where the observations of a bucket are taken to be: 0 in the zero bucket, else the mean of its bounds. */
function middle(histogram: NativeHistogram, { lower, upper }: Bucket): number {
  if (isCustom(histogram)) return (upper + lower) / 2;
  if (lower <= 0 && upper >= 0) return 0;
  return upper < 0 ? -Math.sqrt(upper * lower) : Math.sqrt(upper * lower);
}

/** Estimated population variance of the observations (Prometheus 3, promql/functions.go histogramVariance). */
export function nativeVariance(histogram: NativeHistogram): number {
  const mean = histogram.sum / histogram.count;
  let sum = 0;
  let rest = 0;
  for (const bucket of bucketsOf(histogram)) {
    const delta = middle(histogram, bucket) - mean;
    const value = bucket.count * delta * delta;
    const next = sum + value;
    const part = next - sum;
    if (Number.isFinite(next)) rest += sum - (next - part) + (value - part);
    sum = next;
  }
  return (sum + rest) / histogram.count;
}
