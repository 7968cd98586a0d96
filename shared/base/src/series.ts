import type { HistogramSamples, NativeHistogram } from './native-histogram.ts';
import type { TimeGrid } from './time.ts';

/** Label names to values, `__name__` included. Treat as immutable. */
export type Labels = Readonly<Record<string, string>>;

/**
 * Raw samples of one series. Both columns have one length; timestamps are ms since the epoch, ascending. Samples that are
 * native histograms stand beside them: a series that has nothing else has no floats.
 */
export interface Series {
  readonly labels: Labels;
  readonly timestamps: Float64Array;
  readonly values: Float64Array;
  readonly histograms?: HistogramSamples;
}

/** What a series has at each point of a grid where that is a native histogram. */
export type GridHistograms = readonly (NativeHistogram | undefined)[];

/**
 * Values of one series on a grid; NaN where there is no sample, or a native histogram.
 * `values.length === grid.points`, and so is that of the histograms.
 */
export interface GridSeries {
  readonly labels: Labels;
  readonly values: Float64Array;
  readonly histograms?: GridHistograms;
}

/** Result of a range query: every series shares the grid. */
export interface Matrix {
  readonly grid: TimeGrid;
  readonly series: readonly GridSeries[];
}

/** Canonical text of a label set: sorted, escaped as in the Prometheus text format. Equal sets, equal text. */
export function labelsKey(labels: Labels): string {
  const names = Object.keys(labels).sort();
  let text = '';
  for (const name of names) text += `${name}=${JSON.stringify(labels[name])},`;
  return text;
}

/**
 * Last raw value at or before each instant, not older than `lookback` ms (half-open as in Prometheus 3:
 * a sample exactly `lookback` old is out).
 */
export function sampleOnGrid(series: Series, grid: TimeGrid, lookback: number): Float64Array {
  const out = new Float64Array(grid.points).fill(NaN);
  const { timestamps, values } = series;
  let next = 0;
  for (let i = 0; i < grid.points; i++) {
    const at = grid.from + i * grid.step;
    while (next < timestamps.length && timestamps[next]! <= at) next++;
    if (next === 0) continue;
    if (timestamps[next - 1]! > at - lookback) out[i] = values[next - 1]!;
  }
  return out;
}

/**
 * Per-second increase of a counter between the last sample at or before each instant and the last one at
 * or before `window` ms earlier (or the first sample inside the window). A drop counts as a reset to zero.
 * NaN where fewer than two samples fall into the window.
 */
export function counterRateOnGrid(series: Series, grid: TimeGrid, window: number): Float64Array {
  const out = new Float64Array(grid.points).fill(NaN);
  const { timestamps, values } = series;
  const n = timestamps.length;
  if (n < 2) return out;
  const accumulated = new Float64Array(n);
  for (let i = 1; i < n; i++) {
    const delta = values[i]! - values[i - 1]!;
    accumulated[i] = accumulated[i - 1]! + (delta >= 0 ? delta : values[i]!);
  }
  let last = 0;
  let first = 0;
  for (let i = 0; i < grid.points; i++) {
    const at = grid.from + i * grid.step;
    while (last < n && timestamps[last]! <= at) last++;
    while (first < n && timestamps[first]! < at - window) first++;
    const seconds = last - 1 > first ? (timestamps[last - 1]! - timestamps[first]!) / 1000 : 0;
    if (seconds > 0) out[i] = (accumulated[last - 1]! - accumulated[first]!) / seconds;
  }
  return out;
}
