import type { NativeHistogram } from '@gumshoe/base/native-histogram';
import type { Annotations } from '../annotations.ts';
import type { Position } from '../parser/ast.ts';
import { ignoredInRange } from '../histogram-notes.ts';
import { isReset } from '../histograms/reset.ts';
import { labelOf } from './labels.ts';
import { NATIVE_RANGE_FUNCTIONS } from './native-range-functions.ts';
import { MixedColumn } from './samples.ts';
import type { RawSeries } from './selection.ts';
import type { Column } from './values.ts';
import { nextDrop, windowOn, type RangeFunction, type Window, type Windows } from './windows.ts';

/** What a function says of a series besides its result. */
export interface Notes {
  readonly metric: string;
  warn(text: string): void;
  inform(text: string): void;
}

/** The histograms of a window `[lo, hi)`; `values` are their counts. */
export interface NativeWindow extends Window {
  readonly samples: readonly NativeHistogram[];
  /** Whether the counter started anew between sample `i` and the one before it; found once for all windows. */
  readonly resetAt: (i: number) => boolean;
}

/** A window of a series with samples of both types; either part may be empty. */
export interface MixedWindow {
  readonly floats: Window;
  readonly natives: NativeWindow;
}

export type Sample = number | NativeHistogram;

/** Result for a window with at least one histogram; undefined where there is none. */
export type NativeRangeFunction = (window: MixedWindow, notes: Notes) => Sample | undefined;

export const sizeOf = ({ lo, hi }: Window): number => hi - lo;

function resetsOf(samples: readonly NativeHistogram[]): (i: number) => boolean {
  const known = new Int8Array(samples.length).fill(-1);
  return (i) => {
    if (known[i]! < 0) known[i] = Number(isReset(samples[i]!, samples[i - 1]!));
    return known[i] === 1;
  };
}

function moveTo(window: Window, { ends, times, range, first, second }: Windows, i: number): void {
  const { timestamps, values } = window;
  window.end = ends[i]!;
  window.start = window.end - range;
  while (window.hi < timestamps.length && timestamps[window.hi]! <= window.end) window.hi++;
  while (window.lo < window.hi && timestamps[window.lo]! <= window.start) window.lo++;
  if (window.drop <= window.lo) window.drop = nextDrop(values, window.lo);
  window.time = times[i]!;
  if (first !== undefined) window.first = first[i]!;
  if (second !== undefined) window.second = second[i]!;
}

/** As `overWindows`, for a series that has native histograms. */
export function overMixedWindows(
  series: RawSeries & { readonly histograms: NonNullable<RawSeries['histograms']> },
  windows: Windows,
  { name, fn }: { readonly name: string; readonly fn: RangeFunction },
  notes: Notes,
): Column | undefined {
  const { samples, timestamps } = series.histograms;
  const counts = Float64Array.from(samples, ({ count }) => count);
  const mixed = {
    floats: windowOn(series.timestamps, series.values),
    natives: { ...windowOn(timestamps, counts), samples, resetAt: resetsOf(samples) },
  };
  const native = NATIVE_RANGE_FUNCTIONS.get(name);
  const out = new MixedColumn(windows.ends.length);
  for (let i = 0; i < windows.ends.length; i++) {
    moveTo(mixed.floats, windows, i);
    moveTo(mixed.natives, windows, i);
    const made = resultOf(mixed, fn, native, notes);
    if (typeof made === 'number') out.float(i, made);
    else if (made) out.histogram(i, made);
  }
  return out.column(series.labels);
}

function resultOf(
  mixed: MixedWindow,
  fn: RangeFunction,
  native: NativeRangeFunction | undefined,
  notes: Notes,
): Sample | undefined {
  const floats = sizeOf(mixed.floats);
  const both = floats > 0 && sizeOf(mixed.natives) > 0;
  if (native && sizeOf(mixed.natives) > 0) return native(mixed, notes);
  if (both) notes.inform(ignoredInRange(notes.metric));
  return floats >= fn.least ? fn.of(mixed.floats) : undefined;
}

export const notesOf = (series: RawSeries, annotations: Annotations, where: Position): Notes => ({
  metric: labelOf(series.labels, '__name__'),
  warn: (text) => annotations.warn(text, where),
  inform: (text) => annotations.inform(text, where),
});
