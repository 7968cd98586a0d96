import type { Series } from '@gumshoe/base/series';
import { isTraceMetric, TRACE_METRICS } from '@gumshoe/schema/metrics/trace';

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
  return all.map(({ labels, timestamps: own, values: increments }) => {
    const values = new Float64Array(timestamps.length);
    let [sum, next] = [0, 0];
    for (let i = 0; i < values.length; i++) {
      if (own[next] === timestamps[i]) sum += increments[next++]!;
      values[i] = sum;
    }
    return { labels, timestamps, values };
  });
}
