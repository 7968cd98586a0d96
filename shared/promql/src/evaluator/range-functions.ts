/** Samples of one series without stale markers; the window is `[lo, hi)`. */
export interface Window {
  readonly timestamps: Float64Array;
  readonly values: Float64Array;
  readonly lo: number;
  readonly hi: number;
  /** ms, exclusive */
  readonly start: number;
  /** ms, inclusive */
  readonly end: number;
}

/** NaN may be a result; undefined is none. `parameter` is the scalar argument where the function has one. */
export type RangeFunction = (window: Window, parameter: number) => number | undefined;

/** Prometheus, promql/functions.go extrapolatedRate (v3): to the window's edges, or half an interval beyond. */
function extrapolated(window: Window, counter: boolean, perSecond: boolean): number | undefined {
  const { timestamps, values, lo, hi } = window;
  const n = hi - lo;
  if (n < 2) return undefined;
  const first = values[lo]!;
  let result = values[hi - 1]! - first;
  if (counter) for (let i = lo + 1; i < hi; i++) if (values[i]! < values[i - 1]!) result += values[i - 1]!;
  let toStart = (timestamps[lo]! - window.start) / 1000;
  let toEnd = (window.end - timestamps[hi - 1]!) / 1000;
  const sampled = (timestamps[hi - 1]! - timestamps[lo]!) / 1000;
  const average = sampled / (n - 1);
  const threshold = average * 1.1;
  if (toStart >= threshold) toStart = average / 2;
  if (counter && result > 0 && first >= 0) toStart = Math.min(toStart, sampled * (first / result));
  if (toEnd >= threshold) toEnd = average / 2;
  const factor = (sampled + toStart + toEnd) / sampled;
  return perSecond ? (result * factor) / ((window.end - window.start) / 1000) : result * factor;
}

function instant(window: Window, perSecond: boolean): number | undefined {
  const { timestamps, values, lo, hi } = window;
  if (hi - lo < 2) return undefined;
  const last = values[hi - 1]!;
  const before = values[hi - 2]!;
  const difference = perSecond && last < before ? last : last - before;
  const seconds = (timestamps[hi - 1]! - timestamps[hi - 2]!) / 1000;
  if (seconds === 0) return undefined;
  return perSecond ? difference / seconds : difference;
}

function fold(initial: number, step: (sum: number, value: number) => number): RangeFunction {
  return ({ values, lo, hi }) => {
    if (hi <= lo) return undefined;
    let sum = initial;
    for (let i = lo; i < hi; i++) sum = step(sum, values[i]!);
    return sum;
  };
}

/** Kahan-Neumaier summation, as Prometheus sums. */
export function kahanSum(values: Float64Array, lo: number, hi: number): number {
  let sum = 0;
  let compensation = 0;
  for (let i = lo; i < hi; i++) {
    const value = values[i]!;
    const next = sum + value;
    if (Math.abs(next) === Infinity) compensation = 0;
    else compensation += Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum;
    sum = next;
  }
  return sum + compensation;
}

const some = (window: Window): boolean => window.hi > window.lo;
const sum: RangeFunction = (window) =>
  some(window) ? kahanSum(window.values, window.lo, window.hi) : undefined;
const count: RangeFunction = (window) => (some(window) ? window.hi - window.lo : undefined);

function variance(window: Window): number | undefined {
  const n = window.hi - window.lo;
  if (n === 0) return undefined;
  let mean = 0;
  let squares = 0;
  for (let i = 0; i < n; i++) {
    const value = window.values[window.lo + i]!;
    const delta = value - mean;
    mean += delta / (i + 1);
    squares += delta * (value - mean);
  }
  return squares / n;
}

/** Least squares over the window; x in seconds after `origin`. */
function regression(
  window: Window,
  origin: number,
): { readonly slope: number; readonly intercept: number } | undefined {
  const { timestamps, values, lo, hi } = window;
  const n = hi - lo;
  if (n < 2) return undefined;
  let sx = 0;
  let sy = 0;
  let sxy = 0;
  let sxx = 0;
  for (let i = lo; i < hi; i++) {
    const x = (timestamps[i]! - origin) / 1000;
    sx += x;
    sy += values[i]!;
    sxy += x * values[i]!;
    sxx += x * x;
  }
  const slope = (sxy - (sx * sy) / n) / (sxx - (sx * sx) / n);
  return { slope, intercept: sy / n - (slope * sx) / n };
}

/** Interpolated quantile of a sorted list (Prometheus, promql/quantile.go). */
export function quantile(share: number, sorted: ArrayLike<number>): number {
  const n = sorted.length;
  if (n === 0 || Number.isNaN(share)) return NaN;
  if (share < 0) return -Infinity;
  if (share > 1) return Infinity;
  const rank = share * (n - 1);
  const lower = Math.max(0, Math.floor(rank));
  const upper = Math.min(n - 1, lower + 1);
  const weight = rank - Math.floor(rank);
  return sorted[lower]! * (1 - weight) + sorted[upper]! * weight;
}

function changes(compare: (before: number, now: number) => boolean): RangeFunction {
  return ({ values, lo, hi }) => {
    if (hi <= lo) return undefined;
    let n = 0;
    for (let i = lo + 1; i < hi; i++) if (compare(values[i - 1]!, values[i]!)) n++;
    return n;
  };
}

/** Functions of one range vector (and at most one scalar). Every one but `keepsName` drops the metric name. */
export const RANGE_FUNCTIONS: Readonly<Record<string, RangeFunction>> = {
  rate: (window) => extrapolated(window, true, true),
  increase: (window) => extrapolated(window, true, false),
  delta: (window) => extrapolated(window, false, false),
  irate: (window) => instant(window, true),
  idelta: (window) => instant(window, false),
  deriv: (window) => regression(window, window.timestamps[window.lo] ?? 0)?.slope,
  predict_linear: (window, seconds) => {
    const line = regression(window, window.end);
    return line && line.slope * seconds + line.intercept;
  },
  resets: changes((before, now) => now < before),
  changes: changes((before, now) => now !== before && !(Number.isNaN(now) && Number.isNaN(before))),
  sum_over_time: sum,
  count_over_time: count,
  avg_over_time: (window) =>
    some(window) ? kahanSum(window.values, window.lo, window.hi) / (window.hi - window.lo) : undefined,
  min_over_time: fold(NaN, (least, value) => (Number.isNaN(least) || value < least ? value : least)),
  max_over_time: fold(NaN, (most, value) => (Number.isNaN(most) || value > most ? value : most)),
  last_over_time: (window) => (some(window) ? window.values[window.hi - 1] : undefined),
  first_over_time: (window) => (some(window) ? window.values[window.lo] : undefined),
  present_over_time: (window) => (some(window) ? 1 : undefined),
  stdvar_over_time: variance,
  stddev_over_time: (window) => {
    const value = variance(window);
    return value === undefined ? undefined : Math.sqrt(value);
  },
  quantile_over_time: (window, share) =>
    some(window) ? quantile(share, window.values.slice(window.lo, window.hi).sort()) : undefined,
  ts_of_last_over_time: (window) => (some(window) ? window.timestamps[window.hi - 1]! / 1000 : undefined),
};

export const KEEPS_NAME: ReadonlySet<string> = new Set(['last_over_time', 'first_over_time']);
