import { isCustom, type NativeHistogram } from '@gumshoe/base/native-histogram';
import { mixedSchemas, mixedWithFloats, notCounter, notGauge } from '../histogram-notes.ts';
import { asGauge, divide, scale } from '../histograms/arithmetic.ts';
import { isReset } from '../histograms/reset.ts';
import { LOOKBACK } from '../source.ts';
import { combined } from './native-rate.ts';
import type { Notes } from './native-windows.ts';

/** Histograms around a window: those that a look back from its start, and for smoothed ones ahead of its end, finds. */
export interface NativeSurroundings {
  readonly timestamps: Float64Array;
  readonly samples: readonly NativeHistogram[];
}

/** A range whose edges are taken from the samples around them. */
export interface ExtendedWindow {
  readonly start: number;
  readonly end: number;
  readonly smoothed: boolean;
}

/** What lies in `(from, to]`. */
export function within<T extends { readonly timestamps: Float64Array }>(
  { timestamps }: T,
  from: number,
  to: number,
): readonly [lo: number, hi: number] {
  let lo = 0;
  while (lo < timestamps.length && timestamps[lo]! <= from) lo++;
  let hi = lo;
  while (hi < timestamps.length && timestamps[hi]! <= to) hi++;
  return [lo, hi];
}

/**
 * The increase or difference of histograms over a window, as `kind` says (Prometheus, promql/functions.go
 * extendedHistogramRate). Undefined where no sample lies in it, or where they do not go together, which is then noted.
 */
export function extendedGrowth(
  all: NativeSurroundings,
  window: ExtendedWindow,
  kind: 'rate' | 'increase' | 'delta',
  notes: Notes,
): NativeHistogram | undefined {
  const edges = edgesOf(all, window);
  if (!edges) return undefined;
  const counter = kind !== 'delta';
  const own = all.samples.slice(edges.first, edges.last + 1);
  if (own.some((one) => isCustom(one) !== isCustom(own[0]!))) {
    notes.warn(mixedSchemas(notes.metric));
    return undefined;
  }
  if (counter && own.some(({ hint }) => hint === 'gauge')) notes.warn(notCounter(notes.metric));
  const [left, right] = [
    leftOf(all, edges, window, counter, notes),
    rightOf(all, edges, window, counter, notes),
  ];
  if (!left || !right) return undefined;
  if (!counter && (left.hint !== 'gauge' || right.hint !== 'gauge')) notes.warn(notGauge(notes.metric));
  let result = combined(right, left, -1, notes);
  for (const lost of counter ? lostIn(all, edges, window, left, right) : [])
    result = result && combined(result, lost, 1, notes);
  if (!result) return undefined;
  return asGauge(kind === 'rate' ? divide(result, (window.end - window.start) / 1000) : result);
}

/** Positions of the samples that the edges are taken from. */
interface Edges {
  readonly first: number;
  readonly last: number;
}

function edgesOf(
  { timestamps }: NativeSurroundings,
  { start, end, smoothed }: ExtendedWindow,
): Edges | undefined {
  const [lo, hi] = within({ timestamps }, start - LOOKBACK, end + (smoothed ? LOOKBACK : 0));
  if (hi <= lo) return undefined;
  let last = hi - 1;
  let first = lo;
  while (first + 1 < last && timestamps[first + 1]! <= start) first++;
  if (smoothed) for (let i = lo; i < last; i++) if (timestamps[i]! >= end) last = i;
  if (timestamps[last]! <= start || (smoothed && timestamps[first]! > end)) return undefined;
  return { first, last };
}

function leftOf(
  all: NativeSurroundings,
  { first }: Edges,
  { start, smoothed }: ExtendedWindow,
  counter: boolean,
  notes: Notes,
): NativeHistogram | undefined {
  const before = smoothed && all.timestamps[first]! < start;
  return before ? betweenNatives(all, first, start, counter, notes) : all.samples[first]!;
}

function rightOf(
  all: NativeSurroundings,
  { last }: Edges,
  { start, end, smoothed }: ExtendedWindow,
  counter: boolean,
  notes: Notes,
): NativeHistogram | undefined {
  const hasBefore = last > 0 && all.timestamps[last - 1]! > start - LOOKBACK;
  const after = smoothed && hasBefore && all.timestamps[last]! > end;
  return after ? betweenNatives(all, last - 1, end, counter, notes) : all.samples[last]!;
}

/** On the line between two samples; a counter that was reset comes from nothing. */
export function betweenNatives(
  { timestamps, samples }: NativeSurroundings,
  i: number,
  at: number,
  counter: boolean,
  notes: Notes,
): NativeHistogram | undefined {
  const [low, high] = [samples[i]!, samples[i + 1]!];
  const share = (at - timestamps[i]!) / (timestamps[i + 1]! - timestamps[i]!);
  if (share === 0) return low;
  if (share === 1) return high;
  if (isCustom(low) !== isCustom(high)) {
    notes.warn(mixedSchemas(notes.metric));
    return undefined;
  }
  if (counter && isReset(high, low)) return scale(high, share);
  const difference = combined(high, low, -1, notes);
  return difference && combined(scale(difference, share), low, 1, notes);
}

/** What counters had when they were reset within a window. A reset that an edge was taken across is in that edge. */
function lostIn(
  { timestamps, samples }: NativeSurroundings,
  { first, last }: Edges,
  { start, smoothed }: ExtendedWindow,
  left: NativeHistogram,
  right: NativeHistogram,
): readonly NativeHistogram[] {
  let [before, next] = [left, first + 1];
  if (smoothed && timestamps[first]! < start && isReset(samples[next]!, samples[first]!))
    before = samples[next++]!;
  if (next > last) return [];
  const lost: NativeHistogram[] = [];
  for (; next < last; next++) {
    if (isReset(samples[next]!, before)) lost.push(before);
    before = samples[next]!;
  }
  if (isReset(right, before)) lost.push(before);
  return lost;
}

/** Whether both types are there, which is then noted. */
export function areMixed(floats: number, natives: number, notes: Notes): boolean {
  if (floats > 0 && natives > 0) notes.warn(mixedWithFloats(notes.metric));
  return floats > 0 && natives > 0;
}
