import type { Course, SeriesWriter } from '@gumshoe/model/testdata/series-writer';
import { REQUEST_METRICS } from '@gumshoe/schema/metrics/container';
import { SERVER_KINDS, type ServerKind } from '../clients.ts';
import { elapsed, probed, probedPostgres, settings, TABLE, traffic } from './database-world.ts';
import type { LevelCase } from './level-case.ts';
import { APP } from './small-world.ts';

const GIB = 1024 ** 3;

export const POSTGRES_CASES: readonly LevelCase[] = [
  {
    inspection: 'postgres-latency',
    says: /mean of a query by the probe of app is 108 ms/,
    write: (writer, value) =>
      writer.gauge('pg_latency_seconds', { ...probedPostgres(writer), summary: 'avg' }, value),
  },
  {
    inspection: 'postgres-replication-lag',
    says: /Replica app is 32\.4 s behind its primary 10\.1\.1\.3:5432: .* wait to be replayed \(apply\)/,
    write: (writer, value) => {
      const position = (at: number) => 1e9 + 1e6 * elapsed(at);
      writer.gauge('pg_wal_current_lsn', probedPostgres(writer), position);
      const replica = probedPostgres(writer, 5433);
      writer.gauge('pg_wal_receive_lsn', replica, position);
      writer.gauge('pg_wal_reply_lsn', replica, (at) => position(at - 1000 * value(at)));
    },
  },
  {
    inspection: 'postgres-connections',
    says: /of 100 connections to app are in use, 97\.2 % with the reserved ones; most are held by api@shop \(94\.2\), 94\.2 of all are idle/,
    write: (writer, value) => {
      const target = probedPostgres(writer);
      settings(writer, target, { max_connections: 100, superuser_reserved_connections: 3 });
      const session = { ...target, db: 'shop', user: 'api', state: 'idle', wait_event_type: '', query: '' };
      writer.gauge('pg_connections', session, (at) => value(at) - 3);
    },
  },
  {
    inspection: 'postgres-idle-in-transaction',
    says: /hold 21\.6 % of the 100 connections to app; most of them as api@shop, last statement: UPDATE/,
    write: (writer, value) => {
      const target = probedPostgres(writer);
      settings(writer, target, { max_connections: 100 });
      const session = { ...target, db: 'shop', user: 'api', wait_event_type: 'Client' };
      writer.gauge('pg_connections', { ...session, state: 'idle in transaction', query: 'UPDATE' }, value);
      writer.gauge('pg_connections', { ...session, state: 'active', query: 'SELECT' }, () => 5);
    },
  },
  {
    inspection: 'postgres-checkpoints',
    says: /The last checkpoint of app is 32\.4 min old, 3\.24 times its timeout of 10 min; .* replay 512 MiB/,
    write: (writer, value) => {
      const target = probedPostgres(writer);
      settings(writer, target, { checkpoint_timeout: 600 });
      writer.gauge('pg_time_since_last_checkpoint_seconds', target, (at) => value(at) * 600);
      writer.gauge('pg_wal_since_last_checkpoint_bytes', target, () => GIB / 2);
    },
  },
  {
    inspection: 'postgres-wraparound',
    says: /has used 54 % of its transaction ids .*: a replication slot has held rows back for 300M/,
    write: (writer, value) => {
      const target = probedPostgres(writer);
      writer.gauge('pg_xid_age', { ...target, db: 'shop' }, (at) => (value(at) / 100) * 2 ** 31);
      writer.gauge('pg_multixact_age', { ...target, db: 'shop' }, () => 1000);
      writer.gauge('pg_oldest_xmin_age', { ...target, holder: 'replication_slot' }, () => 300e6);
    },
  },
  {
    inspection: 'postgres-bloat',
    says: /Database shop of app wastes 5\.4 GiB, 54 % of its size; most of it in shop\.orders 4 GiB/,
    write: (writer, value) => {
      const target = probedPostgres(writer);
      const db = { ...target, db: 'shop' };
      writer.gauge('pg_database_size_bytes', db, () => 10 * GIB);
      writer.gauge('pg_db_table_bloat_bytes', db, (at) => (value(at) / 100) * 8 * GIB);
      writer.gauge('pg_db_index_bloat_bytes', db, (at) => (value(at) / 100) * 2 * GIB);
      writer.gauge('pg_table_bloat_bytes', { ...target, ...TABLE }, () => 4 * GIB);
    },
  },
  {
    inspection: 'postgres-autovacuum',
    says: /shop\.orders of app has 1 GiB of dead rows, 2\.16 times what triggers autovacuum: all 3 autovacuum workers/,
    write: (writer, value) => {
      const target = probedPostgres(writer);
      const table = { ...target, ...TABLE };
      settings(writer, target, { autovacuum: 1, autovacuum_max_workers: 3 });
      writer.gauge('pg_autovacuum_workers', target, () => 3);
      writer.gauge('pg_table_reltuples', table, () => 1e6);
      writer.gauge('pg_table_dead_tuple_bytes', table, () => GIB);
      writer.gauge('pg_table_dead_tuples', table, (at) => value(at) * (50 + 0.2 * 1e6));
    },
  },
  {
    inspection: 'postgres-stale-statistics',
    says: /statistics of shop\.orders of app are stale by 2\.16 times .*: they were last refreshed 2 h ago/,
    write: (writer, value) => {
      const target = probedPostgres(writer);
      const table = { ...target, ...TABLE };
      settings(writer, target, { autovacuum_analyze_scale_factor: 0.05 });
      writer.gauge('pg_table_reltuples', table, () => 1e6);
      writer.gauge('pg_table_seconds_since_last_analyze', table, () => 7200);
      writer.gauge('pg_table_mods_since_analyze', table, (at) => value(at) * (50 + 0.05 * 1e6));
    },
  },
];

