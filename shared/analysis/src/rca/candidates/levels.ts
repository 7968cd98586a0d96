import { POSTGRES_METRICS } from '@gumshoe/schema/metrics/postgres';
import { REDIS_METRICS } from '@gumshoe/schema/metrics/redis';
import type { CandidateDefinition } from './define.ts';
import { defineLevel } from './level.ts';
import { postgresConnections, redisMemory } from './level-columns.ts';
import { NETWORK_LEVELS } from './levels-network.ts';
import { RUNTIME_LEVELS } from './levels-runtime.ts';

/** Causes that show as the level of one column. */
export const LEVELS: readonly CandidateDefinition[] = [
  ...RUNTIME_LEVELS,
  ...NETWORK_LEVELS,
  defineLevel({
    kind: 'postgres-connections',
    title: 'Connections of PostgreSQL used up',
    signal: POSTGRES_METRICS.connections.name,
    unit: 'ratio',
    columns: postgresConnections,
    range: [0.9, 0.985],
    growth: [1.1, 1.6],
    most: 0.9,
    measure: 'share of the connections in use',
    says: (name) => `${name} has no connections left`,
    remediation: (name) =>
      `See who holds them (select client_addr, state, count(*) from pg_stat_activity group by 1, 2), end idle ones, and put a pooler before ${name}.`,
  }),
  defineLevel({
    kind: 'redis-memory',
    title: 'Redis out of memory',
    signal: REDIS_METRICS.memoryUsed.name,
    unit: 'ratio',
    columns: redisMemory,
    range: [0.95, 0.999],
    growth: [1.1, 1.5],
    most: 0.8,
    measure: 'share of the allowed memory in use',
    says: (name) => `${name} has no memory left: it evicts keys or refuses writes`,
    remediation: (name) =>
      `Look for what grew (redis-cli --bigkeys, INFO keyspace), set expiry times, or raise maxmemory of ${name}.`,
  }),
];
