import { shareColumn } from '@gumshoe/model/columns';
import type { DatabaseTarget } from '@gumshoe/model/database-target';
import type { Application, Column } from '@gumshoe/model/world';
import { MEMCACHED_METRICS as MC } from '@gumshoe/schema/metrics/memcached';
import { MONGODB_METRICS as MG } from '@gumshoe/schema/metrics/mongodb';
import { MYSQL_METRICS as M } from '@gumshoe/schema/metrics/mysql';
import { POSTGRES_METRICS as P } from '@gumshoe/schema/metrics/postgres';
import { REDIS_METRICS as R } from '@gumshoe/schema/metrics/redis';
import { nameOfTarget, selectTarget, sumSignal } from '../../inspections/target-signals.ts';
import type { Frame } from '../frame.ts';
import type { CandidateDefinition } from './define.ts';
import { defineLevel, type Level, type LevelColumn } from './level.ts';
import { postgresConnections, rated, redisMemory } from './level-columns.ts';

/** A column of every probed server that has it. */
const perTarget =
  <T extends DatabaseTarget>(
    targets: (application: Application) => readonly T[],
    column: (target: T) => Column | undefined,
    query: (target: T, frame: Frame) => string,
  ): Level['columns'] =>
  (application, frame) =>
    targets(application).flatMap((target): readonly LevelColumn[] => {
      const values = column(target);
      return values ? [{ column: values, of: nameOfTarget(target), query: query(target, frame) }] : [];
    });

/** What a server counts, per second. */
const counted = (
  targets: (application: Application) => readonly DatabaseTarget[],
  metric: { readonly name: string },
): Level['columns'] =>
  perTarget(
    targets,
    (target) => sumSignal(target, metric),
    (target, frame) => `sum(${rated(selectTarget(target, metric), frame)})`,
  );

const FULL = { unit: 'ratio', range: [0.9, 0.985], growth: [1.1, 1.6], most: 0.9 } as const;
/** Answers are old, and who waits for a replica waits long; nobody fails for that alone. */
const BEHIND = { unit: 'seconds', range: [10, 90], growth: [3, 10], most: 0.7 } as const;
/** A full cache evicts all the time: only far more of it than before is news. */
const EVICTING = { unit: 'per-second', range: [1, 30], growth: [3, 10], most: 0.6 } as const;
const TURNED_AWAY = { unit: 'per-second', range: [0.02, 0.5], growth: [3, 10], most: 0.9 } as const;

const evicts = (name: string): string =>
  `${name} throws out entries for lack of memory: what is asked for has to be made again`;