export const MYSQL_CASES: readonly LevelCase[] = [
  {
    inspection: 'mysql-replication-lag',
    says: /Replica app is 32\.4 s behind its source/,
    write: (writer, value) => {
      const source = { source_server_id: '1', source_server_uuid: 'u' };
      writer.gauge(
        'mysql_replication_lag_seconds',
        { ...probed(writer, 'mysql_up', 3306), ...source },
        value,
      );
    },
  },
  {
    inspection: 'mysql-connections',
    says: /194 of 200 connections to app are in use, 97\.2 %/,
    write: (writer, value) => {
      const target = probed(writer, 'mysql_up', 3306);
      writer.gauge('mysql_connections_max', target, () => 200);
      writer.gauge('mysql_connections_current', target, (at) => value(at) * 2);
    },
  },
];

export const MONGODB_CASES: readonly LevelCase[] = [
  {
    inspection: 'mongodb-replication-lag',
    says: /Secondary app of replica set rs0 is 32\.4 s behind its primary/,
    write: (writer, value) => {
      const member = (port: number, role: string, applied: Course) => {
        const target = probed(writer, 'mongo_up', port);
        writer.gauge('mongo_rs_status', { ...target, rs: 'rs0', role }, () => 1);
        writer.gauge('mongo_rs_last_applied_timestamp_ms', target, applied);
      };
      member(27017, 'primary', (at) => at);
      member(27018, 'secondary', (at) => at - 1000 * value(at));
    },
  },
];

const probedRedis = (writer: SeriesWriter) => probed(writer, 'redis_up', 6379);

