import type { MetricDefinition } from '@gumshoe/schema/metrics/define';
import { GO_RUNTIME_METRICS } from '@gumshoe/schema/metrics/go';
import type { BuildContext } from './context.ts';
import type { ScrapedOwners } from './scraped.ts';

export const GO_RUNTIME: readonly MetricDefinition[] = Object.values(GO_RUNTIME_METRICS);

/** What Go programs show of their runtime; of several programs of one instance the first by its labels. */
export function buildGoRuntime(context: BuildContext, owners: ScrapedOwners): void {
  for (const metric of GO_RUNTIME) {
    for (const series of context.named(metric)) {
      const runtime = owners.instanceOf(series.labels)?.exposed;
      if (!runtime || runtime.has(metric.name)) continue;
      const values = metric.type === 'counter' ? context.counterRate(series) : context.gauge(series);
      runtime.set(metric.name, { labels: series.labels, values: values.slice() });
    }
  }
}