/** Causes that show as the level of one column: what probes say of database servers. */
export const DATABASE_LEVELS: readonly CandidateDefinition[] = [
  defineLevel({
    kind: 'postgres-connections',
    title: 'Connections of PostgreSQL used up',
    signal: P.connections.name,
    ...FULL,
    columns: postgresConnections,
    measure: 'share of the connections in use',
    says: (name) => `${name} has no connections left`,
    remediation: (name) =>
      `See who holds them (select client_addr, state, count(*) from pg_stat_activity group by 1, 2), end idle ones, and put a pooler before ${name}.`,
  }),
  defineLevel({
    kind: 'postgres-replication-lag',
    title: 'A replica of PostgreSQL is behind',
    signal: P.walReplayLsn.name,
    ...BEHIND,
    columns: perTarget(
      ({ postgres }) => postgres,
      ({ replication }) => replication?.lag,
      (target) =>
        `sum(${selectTarget({ ...target, address: target.replication!.primary }, P.walCurrentLsn)}) - sum(${selectTarget(target, P.walReplayLsn)})`,
    ),
    measure: 'time behind the primary',
    says: (_, { of }) => `Replica ${of} is far behind its primary: it answers with what was`,
    remediation: (_, { of }) =>
      `Look on ${of} for what holds up replay (pg_stat_wal_receiver, pg_is_wal_replay_paused, long queries that conflict), and at the write load of the primary.`,
  }),
  defineLevel({
    kind: 'mysql-connections',
    title: 'Connections of MySQL used up',
    signal: M.connectionsCurrent.name,
    ...FULL,
    columns: perTarget(
      ({ mysql }) => mysql,
      (target) => {
        const open = sumSignal(target, M.connectionsCurrent);
        const most = sumSignal(target, M.connectionsMax);
        return open && most && shareColumn(open, most);
      },
      (target) =>
        `sum(${selectTarget(target, M.connectionsCurrent)}) / sum(${selectTarget(target, M.connectionsMax)})`,
    ),
    measure: 'share of the connections in use',
    says: (name) => `${name} has no connections left`,
    remediation: (name) =>
      `See who holds them (select user, host, command, count(*) from information_schema.processlist group by 1, 2, 3), end sleeping ones, and bound the pools of the clients of ${name}.`,
  }),
  defineLevel({
    kind: 'mysql-replication-lag',
    title: 'A replica of MySQL is behind',
    signal: M.replicationLag.name,
    ...BEHIND,
    columns: perTarget(
      ({ mysql }) => mysql,
      (target) => sumSignal(target, M.replicationLag),
      (target) => `sum(${selectTarget(target, M.replicationLag)})`,
    ),
    measure: 'time behind the source',
    says: (_, { of }) => `Replica ${of} is far behind its source: it answers with what was`,
    remediation: (_, { of }) =>
      `Look at SHOW REPLICA STATUS on ${of}: a stopped thread, a long statement, or too few parallel workers.`,
  }),
  defineLevel({
    kind: 'mongodb-replication-lag',
    title: 'A secondary of MongoDB is behind',
    signal: MG.lastApplied.name,
    ...BEHIND,
    columns: perTarget(
      ({ mongodb }) => mongodb,
      ({ lag }) => lag,
      (target) => `time() - ${selectTarget(target, MG.lastApplied)} / 1000`,
    ),
    measure: 'time behind the primary',
    says: (_, { of }) =>
      `Secondary ${of} is far behind its primary: writes that wait for a majority wait for it`,
    remediation: (_, { of }) =>
      `Look at rs.printSecondaryReplicationInfo() and at the disk and CPU of ${of}; check the oplog is long enough.`,
  }),
  defineLevel({
    kind: 'redis-memory',
    title: 'Redis out of memory',
    signal: R.memoryUsed.name,
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
  defineLevel({
    kind: 'redis-evictions',
    title: 'Redis evicts keys',
    signal: R.evictedKeys.name,
    ...EVICTING,
    columns: counted(({ redis }) => redis, R.evictedKeys),
    measure: 'keys evicted',
    says: evicts,
    remediation: (name) =>
      `Look for what grew in ${name} (redis-cli --bigkeys), and whether its maxmemory fits what is asked for.`,
  }),
  defineLevel({
    kind: 'redis-clients',
    title: 'Redis turns clients away',
    signal: R.rejectedConnections.name,
    ...TURNED_AWAY,
    columns: counted(({ redis }) => redis, R.rejectedConnections),
    measure: 'connections rejected',
    says: (name) => `${name} turns clients away: maxclients is reached`,
    remediation: (name) =>
      `See who holds connections to ${name} (CLIENT LIST), bound the pools of its clients, or raise maxclients.`,
  }),
  defineLevel({
    kind: 'memcached-evictions',
    title: 'memcached evicts items',
    signal: MC.evicted.name,
    ...EVICTING,
    columns: counted(({ memcached }) => memcached, MC.evicted),
    measure: 'items evicted',
    says: evicts,
    remediation: (name) => `Give ${name} more memory (-m), or look for what is stored there since then.`,
  }),
  defineLevel({
    kind: 'memcached-clients',
    title: 'memcached turns clients away',
    signal: MC.connectionsRejected.name,
    ...TURNED_AWAY,
    columns: counted(({ memcached }) => memcached, MC.connectionsRejected),
    measure: 'connections rejected',
    says: (name) => `${name} turns clients away: its connections are used up`,
    remediation: (name) => `Bound the pools of the clients of ${name}, or raise its limit (-c).`,
  }),
];
