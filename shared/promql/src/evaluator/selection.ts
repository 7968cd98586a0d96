import type { Series } from '@gumshoe/base/series';
import type { AtModifier, SelectorNode } from '../parser/ast.ts';
import { isStaleAt, LOOKBACK, type SeriesSource } from '../source.ts';
import { checkSize, type Column, type Steps } from './values.ts';
import { newPresence, newValues } from './slab.ts';

/** Raw samples of a range vector, by series. */
export interface RawSeries {
  readonly labels: Series['labels'];
  readonly timestamps: Float64Array;
  readonly values: Float64Array;
}

export interface Timed {
  readonly offset: number;
  readonly at?: AtModifier;
}

/** Instants that a selector looks at, one for each step; they never go back. */
export function lookTimes(node: Timed, steps: Steps): Float64Array {
  const { times } = steps;
  const out = new Float64Array(times.length);
  const at = node.at === 'start' ? steps.start : node.at === 'end' ? steps.end : node.at;
  for (let i = 0; i < out.length; i++) out[i] = (at ?? times[i]!) - node.offset;
  return out;
}

export function extent(
  node: Timed,
  steps: Steps,
  back: number,
): { readonly from: number; readonly to: number } {
  const looks = lookTimes(node, steps);
  return { from: (looks[0] ?? 0) - back, to: looks.at(-1) ?? 0 };
}

/** What timestamp() looks at: with `@` Prometheus forgets the offset (promql/engine.go, #8433). */
export const stampedSelector = (node: SelectorNode): SelectorNode =>
  node.at === undefined ? node : { ...node, offset: 0 };

/**
 * Latest sample within the lookback at each step; a stale marker ends the series until its next sample.
 * With `stamps` the values are the timestamps of the samples found, in seconds.
 */
export function selectInstant(
  node: SelectorNode,
  source: SeriesSource,
  steps: Steps,
  stamps = false,
): readonly Column[] {
  const { from, to } = extent(node, steps, LOOKBACK);
  const looks = lookTimes(node, steps);
  const out: Column[] = [];
  for (const series of source.select(node.matchers, from, to)) {
    const made = sampled(series, looks, stamps);
    if (!made) continue;
    out.push(made);
    checkSize(out.length, looks.length, node);
  }
  return out;
}

function sampled(series: Series, looks: Float64Array, stamps: boolean): Column | undefined {
  const { timestamps, values } = series;
  const n = looks.length;
  const length = timestamps.length;
  const out = newValues(n);
  const present = newPresence(n);
  let next = 0;
  let any = false;
  for (let i = 0; i < n; i++) {
    const at = looks[i]!;
    while (next < length && timestamps[next]! <= at) next++;
    const last = next - 1;
    if (last < 0 || timestamps[last]! <= at - LOOKBACK) continue;
    const value = values[last]!;
    if (value !== value && isStaleAt(values, last)) continue;
    out[i] = stamps ? timestamps[last]! / 1000 : value;
    present[i] = 1;
    any = true;
  }
  return any ? { labels: series.labels, values: out, present } : undefined;
}

/** Samples of a range selector, stale markers left out. */
export function selectRange(node: SelectorNode, source: SeriesSource, steps: Steps): RawSeries[] {
  const { from, to } = extent(node, steps, node.range ?? 0);
  return source.select(node.matchers, from, to).map(withoutStale);
}

function withoutStale(series: Series): RawSeries {
  const { values } = series;
  let stale = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value !== value && isStaleAt(values, i)) stale++;
  }
  if (stale === 0) return series;
  const timestamps = new Float64Array(values.length - stale);
  const kept = new Float64Array(timestamps.length);
  for (let i = 0, n = 0; i < values.length; i++) {
    if (isStaleAt(values, i)) continue;
    timestamps[n] = series.timestamps[i]!;
    kept[n++] = values[i]!;
  }
  return { labels: series.labels, timestamps, values: kept };
}
