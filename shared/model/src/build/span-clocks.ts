import { CLOCK_METRICS } from '@gumshoe/schema/metrics/clock';
import type { Dependency, ScrapedColumn } from '../world.ts';
import type { BuildContext } from './context.ts';

/** Adds to every dependency what its spans say of the clocks at both ends; of several pairs of names the first. */
export function withSpanClocks(
  context: BuildContext,
  dependencies: readonly Dependency[],
): readonly Dependency[] {
  const metric = CLOCK_METRICS.spanSkew.name;
  const known = new Map<string, ScrapedColumn>();
  for (const series of context.named(metric)) {
    const { service_name: server = '', client_service_name: client = '' } = series.labels;
    const key = keyOf(client, server);
    if (!known.has(key))
      known.set(key, { metric, labels: series.labels, values: context.gauge(series).slice() });
  }
  if (known.size === 0) return dependencies;
  return dependencies.map((dependency) => {
    const skew = dependency.calls
      .map(({ clientServiceName, serverServiceName }) =>
        known.get(keyOf(clientServiceName, serverServiceName)),
      )
      .find((found) => found !== undefined);
    return skew ? { ...dependency, clockSkew: skew } : dependency;
  });
}

const keyOf = (client: string, server: string): string => `${client}\u0000${server}`;
