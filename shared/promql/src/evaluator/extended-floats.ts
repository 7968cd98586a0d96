import type { SelectorNode } from '../parser/ast.ts';
import { LOOKBACK } from '../source.ts';
import type { RawSeries } from './selection.ts';

/** How a selector takes the edges of its range: from the samples nearest to them, or between those around them. */
export type Extension = NonNullable<SelectorNode['extension']>;

/** Values at the edges of a window, and the positions of the samples `[lo, hi)` strictly between. */
interface Window {
  readonly start: number;
  readonly end: number;
  readonly left: number;
  readonly right: number;
  readonly lo: number;
  readonly hi: number;
  /** Where the samples that count begin: the one at or before the start, else the first. */
  readonly first: number;
}

/** On the line between two samples; after a counter's reset it comes from zero. */
export function between({ timestamps, values }: RawSeries, i: number, at: number, counter: boolean): number {
  const [low, high] = [values[i]!, values[i + 1]!];
  const from = counter && high < low ? 0 : low;
  return from + ((high - from) * (at - timestamps[i]!)) / (timestamps[i + 1]! - timestamps[i]!);
}

/** Undefined where no sample lies after the start (Prometheus, promql/functions.go extendedRate and extendFloats). */
export function windowAt(
  series: RawSeries,
  start: number,
  end: number,
  extension: Extension,
  counter: boolean,
): Window | undefined {
  const { timestamps, values } = series;
  const smoothed = extension === 'smoothed';
  const latest = end + (smoothed ? LOOKBACK : 0);
  let begin = 0;
  while (begin < timestamps.length && timestamps[begin]! <= start - LOOKBACK) begin++;
  let first = begin;
  while (first + 1 < timestamps.length && timestamps[first + 1]! <= start) first++;
  let last = first;
  while (
    last + 1 < timestamps.length &&
    timestamps[last + 1]! <= latest &&
    !(smoothed && timestamps[last]! >= end)
  )
    last++;
  if (begin === timestamps.length || timestamps[last]! > latest || timestamps[last]! <= start)
    return undefined;
  const before = timestamps[first]! < start;
  const after = timestamps[last]! > end;
  return {
    start,
    end,
    left: smoothed && before ? between(series, first, start, counter) : values[first]!,
    right: after && last > begin ? between(series, last - 1, end, counter) : values[last]!,
    lo: timestamps[first]! <= start ? first + 1 : first,
    hi: timestamps[last]! >= end ? last : last + 1,
    first,
  };
}

type Measure = (series: RawSeries, window: Window) => number;

const increase: Measure = ({ values }, { left, right, lo, hi }) => {
  let [total, before] = [right - left, left];
  for (let i = lo; i < hi; i++) {
    if (values[i]! < before) total += before;
    before = values[i]!;
  }
  return right < before ? total + before : total;
};

const counted =
  (differs: (now: number, before: number) => boolean): Measure =>
  ({ timestamps, values }, { first, end }) => {
    let n = 0;
    for (let i = first + 1; i < values.length && timestamps[i]! <= end; i++)
      if (differs(values[i]!, values[i - 1]!)) n++;
    return n;
  };

export const MEASURES: Readonly<Record<string, Measure>> = {
  increase,
  rate: (series, window) => increase(series, window) / ((window.end - window.start) / 1000),
  delta: (_, { left, right }) => right - left,
  changes: counted((now, before) => now !== before && !(Number.isNaN(now) && Number.isNaN(before))),
  resets: counted((now, before) => now < before),
};
