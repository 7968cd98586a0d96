import type { CallNode, SelectorNode } from '../parser/ast.ts';
import { LOOKBACK } from '../source.ts';
import { lookTimes, type RawSeries } from './selection.ts';
import { evaluationError, nameless, type Column, type Steps } from './values.ts';
import { MixedColumn } from './samples.ts';

/** How a selector takes the edges of its range: from the samples nearest to them, or between those around them. */
export type Extension = NonNullable<SelectorNode['extension']>;

export interface ExtendedSelector extends SelectorNode {
  readonly extension: Extension;
}

const FUNCTIONS: Readonly<Record<Extension, readonly string[]>> = {
  anchored: ['changes', 'delta', 'increase', 'rate', 'resets'],
  smoothed: ['delta', 'increase', 'rate'],
};

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
function between({ timestamps, values }: RawSeries, i: number, at: number, counter: boolean): number {
  const [low, high] = [values[i]!, values[i + 1]!];
  const from = counter && high < low ? 0 : low;
  return from + ((high - from) * (at - timestamps[i]!)) / (timestamps[i + 1]! - timestamps[i]!);
}

/** Undefined where no sample lies after the start (Prometheus, promql/functions.go extendedRate and extendFloats). */
function windowAt(
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

const MEASURES: Readonly<Record<string, Measure>> = {
  increase,
  rate: (series, window) => increase(series, window) / ((window.end - window.start) / 1000),
  delta: (_, { left, right }) => right - left,
  changes: counted((now, before) => now !== before && !(Number.isNaN(now) && Number.isNaN(before))),
  resets: counted((now, before) => now < before),
};

/** A function of an anchored or smoothed range. */
export function callExtended(
  node: CallNode,
  selector: ExtendedSelector,
  all: readonly RawSeries[],
  steps: Steps,
): readonly Column[] {
  const { extension, range = 0 } = selector;
  const measure = MEASURES[node.name];
  const allowed = FUNCTIONS[extension];
  if (!measure || !allowed.includes(node.name))
    throw evaluationError(
      node,
      `${extension} modifier can only be used with: ${allowed.join(', ')} - not with ${node.name}`,
    );
  const counter = node.name === 'rate' || node.name === 'increase';
  const ends = lookTimes(selector, steps);
  const columns = all.flatMap((series) => {
    const out = new MixedColumn(ends.length);
    ends.forEach((end, i) => {
      const window = windowAt(series, end - range, end, extension, counter);
      if (window) out.float(i, measure(series, window));
    });
    return out.column(series.labels) ?? [];
  });
  return nameless(columns, node, true);
}

/** The range itself: its samples, with one at each edge. */
export function extendedSamples(selector: ExtendedSelector, series: RawSeries, end: number): RawSeries {
  const { extension, range = 0 } = selector;
  const window = windowAt(series, end - range, end, extension, false);
  const { labels, timestamps, values } = series;
  if (!window) return { labels, timestamps: new Float64Array(0), values: new Float64Array(0) };
  const { start, left, right, lo, hi } = window;
  return {
    labels,
    timestamps: Float64Array.of(start, ...timestamps.subarray(lo, hi), end),
    values: Float64Array.of(left, ...values.subarray(lo, hi), right),
  };
}

/** `metric smoothed`: on the line between the samples around an instant; the last one is held. */
export function smoothedInstants(
  node: SelectorNode,
  all: readonly RawSeries[],
  steps: Steps,
): readonly Column[] {
  const looks = lookTimes(node, steps);
  return all.flatMap((series) => {
    const { labels, timestamps, values } = series;
    const out = new MixedColumn(looks.length);
    let next = 0;
    looks.forEach((at, i) => {
      while (next < timestamps.length && timestamps[next]! < at) next++;
      const exact = timestamps[next] === at;
      if (exact) out.float(i, values[next]!);
      if (exact || next === 0 || timestamps[next - 1]! <= at - LOOKBACK) return;
      const ahead = next < timestamps.length && timestamps[next]! <= at + LOOKBACK;
      out.float(i, ahead ? between(series, next - 1, at, false) : values[next - 1]!);
    });
    return out.column(labels) ?? [];
  });
}
