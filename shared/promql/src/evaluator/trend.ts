import type { RangeFunction, Window } from './windows.ts';

/**
 * Least squares over the window (Prometheus, promql/functions.go linearRegression): x in seconds after `origin` (ms).
 * Values that never change have slope 0 exactly; infinite ones have no line. Values are taken relative to the first, which
 * loses less to rounding than summing them as they are.
 */
function regression(window: Window, origin: number, seconds: number | undefined): number {
  const { timestamps, values, lo, hi } = window;
  const n = hi - lo;
  const initial = values[lo]!;
  let constant = true;
  let sx = 0;
  let sy = 0;
  let sxy = 0;
  let sxx = 0;
  for (let i = lo; i < hi; i++) {
    const x = (timestamps[i]! - origin) / 1000;
    const y = values[i]! - initial;
    if (i > lo && y !== 0) constant = false;
    sx += x;
    sy += y;
    sxy += x * y;
    sxx += x * x;
  }
  if (constant) return initial - initial + (seconds === undefined ? 0 : initial);
  const slope = (sxy - (sx * sy) / n) / (sxx - (sx * sx) / n);
  return seconds === undefined ? slope : slope * seconds + initial + sy / n - (slope * sx) / n;
}

/** Double exponential smoothing (Holt-Winters): `first` is the smoothing factor, `second` the trend factor. */
function smoothed({ values, lo, hi, first: smoothing, second: trending }: Window): number {
  let before = 0;
  let level = values[lo]!;
  let trend = values[lo + 1]! - values[lo]!;
  for (let i = lo + 1; i < hi; i++) {
    if (i > lo + 1) trend = trending * (level - before) + (1 - trending) * trend;
    const next = smoothing * values[i]! + (1 - smoothing) * (level + trend);
    before = level;
    level = next;
  }
  return level;
}

export const TREND_FUNCTIONS: Readonly<Record<string, RangeFunction>> = {
  deriv: { least: 2, of: (window) => regression(window, window.timestamps[window.lo]!, undefined) },
  predict_linear: { least: 2, of: (window) => regression(window, window.time, window.first) },
  double_exponential_smoothing: { least: 2, of: smoothed },
};
