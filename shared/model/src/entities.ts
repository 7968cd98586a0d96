import type { Milliseconds, TimeRange } from '@gumshoe/base/time';
import type { Unit } from '@gumshoe/base/units';
import type { RequestSource } from '@gumshoe/schema/metrics/requests';

/**
 * `namespace:kind:name`, behind the cluster and a colon where samples name one; `_` for no namespace. Stable across runs
 * and sources. Names may hold colons: read the parts from the application; where there is just an id, see `nameInId`.
 */
export type ApplicationId = string & { readonly __id: 'application' };
/** Name of an instance within its application (`api@1`), unique per node. */
export type InstanceId = string & { readonly __id: 'instance' };
/** machine_id of a node, behind the cluster and a slash where two clusters have a machine of that id. */
export type NodeId = string & { readonly __id: 'node' };

/** Worst wins: unknown < ok < warning < critical. */
export type Health = 'unknown' | 'ok' | 'warning' | 'critical';

export const APPLICATION_KINDS = [
  'Deployment',
  'StatefulSet',
  'DaemonSet',
  'ReplicaSet',
  'Job',
  'CronJob',
  'Pod',
  /** Pods that a node's own files define: kube-apiserver, etcd … */
  'StaticPods',
  'SparkApplication',
  'Workflow',
  'DockerSwarmService',
  'NomadJobGroup',
  /** Primary and replicas of one database, whatever runs them. */
  'DatabaseCluster',
  'RDS',
  'ElasticacheCluster',
  /** Named by a rule of the configuration or an annotation. */
  'CustomApplication',
  'Container',
  'SystemdUnit',
  'Process',
  'ExternalService',
  /** Known from its own spans and log records only. */
  'Service',
] as const;

export type ApplicationKind = (typeof APPLICATION_KINDS)[number];

const KINDS: ReadonlySet<string> = new Set(APPLICATION_KINDS);

/**
 * The name in an application's id, where nothing but the id is at hand: enough to read, not to tell two apart. What is
 * no id is its own name.
 */
export function nameInId(id: string): string {
  const parts = id.split(':');
  const kind = parts.findIndex((part, i) => (i === 1 || i === 2) && KINDS.has(part));
  return (kind < 0 ? '' : parts.slice(kind + 1).join(':')) || id;
}

/** Their instances come and go as they should. */
export const PERIODIC_KINDS: ReadonlySet<ApplicationKind> = new Set([
  'Job',
  'CronJob',
  'SparkApplication',
  'Workflow',
]);

/** A dependency as a view or a report names it. */
export interface EdgeId {
  readonly client: ApplicationId;
  readonly server: ApplicationId;
  readonly protocol: RequestSource | 'tcp';
}

/** Where a number comes from: run this again and see the same. */
export interface Evidence {
  readonly kind: 'promql' | 'traces' | 'logs' | 'profile';
  /** PromQL, or for other kinds a filter that the traces, logs or profile view accepts. */
  readonly query: string;
  readonly from: Milliseconds;
  readonly to: Milliseconds;
  /** One sentence with values and units. */
  readonly summary: string;
  /** Stretch that `value` speaks of, where it is not all of `from` to `to`. */
  readonly window?: TimeRange;
  /** Calm stretch it is compared with. */
  readonly baseline?: TimeRange;
  readonly value?: number;
  readonly baselineValue?: number;
  /** Of both values. */
  readonly unit?: Unit;
  /** When the value left the baseline, by its change point. */
  readonly onset?: Milliseconds;
}
