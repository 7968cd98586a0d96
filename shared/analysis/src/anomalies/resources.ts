import type { Unit } from '@gumshoe/base/units';
import type { Column, Instance } from '@gumshoe/model/world';
import { METRICS } from '@gumshoe/schema/metrics/catalogue';
import { CONTAINER_METRICS as C } from '@gumshoe/schema/metrics/container';
import type { MetricDefinition } from '@gumshoe/schema/metrics/define';

export type Resource = 'cpu' | 'memory' | 'disk-io' | 'handles' | 'dropped-packets';

/** What an instance uses of a resource, by the metric that says so. */
export interface ResourceColumn {
  readonly metric: MetricDefinition;
  readonly column: Column;
}

const BY_NAME: ReadonlyMap<string, MetricDefinition> = new Map(
  METRICS.map((metric) => [metric.name, metric]),
);

/** Signals of an instance that tell of a resource, beside the columns that every instance may have. */
const SIGNALS: Readonly<Record<Resource, RegExp>> = {
  cpu: /cpu_pressure/,
  memory: /memory_failures/,
  'disk-io': /disk_(reads|read|writes|written)|io_pressure/,
  handles: /container_(sockets|threads|processes|file_descriptors)$/,
  'dropped-packets': /packets_dropped/,
};

const ofInstance = (
  { cpuUsage, cpuThrottled, memoryRss, memoryPressure }: Instance,
  resource: Resource,
): readonly (readonly [MetricDefinition, Column | undefined])[] => {
  if (resource === 'cpu')
    return [
      [C.cpuUsage, cpuUsage],
      [C.cpuThrottled, cpuThrottled],
    ];
  if (resource !== 'memory') return [];
  return [
    [C.memoryRss, memoryRss],
    [C.memoryPressure, memoryPressure],
  ];
};

/** Unit of the column of a metric: of its rate, when it counts. Seconds per second are cores, or a share of the time. */
export function columnUnit({ name, type, unit }: MetricDefinition): Unit {
  if (type !== 'counter') return unit;
  if (unit === 'seconds') return name === C.cpuUsage.name ? 'cores' : 'ratio';
  return unit === 'bytes' ? 'bytes/second' : 'per-second';
}

export function resourceColumns(instance: Instance, resource: Resource): readonly ResourceColumn[] {
  const own = ofInstance(instance, resource).flatMap(([metric, column]) =>
    column ? [{ metric, column }] : [],
  );
  const signals = [...instance.signals].flatMap(([name, column]) => {
    const metric = SIGNALS[resource].test(name) ? BY_NAME.get(name) : undefined;
    return metric ? [{ metric, column }] : [];
  });
  return [...own, ...signals];
}
