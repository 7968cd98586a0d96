import type { HistogramSamples } from '@gumshoe/base/native-histogram';
import type { Series } from '@gumshoe/base/series';
import type { AtModifier, SelectorNode } from '../parser/ast.ts';
import { isStaleAt, LOOKBACK, type SeriesSource } from '../source.ts';
import { MixedColumn } from './samples.ts';
import { checkSize, type Column, type Steps } from './values.ts';
import { newPresence, newValues } from './slab.ts';

/** Raw samples of a range vector, by series. */
export interface RawSeries {
  readonly labels: Series['labels'];
  readonly timestamps: Float64Array;
  readonly values: Float64Array;
  readonly histograms?: HistogramSamples;
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
    const made = series.histograms
      ? sampledOfBoth(series, series.histograms, looks, stamps)
      : sampled(series, looks, stamps);
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

/** As `sampled`, where the latest sample is a float or a histogram. */
function sampledOfBoth(
  { labels, timestamps, values }: Series,
  histograms: HistogramSamples,
  looks: Float64Array,
  stamps: boolean,
): Column | undefined {
  const out = new MixedColumn(looks.length);
  let [floats, natives] = [0, 0];
  for (let i = 0; i < looks.length; i++) {
    const at = looks[i]!;
    while (floats < timestamps.length && timestamps[floats]! <= at) floats++;
    while (natives < histograms.timestamps.length && histograms.timestamps[natives]! <= at) natives++;
    const floatTime = timestamps[floats - 1] ?? -Infinity;
    const nativeTime = histograms.timestamps[natives - 1] ?? -Infinity;
    const time = Math.max(floatTime, nativeTime);
    if (time <= at - LOOKBACK) continue;
    const sample = nativeTime >= floatTime ? histograms.samples[natives - 1] : undefined;
    if (sample ? sample.stale : isStaleAt(values, floats - 1)) continue;
    if (stamps) out.float(i, time / 1000);
    else if (sample) out.histogram(i, sample);
    else out.float(i, values[floats - 1]!);
  }
  return out.column(labels);
}

/** Samples of a range selector, stale markers left out; of an anchored or smoothed one also those around it. */
export function selectRange(node: SelectorNode, source: SeriesSource, steps: Steps): RawSeries[] {
  const { from, to } = extent(node, steps, node.range ?? 0);
  if (node.extension === undefined) return source.select(node.matchers, from, to).map(withoutStale);
  const on = node.extension === 'smoothed' ? LOOKBACK : 0;
  return source.select(node.matchers, from - LOOKBACK, to + on).map(withoutStale);
}

function withoutStale(series: Series): RawSeries {
  const { values } = series;
  const histograms = series.histograms && freshOf(series.histograms);
  let stale = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value !== value && isStaleAt(values, i)) stale++;
  }
  if (stale === 0 && histograms === series.histograms) return series;
  const timestamps = new Float64Array(values.length - stale);
  const kept = new Float64Array(timestamps.length);
  for (let i = 0, n = 0; i < values.length; i++) {
    if (isStaleAt(values, i)) continue;
    timestamps[n] = series.timestamps[i]!;
    kept[n++] = values[i]!;
  }
  const { labels } = series;
  return histograms ? { labels, timestamps, values: kept, histograms } : { labels, timestamps, values: kept };
}

/** Undefined when all samples are stale markers. */
function freshOf(histograms: HistogramSamples): HistogramSamples | undefined {
  const { timestamps, samples } = histograms;
  if (!samples.some(({ stale }) => stale)) return samples.length > 0 ? histograms : undefined;
  const kept = samples.flatMap(({ stale }, i) => (stale ? [] : [i]));
  if (kept.length === 0) return undefined;
  return {
    timestamps: Float64Array.from(kept, (i) => timestamps[i]!),
    samples: kept.map((i) => samples[i]!),
  };
}
