import { RATE_FUNCTIONS } from './rate.ts';
import { meanOf, quantileOf, sortNanFirst, sumOf, varianceOf } from './sums.ts';
import { TREND_FUNCTIONS } from './trend.ts';
import type { RangeFunction, Window } from './windows.ts';

const of = (value: (window: Window) => number): RangeFunction => ({ least: 1, of: value });

/** Quantiles of windows, sorted in one place that grows with the largest. */
class SortedWindow {
  private values = new Float64Array(64);

  private take({ values, lo, hi }: Window): number {
    const n = hi - lo;
    if (n > this.values.length) this.values = new Float64Array(2 * n);
    for (let i = 0; i < n; i++) this.values[i] = values[lo + i]!;
    return n;
  }

  quantile(window: Window): number {
    const n = this.take(window);
    sortNanFirst(this.values, n);
    return quantileOf(window.first, this.values, n);
  }

  /** Median of the distances from the median. */
  medianDeviation(window: Window): number {
    const n = this.take(window);
    sortNanFirst(this.values, n);
    const median = quantileOf(0.5, this.values, n);
    for (let i = 0; i < n; i++) this.values[i] = Math.abs(this.values[i]! - median);
    sortNanFirst(this.values, n);
    return quantileOf(0.5, this.values, n);
  }
}

const sorted = new SortedWindow();

/** Position of the extreme that `better` prefers; NaN only where there is nothing else. */
function extreme({ values, lo, hi }: Window, better: (value: number, best: number) => boolean): number {
  let best = lo;
  for (let i = lo + 1; i < hi; i++) {
    const known = values[best]!;
    if (better(values[i]!, known) || known !== known) best = i;
  }
  return best;
}

function least({ values, lo, hi }: Window): number {
  let best = values[lo]!;
  for (let i = lo + 1; i < hi; i++) {
    const value = values[i]!;
    if (value < best || best !== best) best = value;
  }
  return best;
}

function most({ values, lo, hi }: Window): number {
  let best = values[lo]!;
  for (let i = lo + 1; i < hi; i++) {
    const value = values[i]!;
    if (value > best || best !== best) best = value;
  }
  return best;
}

function resets(window: Window): number {
  const { values, lo, hi } = window;
  let n = 0;
  for (let i = lo + 1; i < hi; i++) if (values[i]! < values[i - 1]!) n++;
  return n;
}

/** NaN after NaN is no change. */
function changes({ values, lo, hi }: Window): number {
  let n = 0;
  for (let i = lo + 1; i < hi; i++) {
    const before = values[i - 1]!;
    const now = values[i]!;
    if (now !== before && (now === now || before === before)) n++;
  }
  return n;
}

const seconds = (window: Window, i: number): number => window.timestamps[i]! / 1000;

/** Functions of one range vector and at most two scalars (Prometheus, promql/functions.go). */
export const RANGE_FUNCTIONS: ReadonlyMap<string, RangeFunction> = new Map(
  Object.entries({
    ...RATE_FUNCTIONS,
    ...TREND_FUNCTIONS,
    resets: of(resets),
    changes: of(changes),
    sum_over_time: of(({ values, lo, hi }) => sumOf(values, lo, hi)),
    count_over_time: of(({ lo, hi }) => hi - lo),
    avg_over_time: of(({ values, lo, hi }) => meanOf(values, lo, hi)),
    min_over_time: of(least),
    max_over_time: of(most),
    last_over_time: { ...of(({ values, hi }) => values[hi - 1]!), keepsName: true },
    first_over_time: { ...of(({ values, lo }) => values[lo]!), keepsName: true },
    present_over_time: of(() => 1),
    stdvar_over_time: of(({ values, lo, hi }) => varianceOf(values, lo, hi)),
    stddev_over_time: of(({ values, lo, hi }) => Math.sqrt(varianceOf(values, lo, hi))),
    mad_over_time: of((window) => sorted.medianDeviation(window)),
    quantile_over_time: of((window) => sorted.quantile(window)),
    ts_of_first_over_time: of((window) => seconds(window, window.lo)),
    ts_of_last_over_time: of((window) => seconds(window, window.hi - 1)),
    ts_of_min_over_time: of((window) =>
      seconds(
        window,
        extreme(window, (value, best) => value <= best),
      ),
    ),
    ts_of_max_over_time: of((window) =>
      seconds(
        window,
        extreme(window, (value, best) => value >= best),
      ),
    ),
  }),
);
