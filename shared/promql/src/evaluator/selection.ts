import type { Series } from '@gumshoe/base/series';
import type { AtModifier, SelectorNode } from '../parser/ast.ts';
import { isStaleAt, LOOKBACK, markStale, type SeriesSource } from '../source.ts';
import { dropName, type Column, type Steps } from './values.ts';
import type { RangeFunction } from './range-functions.ts';

/** Raw samples of a range vector, by series. */
export interface RawSeries {
  readonly labels: Series['labels'];
  readonly timestamps: Float64Array;
  readonly values: Float64Array;
}

interface Timed {
  readonly offset: number;
  readonly at?: AtModifier;
}

/** Instant that a selector looks at for step `i`. */
export function lookTime(node: Timed, steps: Steps, i: number): number {
  const base =
    node.at === undefined
      ? steps.times[i]!
      : node.at === 'start'
        ? steps.start
        : node.at === 'end'
          ? steps.end
          : node.at;
  return base - node.offset;
}

export function extent(
  node: Timed,
  steps: Steps,
  back: number,
): { readonly from: number; readonly to: number } {
  const first = lookTime(node, steps, 0);
  const last = lookTime(node, steps, steps.times.length - 1);
  return { from: Math.min(first, last) - back, to: Math.max(first, last) };
}

/** Latest sample within the lookback at each step; a stale marker ends the series until its next sample. */
export function selectInstant(node: SelectorNode, source: SeriesSource, steps: Steps): Column[] {
  const { from, to } = extent(node, steps, LOOKBACK);
  const out: Column[] = [];
  for (const series of source.select(node.matchers, from, to)) {
    const { timestamps, values } = series;
    const n = steps.times.length;
    const made = { labels: series.labels, values: new Float64Array(n), present: new Uint8Array(n) };
    let next = 0;
    let any = false;
    for (let i = 0; i < n; i++) {
      const at = lookTime(node, steps, i);
      while (next < timestamps.length && timestamps[next]! <= at) next++;
      const last = next - 1;
      if (last < 0 || timestamps[last]! <= at - LOOKBACK || isStaleAt(values, last)) continue;
      made.values[i] = values[last]!;
      made.present[i] = 1;
      any = true;
    }
    if (any) out.push(made);
  }
  return out;
}

/** As selectInstant, but the timestamps (seconds) of the samples found. */
export function selectTimestamps(node: SelectorNode, source: SeriesSource, steps: Steps): Column[] {
  const { from, to } = extent(node, steps, LOOKBACK);
  const stamp = (series: Series): Series => {
    const values = series.timestamps.map((time) => time / 1000);
    for (let i = 0; i < values.length; i++) if (isStaleAt(series.values, i)) markStale(values, i);
    return { ...series, values };
  };
  const stamped = { select: () => source.select(node.matchers, from, to).map(stamp) };
  return selectInstant(node, stamped, steps);
}

/** Samples of a range selector, stale markers left out. */
export function selectRange(node: SelectorNode, source: SeriesSource, steps: Steps): RawSeries[] {
  const { from, to } = extent(node, steps, node.range ?? 0);
  return source.select(node.matchers, from, to).map(withoutStale);
}

function withoutStale(series: Series): RawSeries {
  let stale = 0;
  for (let i = 0; i < series.values.length; i++) if (isStaleAt(series.values, i)) stale++;
  if (stale === 0) return series;
  const timestamps = new Float64Array(series.values.length - stale);
  const values = new Float64Array(timestamps.length);
  for (let i = 0, n = 0; i < series.values.length; i++) {
    if (isStaleAt(series.values, i)) continue;
    timestamps[n] = series.timestamps[i]!;
    values[n++] = series.values[i]!;
  }
  return { labels: series.labels, timestamps, values };
}

/** Applies `fn` to the left-open window (look - range, look] at each step; both edges only move forward. */
export function overWindows(
  series: RawSeries,
  node: Timed,
  range: number,
  steps: Steps,
  fn: RangeFunction,
  parameter: (i: number) => number,
  keepName: boolean,
): Column | undefined {
  const { timestamps, values } = series;
  const n = steps.times.length;
  const made = {
    labels: keepName ? series.labels : dropName(series.labels),
    values: new Float64Array(n),
    present: new Uint8Array(n),
  };
  let lo = 0;
  let hi = 0;
  let any = false;
  for (let i = 0; i < n; i++) {
    const end = lookTime(node, steps, i);
    const start = end - range;
    while (hi < timestamps.length && timestamps[hi]! <= end) hi++;
    while (lo < hi && timestamps[lo]! <= start) lo++;
    if (hi <= lo) continue;
    const value = fn({ timestamps, values, lo, hi, start, end }, parameter(i));
    if (value === undefined) continue;
    made.values[i] = value;
    made.present[i] = 1;
    any = true;
  }
  return any ? made : undefined;
}
