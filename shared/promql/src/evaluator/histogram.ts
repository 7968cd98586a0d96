/** Counts of a classic histogram at one instant, by ascending bound; the columns are reused. */
export interface Buckets {
  readonly bounds: Float64Array;
  readonly counts: Float64Array;
  length: number;
}

/** What had to be raised so that counts do not fall with growing bounds. */
export interface Fix {
  forced: boolean;
  low: number;
  high: number;
  difference: number;
}

/** Counts whose relative difference is below this differ by rounding only. */
const TOLERANCE = 1e-12;

/** Interpolated quantile of a classic histogram (Prometheus, promql/quantile.go BucketQuantile). Changes the buckets. */
export function bucketQuantile(share: number, buckets: Buckets, fix: Fix): number {
  fix.forced = false;
  if (Number.isNaN(share)) return NaN;
  if (share < 0) return -Infinity;
  if (share > 1) return Infinity;
  const { bounds, counts } = buckets;
  if (bounds[buckets.length - 1] !== Infinity) return NaN;
  coalesce(buckets);
  makeMonotonic(buckets, fix);
  const top = buckets.length - 1;
  const all = counts[top]!;
  if (top < 1 || all === 0) return NaN;
  const rank = share * all;
  const b = firstAtLeast(buckets, rank);
  if (b === top) return bounds[top - 1]!;
  const end = bounds[b]!;
  if (b === 0 && end <= 0) return end;
  if (b === 0) return end * (rank / counts[0]!);
  const start = bounds[b - 1]!;
  const below = counts[b - 1]!;
  return start + (end - start) * ((rank - below) / (counts[b]! - below));
}

/** First bucket below the last whose count reaches `rank`, else the last. NaN is never reached. */
function firstAtLeast({ counts, length }: Buckets, rank: number): number {
  let low = 0;
  let high = length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (counts[middle]! >= rank) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Buckets with one bound are one bucket. */
function coalesce(buckets: Buckets): void {
  const { bounds, counts } = buckets;
  let last = 0;
  for (let i = 1; i < buckets.length; i++) {
    if (bounds[i] === bounds[last]) {
      counts[last]! += counts[i]!;
      continue;
    }
    last++;
    bounds[last] = bounds[i]!;
    counts[last] = counts[i]!;
  }
  buckets.length = last + 1;
}

function makeMonotonic({ bounds, counts, length }: Buckets, fix: Fix): void {
  fix.low = Infinity;
  fix.high = -Infinity;
  fix.difference = 0;
  let before = counts[0]!;
  for (let i = 1; i < length; i++) {
    const count = counts[i]!;
    if (count === before) continue;
    if (almostEqual(before, count)) counts[i] = before;
    else if (count < before) {
      counts[i] = before;
      fix.forced = true;
      fix.low = Math.min(fix.low, bounds[i]!);
      fix.high = Math.max(fix.high, bounds[i]!);
      fix.difference = Math.max(fix.difference, before - count);
    } else before = count;
  }
}

function almostEqual(a: number, b: number): boolean {
  const sum = Math.abs(a) + Math.abs(b);
  const difference = Math.abs(a - b);
  if (a === 0 || b === 0 || sum < Number.MIN_VALUE) return difference < TOLERANCE * Number.MIN_VALUE;
  return difference / Math.min(sum, Number.MAX_VALUE) < TOLERANCE;
}

/** Share of observations between two values, interpolated within buckets (Prometheus, BucketFraction). */
export function bucketFraction(lower: number, upper: number, buckets: Buckets): number {
  const { bounds, counts } = buckets;
  if (bounds[buckets.length - 1] !== Infinity) return NaN;
  coalesce(buckets);
  const all = counts[buckets.length - 1]!;
  if (all === 0 || Number.isNaN(lower) || Number.isNaN(upper)) return NaN;
  if (lower >= upper) return 0;
  return (rankOf(upper, buckets) - rankOf(lower, buckets)) / all;
}

/**
 * Observations up to a value. The lowest bucket starts at 0 when its bound is positive; there is nothing to interpolate in
 * a bucket that is open to infinity.
 */
function rankOf(value: number, { bounds, counts, length }: Buckets): number {
  const all = counts[length - 1]!;
  let below = 0;
  for (let i = 0; i < length; i++) {
    const upper = bounds[i]!;
    const lower = i > 0 ? bounds[i - 1]! : upper > 0 ? 0 : -Infinity;
    const count = counts[i]!;
    if (lower >= value) return Math.min(below, all);
    if (upper > value) {
      if (lower === -Infinity) return Math.min(count, all);
      return Math.min(below + ((count - below) * (value - lower)) / (upper - lower), all);
    }
    below = count;
  }
  return all;
}
