import { labelsKey, type Labels, type Series } from '@gumshoe/base/series';
import { latencyGauge, latencyHistogram } from './latency-histogram.ts';
import type { SeriesByName } from './series-by-name.ts';

/** Labels without what tells the parts of a summary apart. */
const partless = (labels: Labels): string => labelsKey({ ...labels, __name__: '', quantile: '' });

/** How many requests each instant brought, of a counter that may begin anew. */
const increments = ({ values }: Series): Float64Array =>
  values.map((value, i) => {
    const grown = i === 0 ? 0 : value - values[i - 1]!;
    return grown >= 0 ? grown : value;
  });

/**
 * Buckets of a summary, whose quantiles say how long requests took, and whose count how many there were. `labelsOf`
 * says which series are wanted and how theirs are labelled; `scale` makes seconds of its unit.
 */
export function summaryBuckets(
  name: string,
  scale: number,
  given: SeriesByName,
  labelsOf: (labels: Labels) => Labels | undefined,
): readonly Series[] {
  const quantiles = given.peek(name).filter(({ labels }) => Number(labels['quantile']) < 1);
  if (quantiles.length === 0) return [];
  given.take(name);
  const counts = new Map(given.take(`${name}_count`).map((one) => [partless(one.labels), one]));
  return [...Map.groupBy(quantiles, ({ labels }) => partless(labels))].flatMap(([key, group]) => {
    const count = counts.get(key);
    const labels = count && labelsOf(count.labels);
    const gauges = group.flatMap((one) => latencyGauge(one, scale, Number(one.labels['quantile'])));
    if (!labels || gauges.length === 0) return [];
    return latencyHistogram(labels, gauges, count.timestamps, increments(count)).filter(
      (one) => one.labels['le'] !== undefined,
    );
  });
}