export const REDIS_CASES: readonly LevelCase[] = [
  {
    inspection: 'redis-latency',
    says: /time per command inside Redis is 5\.4 ms/,
    write: (writer, value) => {
      const command = { ...probedRedis(writer), cmd: 'get' };
      writer.counter('redis_commands_total', command, () => 100);
      writer.counter('redis_commands_duration_seconds_total', command, (at) => 100 * value(at));
    },
  },
  {
    inspection: 'redis-memory',
    says: /app uses 97\.2 % of its maxmemory and evicts nothing/,
    write: (writer, value) => {
      const target = probedRedis(writer);
      writer.gauge('redis_memory_max_bytes', target, () => 1e9);
      writer.gauge('redis_memory_used_bytes', target, (at) => value(at) * 1e7);
    },
  },
  {
    inspection: 'redis-evictions',
    says: /app throws out 10\.8 entries per second .*, usually 1\/s/,
    usual: 1,
    write: (writer, value) => writer.counter('redis_evicted_keys_total', probedRedis(writer), value),
  },
  {
    inspection: 'redis-misses',
    says: /32\.4 % of the lookups in app find nothing, usually 5 %/,
    usual: 5,
    write: (writer, value) => {
      const target = probedRedis(writer);
      writer.counter('redis_keyspace_misses_total', target, value);
      writer.counter('redis_keyspace_hits_total', target, (at) => Math.max(0, 100 - value(at)));
    },
  },
  {
    inspection: 'redis-blocked-clients',
    says: /21\.6 clients of app wait in blocking calls, usually 2/,
    usual: 2,
    write: (writer, value) => writer.gauge('redis_blocked_clients', probedRedis(writer), value),
  },
  {
    inspection: 'redis-replication-lag',
    says: /Replica app last heard of its master 10\.1\.1\.9:6379 32\.4 s ago/,
    write: (writer, value) => {
      const master = { master_host: '10.1.1.9', master_port: '6379' };
      writer.gauge('redis_master_last_io_seconds_ago', { ...probedRedis(writer), ...master }, value);
    },
  },
];

export const MEMCACHED_CASES: readonly LevelCase[] = [
  {
    inspection: 'memcached-misses',
    says: /32\.4 % of the lookups in app find nothing, usually 5 %/,
    usual: 5,
    write: (writer, value) => {
      const get = { ...probed(writer, 'memcached_up', 11211), command: 'get' };
      writer.counter('memcached_commands_total', { ...get, status: 'miss' }, value);
      writer.counter('memcached_commands_total', { ...get, status: 'hit' }, (at) =>
        Math.max(0, 100 - value(at)),
      );
    },
  },
  {
    inspection: 'memcached-evictions',
    says: /app throws out 10\.8 entries per second/,
    usual: 1,
    write: (writer, value) =>
      writer.counter('memcached_items_evicted_total', probed(writer, 'memcached_up', 11211), value),
  },
];

const PORT = 9999;

const serve = (writer: SeriesWriter, kind: ServerKind, load: Parameters<typeof traffic>[3]): void => {
  const { count, duration } = REQUEST_METRICS[kind.protocol];
  if (kind.byTypeOnly)
    writer.gauge('container_application_type', { ...APP, application_type: kind.types[0]! }, () => 1);
  traffic(writer, PORT, { count: count.name, duration: duration.name }, load);
};

/** Latencies are spread exponentially: 95 % of them lie below three times their mean. */
const NINETY_FIFTH = Math.log(20);

export const CLIENT_CASES: readonly LevelCase[] = SERVER_KINDS.flatMap((kind): LevelCase[] => [
  ...(kind.latency === undefined
    ? []
    : [
        {
          inspection: `${kind.id}-clients-latency`,
          says: /95 % of the requests to app are answered within .*, usually/,
          // quantiles lie between the bounds of buckets
          above: 1.8,
          below: 0.6,
          usual: kind.latency / 20,
          write: (writer: SeriesWriter, value: Course) =>
            serve(writer, kind, { mean: (at) => value(at) / NINETY_FIFTH }),
        },
      ]),
  {
    inspection: `${kind.id}-clients-errors`,
    says: /5\.4 % of the requests to app fail; most of them from peer, usually 0\.5 %/,
    usual: 0.5,
    write: (writer, value) => serve(writer, kind, { rate: () => 200, failed: (at) => value(at) / 100 }),
  },
]);
