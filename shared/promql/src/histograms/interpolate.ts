import type { Bucket } from '@gumshoe/base/native-histogram';

/**
 * The value at a share of a bucket, counted from its lower end: on a logarithmic scale, on which the bounds of exponential
 * buckets are evenly spaced.
 */
export function exponentialValue({ lower, upper }: Bucket, share: number): number {
  const [low, high] = [Math.log2(Math.abs(lower)), Math.log2(Math.abs(upper))];
  if (lower > 0) return 2 ** (low + (high - low) * share);
  return -(2 ** (high + (low - high) * (1 - share)));
}

/** The inverse: the share of a bucket below a value inside of it. */
export function exponentialShare({ lower, upper }: Bucket, value: number): number {
  const [low, high] = [Math.log2(Math.abs(lower)), Math.log2(Math.abs(upper))];
  const at = Math.log2(Math.abs(value));
  return value > 0 ? (at - low) / (high - low) : 1 - (at - high) / (low - high);
}
