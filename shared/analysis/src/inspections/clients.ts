import { clientsAvailability } from './clients-availability.ts';
import { clientsErrors } from './clients-errors.ts';
import { clientsP95 } from './clients-p95.ts';
import type { ServerKind } from './clients-server.ts';
import type { Inspection } from './define.ts';

export type { ServerKind };

/**
 * Databases and queues that are judged by what their clients see. The latency floors lie above what is usual within
 * one site; fetches of Kafka wait up to half a second by design, so that of queues is a second.
 */
export const SERVER_KINDS: readonly ServerKind[] = [
  { id: 'postgres', area: 'Postgres', protocol: 'postgres', types: ['postgres'] },
  { id: 'mysql', area: 'MySQL', protocol: 'mysql', types: ['mysql', 'mariadb'], latency: 0.1 },
  { id: 'mongodb', area: 'MongoDB', protocol: 'mongodb', types: ['mongodb', 'mongos'], latency: 0.1 },
  { id: 'redis', area: 'Redis', protocol: 'redis', types: ['redis', 'keydb', 'valkey', 'dragonfly'] },
  { id: 'memcached', area: 'Memcached', protocol: 'memcached', types: ['memcached'], latency: 0.01 },
  { id: 'kafka', area: 'Kafka', protocol: 'kafka', types: ['kafka'], latency: 1 },
  { id: 'rabbitmq', area: 'RabbitMQ', protocol: 'amqp', types: ['rabbitmq'], latency: 1 },
  { id: 'nats', area: 'NATS', protocol: 'nats', types: ['nats'], latency: 1 },
  { id: 'clickhouse', area: 'ClickHouse', protocol: 'clickhouse', types: ['clickhouse'], latency: 1 },
  { id: 'zookeeper', area: 'ZooKeeper', protocol: 'zookeeper', types: ['zookeeper'], latency: 0.1 },
  {
    id: 'cassandra',
    area: 'Cassandra',
    protocol: 'cassandra',
    types: ['cassandra', 'scylladb'],
    latency: 0.1,
  },
  {
    id: 'elasticsearch',
    area: 'Elasticsearch',
    protocol: 'http',
    types: ['elasticsearch', 'opensearch'],
    byTypeOnly: true,
    latency: 0.5,
  },
];

/** Latency, errors and availability of each kind as clients see them. */
export const clientsInspections = (id: string): readonly Inspection[] =>
  SERVER_KINDS.filter((kind) => kind.id === id).flatMap((kind) => [
    clientsAvailability(kind),
    ...(kind.latency === undefined ? [] : [clientsP95(kind, kind.latency)]),
    clientsErrors(kind),
  ]);
