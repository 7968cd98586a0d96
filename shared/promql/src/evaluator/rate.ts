import type { RangeFunction, Window } from './windows.ts';

/** Increase with counter resets: what was counted before a fall is added. */
function growth(window: Window): number {
  const { values, lo, hi } = window;
  let result = values[hi - 1]! - values[lo]!;
  if (window.drop >= hi) return result;
  for (let i = window.drop; i < hi; i++) if (values[i]! < values[i - 1]!) result += values[i - 1]!;
  return result;
}

/** Prometheus, promql/functions.go extrapolatedRate: to the window's edges, or half an interval beyond the samples. */
export function extrapolation(window: Window, counter: boolean, result: number): number {
  const { timestamps, lo, hi } = window;
  let toStart = (timestamps[lo]! - window.start) / 1000;
  let toEnd = (window.end - timestamps[hi - 1]!) / 1000;
  const sampled = (timestamps[hi - 1]! - timestamps[lo]!) / 1000;
  const average = sampled / (hi - lo - 1);
  const threshold = average * 1.1;
  if (toStart >= threshold) toStart = average / 2;
  if (counter) {
    const first = window.values[lo]!;
    if (result > 0 && first >= 0) {
      const toZero = sampled * (first / result);
      if (toZero < toStart) toStart = toZero;
    }
  }
  if (toEnd >= threshold) toEnd = average / 2;
  return (sampled + toStart + toEnd) / sampled;
}

const rate: RangeFunction = {
  least: 2,
  counter: true,
  of: (window) => {
    const result = growth(window);
    // In this order, so that equal slopes give equal bits, as they do in Prometheus.
    return result * (extrapolation(window, true, result) / ((window.end - window.start) / 1000));
  },
};

const increase: RangeFunction = {
  least: 2,
  counter: true,
  of: (window) => {
    const result = growth(window);
    return result * extrapolation(window, true, result);
  },
};

const delta: RangeFunction = {
  least: 2,
  of: (window) => {
    const result = window.values[window.hi - 1]! - window.values[window.lo]!;
    return result * extrapolation(window, false, result);
  },
};

const irate: RangeFunction = {
  least: 2,
  of: ({ timestamps, values, hi }) => {
    const last = values[hi - 1]!;
    const before = values[hi - 2]!;
    const difference = last < before ? last : last - before;
    return difference / ((timestamps[hi - 1]! - timestamps[hi - 2]!) / 1000);
  },
};

const idelta: RangeFunction = { least: 2, of: ({ values, hi }) => values[hi - 1]! - values[hi - 2]! };

export const RATE_FUNCTIONS: Readonly<Record<string, RangeFunction>> = {
  rate,
  increase,
  delta,
  irate,
  idelta,
};
