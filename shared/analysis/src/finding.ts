import type { Failure } from '@gumshoe/base/failure';
import type { Milliseconds, TimeRange } from '@gumshoe/base/time';
import type { Unit } from '@gumshoe/base/units';
import type { Evidence, Health, InstanceId } from '@gumshoe/model/entities';
import type { Column } from '@gumshoe/model/world';

/** In the order in which an application page shows them. */
export const INSPECTION_AREAS = [
  'SLO',
  'Instances',
  'Deployments',
  'CPU',
  'Memory',
  'Storage',
  'Network',
  'DNS',
  'GPU',
  'JVM',
  '.NET',
  'Python',
  'Node.js',
  'Go',
  'Postgres',
  'MySQL',
  'MongoDB',
  'Redis',
  'Memcached',
  'Kafka',
  'RabbitMQ',
  'NATS',
  'ClickHouse',
  'ZooKeeper',
  'Cassandra',
  'Elasticsearch',
  'Logs',
  'Certificates',
  'Time',
] as const;

export type InspectionArea = (typeof INSPECTION_AREAS)[number];

/** What one inspection says of one application. Meaning, not a picture: hosts draw the columns. */
export interface Finding extends Verdict {
  readonly inspection: string;
  readonly title: string;
  readonly area: InspectionArea;
  /** What was judged. */
  readonly window: TimeRange;
  /** Why there is no judgement: the inspection itself failed. */
  readonly failure?: Failure;
}

export interface Verdict {
  readonly health: Health;
  /** One plain sentence with values, threshold and window. */
  readonly message: string;
  readonly value: number;
  readonly threshold: number;
  readonly unit: Unit;
  /** Per instance, worst first. */
  readonly instances: readonly InstanceVerdict[];
  readonly evidence: readonly Evidence[];
  /** The arithmetic, line by line. */
  readonly explanation: readonly string[];
  /** The judged values over time, on the world's grid. */
  readonly columns: readonly NamedColumn[];
  readonly marks?: readonly { readonly at: Milliseconds; readonly label: string }[];
}

export interface InstanceVerdict {
  readonly instance: InstanceId;
  readonly value: number;
  readonly health: Health;
}

export interface NamedColumn {
  readonly name: string;
  readonly values: Column;
}

const SEVERITY: Readonly<Record<Health, number>> = { unknown: 0, ok: 1, warning: 2, critical: 3 };

/** Worst wins; nothing at all is unknown. */
export function worstHealth(healths: Iterable<Health>): Health {
  let worst: Health = 'unknown';
  for (const health of healths) if (SEVERITY[health] > SEVERITY[worst]) worst = health;
  return worst;
}

export const compareHealth = (a: Health, b: Health): number => SEVERITY[b] - SEVERITY[a];
