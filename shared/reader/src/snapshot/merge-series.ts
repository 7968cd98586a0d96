import type { HistogramSamples } from '@gumshoe/base/native-histogram';
import { labelsKey, type Series } from '@gumshoe/base/series';
import { sameHistogram } from '@gumshoe/promql/histograms/layout';
import { TRACE_METRICS, isTraceMetric } from '@gumshoe/schema/metrics/trace';

/** What a merge met. */
export interface Tally {
  /** Samples and records that several files have. */
  overlaps: number;
  /** Of the same instant or identity, but different. */
  conflicts: number;
}

/** Series of several files: those with equal labels become one; where they disagree the first wins. */
export function mergeSeries(lists: readonly (readonly Series[])[], tally: Tally): Series[] {
  const known = new Map<string, Series>();
  for (const series of lists.flat()) {
    const key = labelsKey(series.labels);
    const first = known.get(key);
    known.set(key, first === undefined ? series : joined(first, series, tally));
  }
  return [...known.values()];
}

const isCounted = (name: string): boolean => isTraceMetric(name) && name !== TRACE_METRICS.serviceInfo.name;

/**
 * Counts of spans and log records begin at zero with the window that they were read for: the later of two is lifted to
 * where the earlier stood at the first instant they share.
 */
function joined(first: Series, second: Series, tally: Tally): Series {
  if (!isCounted(first.labels['__name__'] ?? '')) return zip(first, second, tally);
  const inTurn = (second.timestamps[0] ?? 0) < (first.timestamps[0] ?? 0) ? [second, first] : [first, second];
  return zip(inTurn[0]!, lifted(inTurn[0]!, inTurn[1]!), tally);
}

function lifted(early: Series, late: Series): Series {
  const places = new Map([...early.timestamps].map((at, i) => [at, i]));
  const shared = late.timestamps.findIndex((at) => places.has(at));
  if (shared < 0) return late;
  const offset = early.values[places.get(late.timestamps[shared]!)!]! - late.values[shared]!;
  return Number.isFinite(offset) && offset !== 0
    ? { ...late, values: late.values.map((value) => value + offset) }
    : late;
}

function zip(first: Series, second: Series, tally: Tally): Series {
  const most = first.timestamps.length + second.timestamps.length;
  const timestamps = new Float64Array(most);
  const values = new Float64Array(most);
  let [a, b, n] = [0, 0, 0];
  while (a < first.timestamps.length || b < second.timestamps.length) {
    const [ours, theirs] = [first.timestamps[a] ?? Infinity, second.timestamps[b] ?? Infinity];
    const taken = ours <= theirs ? first : second;
    const at = taken === first ? a : b;
    timestamps[n] = taken.timestamps[at]!;
    values[n++] = taken.values[at]!;
    if (ours === theirs) {
      if (Object.is(first.values[a], second.values[b])) tally.overlaps++;
      else tally.conflicts++;
    }
    if (ours <= theirs) a++;
    if (theirs <= ours) b++;
  }
  const floats = {
    labels: first.labels,
    timestamps: timestamps.subarray(0, n),
    values: values.subarray(0, n),
  };
  const histograms = zipHistograms(first.histograms, second.histograms, tally);
  return histograms ? { ...floats, histograms } : floats;
}

function zipHistograms(
  first: HistogramSamples | undefined,
  second: HistogramSamples | undefined,
  tally: Tally,
): HistogramSamples | undefined {
  if (!first || !second) return first ?? second;
  const known = new Map([...second.timestamps].map((at, i) => [at, second.samples[i]!]));
  first.timestamps.forEach((at, i) => {
    const other = known.get(at);
    if (other && sameHistogram(first.samples[i]!, other)) tally.overlaps++;
    else if (other) tally.conflicts++;
    known.set(at, first.samples[i]!);
  });
  const timestamps = Float64Array.from(known.keys()).sort();
  return { timestamps, samples: Array.from(timestamps, (at) => known.get(at)!) };
}
