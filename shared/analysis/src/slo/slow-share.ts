import type { Column, HistogramColumns } from '@gumshoe/model/world';

/** Requests slower than a threshold, per second, as far as a histogram can tell. */
export interface SlowRequests {
  /** Certainly slow, or by interpolation within a bucket. */
  readonly slow: Column;
  /** Might be slow as well: they lie above the last bound, and so does the threshold. */
  readonly undecided?: Column;
}

/** Equal but for the rounding of a bound's text. */
const same = (a: number, b: number): boolean => Math.abs(a - b) <= 1e-9 * Math.max(a, b);

/**
 * Requests slower than `threshold` seconds. Within a bucket they are taken to be spread evenly, as Prometheus's
 * histogram_fraction does. Nothing is known of requests beyond the last finite bound but that they are beyond it:
 * against a threshold that lies there as well they stay undecided.
 */
export function slowRequests({ bounds, counts }: HistogramColumns, threshold: number): SlowRequests {
  const total = counts.at(-1)!;
  const at = bounds.findIndex((bound) => same(bound, threshold) || bound > threshold);
  const upper = at < 0 ? bounds.length - 1 : at;
  if (bounds[upper] === Infinity) {
    const undecided = difference(total, counts[upper - 1]);
    return { slow: total.map((value) => (value === value ? 0 : NaN)), undecided };
  }
  if (same(bounds[upper]!, threshold)) return { slow: difference(total, counts[upper]) };
  const low = upper === 0 ? 0 : bounds[upper - 1]!;
  const part = (threshold - low) / (bounds[upper]! - low);
  const below = upper === 0 ? undefined : counts[upper - 1]!;
  const fast = counts[upper]!.map((value, i) => {
    const least = below?.[i] || 0;
    return least + Math.max(0, (value || 0) - least) * part;
  });
  return { slow: difference(total, fast) };
}

/** Cell by cell `total - fast`, not below zero; NaN where the total is unknown. */
function difference(total: Column, fast: Column | undefined): Column {
  return total.map((value, i) => (value === value ? Math.max(0, value - (fast?.[i] || 0)) : NaN));
}
