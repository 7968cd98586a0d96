import type { Labels } from '@gumshoe/base/series';
import type { Course, SeriesWriter } from '@gumshoe/model/testdata/series-writer';
import { probed, probedPostgres } from './database-world.ts';
import type { StateCase } from './state-case.ts';

/** The probe of `up` says no, and why. */
const unanswered = (inspection: string, up: string, port: number, error?: string): StateCase => ({
  inspection,
  says: error ? /The probe of 10\.1\.1\.3:\d+ fails: connection refused/ : /fails: no answer/,
  write: (writer, broken) => {
    const target = probed(writer, up, port, (at) => 1 - broken(at));
    if (error) writer.gauge(error, { ...target, [errorLabel(error)]: 'connection refused' }, broken);
  },
});

const errorLabel = (metric: string): string => (metric.startsWith('redis') ? 'err' : 'error');

/** A gauge of that value while something is broken, and of 0 while all is well. */
const onlyWhile = (
  writer: SeriesWriter,
  name: string,
  labels: Labels,
  broken: Course,
  value: number,
): void => {
  writer.gauge(name, labels, (at) => broken(at) * value);
};

export const POSTGRES_STATES: readonly StateCase[] = [
  unanswered('postgres-availability', 'pg_up', 5432, 'pg_scrape_error'),
  {
    inspection: 'postgres-locks',
    says: /7 queries at app wait for a lock held by: ALTER TABLE \(its transaction is open and does nothing\)/,
    write: (writer, broken) => {
      const target = probedPostgres(writer);
      const holder = { db: 'shop', user: 'admin' };
      const waits = { ...target, ...holder, blocking_query: 'ALTER TABLE' };
      onlyWhile(writer, 'pg_lock_awaiting_queries', waits, broken, 7);
      const session = { ...target, ...holder, state: 'idle in transaction', query: 'ALTER TABLE' };
      writer.gauge('pg_connections', session, () => 1);
    },
  },
  {
    inspection: 'postgres-wal-archiving',
    says: /app cannot archive its WAL: \d+ attempts failed in the window; the WAL on its disk has grown to 3 GiB/,
    write: (writer, broken) => {
      const target = probedPostgres(writer);
      writer.gauge('pg_wal_archiving_status', target, (at) => 1 - broken(at));
      writer.counter('pg_wal_archive_failures_total', target, broken);
      writer.gauge('pg_wal_size_bytes', target, () => 3 * 1024 ** 3);
    },
  },
];

const THREAD = { source_server_id: '1', source_server_uuid: 'u', state: '', last_error: '' };

export const MYSQL_STATES: readonly StateCase[] = [
  unanswered('mysql-availability', 'mysql_up', 3306, 'mysql_scrape_error'),
  {
    inspection: 'mysql-replication-status',
    says: /replica app that applies what it fetched \(SQL thread\) does not run: duplicate entry/,
    write: (writer, broken) => {
      const target = probed(writer, 'mysql_up', 3306);
      writer.gauge('mysql_replication_io_status', { ...target, ...THREAD }, () => 1);
      const sql = { ...target, ...THREAD, last_error: 'duplicate entry' };
      writer.gauge('mysql_replication_sql_status', sql, (at) => 1 - broken(at));
    },
  },
  {
    inspection: 'mysql-locks',
    says: /4 queries at app wait for a lock held by: UPDATE/,
    write: (writer, broken) => {
      const waits = { ...probed(writer, 'mysql_up', 3306), schema: 'shop', blocking_query: 'UPDATE' };
      onlyWhile(writer, 'mysql_lock_awaiting_queries', waits, broken, 4);
    },
  },
];

export const MONGODB_STATES: readonly StateCase[] = [
  unanswered('mongodb-availability', 'mongo_up', 27017, 'mongo_scrape_error'),
];

export const MEMCACHED_STATES: readonly StateCase[] = [
  unanswered('memcached-availability', 'memcached_up', 11211),
];

export const REDIS_STATES: readonly StateCase[] = [
  unanswered('redis-availability', 'redis_up', 6379, 'redis_exporter_last_scrape_error'),
  {
    inspection: 'redis-rejected-connections',
    says: /app turns away 2 connections per second: maxclients is reached/,
    write: (writer, broken) =>
      writer.counter(
        'redis_rejected_connections_total',
        probed(writer, 'redis_up', 6379),
        (at) => 2 * broken(at),
      ),
  },
  {
    inspection: 'redis-replication-status',
    says: /Replica app is not connected to its master 10\.1\.1\.9:6379: it is copying everything anew/,
    write: (writer, broken) => {
      const link = { ...probed(writer, 'redis_up', 6379), master_host: '10.1.1.9', master_port: '6379' };
      writer.gauge('redis_master_link_up', link, (at) => 1 - broken(at));
      writer.gauge('redis_master_sync_in_progress', link, broken);
    },
  },
  {
    inspection: 'redis-persistence',
    says: /app could not write its snapshot: with the usual stop-writes-on-bgsave-error it refuses writes/,
    write: (writer, broken) =>
      writer.gauge(
        'redis_rdb_last_bgsave_status',
        probed(writer, 'redis_up', 6379),
        (at) => 1 - broken(at),
      ),
  },
];
