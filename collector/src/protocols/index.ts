import type { ProtocolDefinition } from './define.ts';
import { http } from './http.ts';
import { mysql } from './mysql.ts';
import { memcached } from './memcached.ts';
import { mongodb } from './mongodb.ts';
import { kafka } from './kafka/kafka.ts';
import { cassandra } from './cassandra/cassandra.ts';
import { nats } from './nats.ts';
import { amqp } from './amqp.ts';
import { clickhouse } from './clickhouse.ts';
import { dubbo2 } from './dubbo2.ts';
import { foundationdb } from './foundationdb.ts';
import { zookeeper } from './zookeeper.ts';
import { postgres } from './postgres.ts';
import { redis } from './redis.ts';

/** Every L7 protocol. A new one is a file here and a line in this list. */
export const PROTOCOL_DEFINITIONS: readonly ProtocolDefinition[] = [
  http,
  postgres,
  redis,
  mysql,
  memcached,
  mongodb,
  kafka,
  cassandra,
  nats,
  amqp,
  dubbo2,
  clickhouse,
  zookeeper,
  foundationdb,
];

/** By enum gs_protocol; holes are protocols that user space does not know. */
export const PROTOCOL_BY_NUMBER: readonly (ProtocolDefinition | undefined)[] = (() => {
  const byNumber: (ProtocolDefinition | undefined)[] = [];
  for (const definition of PROTOCOL_DEFINITIONS) byNumber[definition.number] = definition;
  return byNumber;
})();
