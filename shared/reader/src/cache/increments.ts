import type { Labels, Series } from '@gumshoe/base/series';
import { isTraceMetric, TRACE_METRICS } from '@gumshoe/schema/metrics/trace';
import { labelText } from './label-sets.ts';

/**
 * Whether a metric is counted anew for every question, from zero at the start of its window: such pieces are kept as
 * what came in each step, which can be cut and put together anywhere.
 */
export const isCounted = (metric: string): boolean =>
  isTraceMetric(metric) && metric !== TRACE_METRICS.serviceInfo.name;

/** From a counter that was zero before its first sample, what it grew by at each. */
export function toIncrements(series: Series): Series {
  const values = series.values.slice();
  for (let i = values.length - 1; i > 0; i--) values[i]! -= values[i - 1]!;
  return { ...series, values };
}

/** Counters from zero over the instants that any of these has: where one has none it stood still. */
export function toCounters(all: readonly Series[]): Series[] {
  const columns = new Set(all.map(({ timestamps }) => timestamps));
  const instants = new Set<number>();
  for (const column of columns) for (const at of column) instants.add(at);
  const timestamps = Float64Array.from(instants).sort();
  const counters = new Map<string, Series>();
  for (const { labels, timestamps: own, values: increments } of all) {
    const key = keyOf(labels);
    const known = counters.get(key);
    const values = known?.values ?? new Float64Array(timestamps.length);
    let [sum, next] = [0, 0];
    for (let i = 0; i < values.length; i++) {
      if (own[next] === timestamps[i]) sum += increments[next++]!;
      values[i]! += sum;
    }
    if (known === undefined) counters.set(key, { labels, timestamps, values });
  }
  return [...counters.values()];
}

/** A pattern of log records shows the first one as its sample, and each question has its own first one. */
function keyOf(labels: Labels): string {
  if (labels['__name__'] !== TRACE_METRICS.logMessages.name) return labelText(labels);
  const { sample: _, ...rest } = labels;
  return labelText(rest);
}
