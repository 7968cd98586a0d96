import type { Unit } from '@gumshoe/base/units';

export type MetricType = 'gauge' | 'counter' | 'histogram';

/** One metric as written by our collectors and read by the model. Names are Coroot's; see docs/architecture.md. */
export interface MetricDefinition {
  readonly name: string;
  readonly type: MetricType;
  readonly unit: Unit;
  /** Label names beyond those of its scope. */
  readonly labels: readonly string[];
  readonly help: string;
  readonly scope: MetricScope;
}

/**
 * What carries the metric, and with it the labels every series has:
 * node: machine_id, system_uuid; container: those and container_id, app_id; target: address (probed
 * database, `ip:port`); process: our own; trace: what spans and log records say.
 */
export type MetricScope = 'node' | 'container' | 'target' | 'process' | 'kubernetes' | 'trace';

export const SCOPE_LABELS: Readonly<Record<MetricScope, readonly string[]>> = {
  node: ['machine_id', 'system_uuid'],
  container: ['machine_id', 'system_uuid', 'container_id', 'app_id'],
  target: ['address'],
  process: [],
  kubernetes: [],
  trace: [],
};

type Rest = Omit<MetricDefinition, 'scope' | 'labels'> & {
  readonly labels?: readonly string[];
};

export function metricsOf<T extends Readonly<Record<string, Rest>>>(
  scope: MetricScope,
  definitions: T,
): { readonly [K in keyof T]: MetricDefinition } {
  const out = {} as { [K in keyof T]: MetricDefinition };
  for (const key of Object.keys(definitions) as (keyof T)[]) {
    const definition = definitions[key]!;
    out[key] = { ...definition, labels: definition.labels ?? [], scope };
  }
  return out;
}
