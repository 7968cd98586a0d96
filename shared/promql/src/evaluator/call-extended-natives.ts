import type { CallNode } from '../parser/ast.ts';
import { LOOKBACK } from '../source.ts';
import { between, MEASURES, windowAt, type Extension } from './extended-floats.ts';
import { areMixed, betweenNatives, extendedGrowth, within } from './native-extended.ts';
import { NATIVE_RANGE_FUNCTIONS } from './native-range-functions.ts';
import type { Notes } from './native-windows.ts';
import { MixedColumn } from './samples.ts';
import type { RawSeries } from './selection.ts';
import type { Column } from './values.ts';
import { windowOn } from './windows.ts';

export type NativeSeries = RawSeries & { readonly histograms: NonNullable<RawSeries['histograms']> };

/** A function of an anchored or smoothed range of a series that has native histograms: where floats are around a window too, it has no result. */
export function callOnNatives(
  node: CallNode,
  { extension, range = 0 }: { readonly extension: Extension; readonly range?: number },
  series: NativeSeries,
  ends: Float64Array,
  notesOfSeries: (series: RawSeries) => Notes,
): Column | undefined {
  const notes = notesOfSeries(series);
  const smoothed = extension === 'smoothed';
  const { name } = node;
  const out = new MixedColumn(ends.length);
  ends.forEach((end, i) => {
    const start = end - range;
    if (name === 'changes' || name === 'resets') {
      const count = countedFromAnchor(name, series, start, end, notes);
      if (count !== undefined) out.float(i, count);
      return;
    }
    const to = end + (smoothed ? LOOKBACK : 0);
    const [floats, natives] = [series, series.histograms].map((one) => within(one, start - LOOKBACK, to));
    if (areMixed(floats![1] - floats![0], natives![1] - natives![0], notes)) return;
    const kind = name as 'rate' | 'increase' | 'delta';
    if (natives![1] > natives![0]) {
      const made = extendedGrowth(series.histograms, { start, end, smoothed }, kind, notes);
      if (made) out.histogram(i, made);
      return;
    }
    const window = windowAt(series, start, end, extension, kind !== 'delta');
    if (window) out.float(i, MEASURES[kind]!(series, window));
  });
  return out.column(series.labels);
}

/** From the last sample at or before the start, of whatever type (Prometheus, pickFirstSampleIndices). */
function countedFromAnchor(
  name: 'changes' | 'resets',
  series: NativeSeries,
  start: number,
  end: number,
  notes: Notes,
): number | undefined {
  const { histograms } = series;
  const [floats, natives] = [series, histograms].map((one) => within(one, start, end));
  if (floats![1] === floats![0] && natives![1] === natives![0]) return undefined;
  const [float, native] = [series.timestamps[floats![0] - 1], histograms.timestamps[natives![0] - 1]];
  const anchor = Math.max(float ?? -Infinity, native ?? -Infinity);
  const reached = anchor > start - LOOKBACK;
  const windowOf = (
    one: { readonly timestamps: Float64Array },
    [lo, hi]: readonly [number, number],
    time: number | undefined,
  ) => ({ ...windowOn(one.timestamps, series.values), lo: reached && time === anchor ? lo - 1 : lo, hi });
  const { samples } = histograms;
  const window = {
    floats: windowOf(series, floats!, float),
    natives: { ...windowOf(histograms, natives!, native), samples, resetAt: () => false },
  };
  const made = NATIVE_RANGE_FUNCTIONS.get(name)!(window, notes);
  return typeof made === 'number' ? made : undefined;
}

/** `metric smoothed`: where only one type of samples is around an instant; histograms of any kind are taken as gauges, as Prometheus does. */
export function smoothedNatives(series: NativeSeries, looks: Float64Array, notes: Notes): Column | undefined {
  const { labels, histograms } = series;
  const out = new MixedColumn(looks.length);
  looks.forEach((at, i) => {
    const around = [series, histograms].map((one) => within(one, at - LOOKBACK, at + LOOKBACK));
    const [[from, to], [lo, hi]] = around as [readonly [number, number], readonly [number, number]];
    if (areMixed(to - from, hi - lo, notes)) return;
    const native = hi > lo;
    const { timestamps } = native ? histograms : series;
    const [begin, end] = native ? [lo, hi] : [from, to];
    let next = begin;
    while (next < end && timestamps[next]! < at) next++;
    const exact = next < end && timestamps[next] === at;
    if (!exact && next === begin) return;
    const place = exact || next === end ? (exact ? next : next - 1) : undefined;
    if (!native)
      return out.float(i, place === undefined ? between(series, next - 1, at, false) : series.values[place]!);
    const made =
      place === undefined
        ? betweenNatives(histograms, next - 1, at, false, notes)
        : histograms.samples[place];
    if (made) out.histogram(i, made);
  });
  return out.column(labels);
}
