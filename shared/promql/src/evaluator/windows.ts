import type { RawSeries } from './selection.ts';
import type { Column } from './values.ts';
import { newPresence, newValues } from './slab.ts';

/**
 * Samples of one series without stale markers; the window is `[lo, hi)`. One object serves all steps of a series, so
 * a function reads what it needs and keeps nothing.
 */
export interface Window {
  readonly timestamps: Float64Array;
  readonly values: Float64Array;
  lo: number;
  hi: number;
  /** ms, exclusive */
  start: number;
  /** ms, inclusive */
  end: number;
  /** The evaluated instant, ms; differs from `end` by offset and `@`. */
  time: number;
  /** First position after `lo` where the values fall, or the number of samples: a window that ends before it is rising. */
  drop: number;
  /** Scalar arguments at this step. */
  first: number;
  second: number;
}

export interface RangeFunction {
  /** Samples without which there is no result. */
  readonly least: 1 | 2;
  /** Value of a window with at least that many samples; NaN may be one. */
  readonly of: (window: Window) => number;
  /** Reads `drop`. */
  readonly counter?: boolean;
  /** The result is of the metric itself. */
  readonly keepsName?: boolean;
}

/** Windows of a range at each step: open at `ends[i] - range`, closed at `ends[i]`. */
export interface Windows {
  readonly ends: Float64Array;
  readonly times: Float64Array;
  readonly range: number;
  readonly first: Float64Array | undefined;
  readonly second: Float64Array | undefined;
}

/** A window at the beginning of the samples. */
export const windowOn = (timestamps: Float64Array, values: Float64Array): Window => ({
  timestamps,
  values,
  lo: 0,
  hi: 0,
  start: 0,
  end: 0,
  time: 0,
  drop: 0,
  first: NaN,
  second: NaN,
});

/** Applies a function to the windows of one series; both edges only move forward. */
export function overWindows(series: RawSeries, windows: Windows, fn: RangeFunction): Column | undefined {
  const { timestamps, values } = series;
  const { ends, times, range, first, second } = windows;
  const length = timestamps.length;
  const { least, of } = fn;
  const counter = fn.counter === true;
  const n = ends.length;
  let out: Float64Array | undefined;
  let present: Uint8Array | undefined;
  const window = windowOn(timestamps, values);
  let lo = 0;
  let hi = 0;
  for (let i = 0; i < n; i++) {
    const end = ends[i]!;
    const start = end - range;
    while (hi < length && timestamps[hi]! <= end) hi++;
    while (lo < hi && timestamps[lo]! <= start) lo++;
    if (hi - lo < least) continue;
    if (counter && window.drop <= lo) window.drop = nextDrop(values, lo);
    window.lo = lo;
    window.hi = hi;
    window.start = start;
    window.end = end;
    window.time = times[i]!;
    if (first !== undefined) window.first = first[i]!;
    if (second !== undefined) window.second = second[i]!;
    if (out === undefined || present === undefined) {
      out = newValues(n);
      present = newPresence(n);
    }
    out[i] = of(window);
    present[i] = 1;
  }
  return out && present && { labels: series.labels, values: out, present };
}

/** First position after `lo` where the values fall. */
export function nextDrop(values: Float64Array, lo: number): number {
  let i = lo + 1;
  while (i < values.length && !(values[i]! < values[i - 1]!)) i++;
  return i;
}
