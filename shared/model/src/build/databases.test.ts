import assert from 'node:assert/strict';
import { test } from 'node:test';
import { milliseconds } from '@gumshoe/base/time';
import { lastOf } from '../columns.ts';
import { SeriesWriter } from '../testdata/series-writer.ts';
import type { Application } from '../world.ts';
import { buildWorld } from './build-world.ts';
import { replayLag } from './postgres-replication.ts';

const FROM = 1_790_000_000_000;
const RANGE = { from: milliseconds(FROM), to: milliseconds(FROM + 600_000) };

/** Servers that listen on 10.0.0.<n>:<port>, one instance each, of one application. */
function applicationOf(
  port: number,
  servers: number,
  write: (writer: SeriesWriter, address: (n: number) => string) => void,
): Application {
  const writer = new SeriesWriter(RANGE, 15_000);
  const address = (n: number) => `10.0.0.${n}:${port}`;
  for (let n = 1; n <= servers; n++) {
    const labels = {
      machine_id: 'm',
      system_uuid: 'u',
      container_id: `/k8s/shop/db-${n - 1}/server`,
      app_id: '/k8s/shop/db',
    };
    writer.counter('container_resources_cpu_usage_seconds_total', labels, () => 0.1);
    writer.gauge('container_net_tcp_listen_info', { ...labels, listen_addr: address(n), proxy: '' }, () => 1);
  }
  write(writer, address);
  const world = buildWorld(writer.series, RANGE);
  return world.applications[0]!;
}

const window = { lo: 0, hi: 41 };
const elapsed = (at: number) => (at - FROM) / 1000;

test('every series of a probe is a column of its server, gauges as they are and counters as rates', () => {
  const { mysql, type } = applicationOf(3306, 1, (writer, address) => {
    const labels = { address: address(1) };
    writer.gauge('mysql_up', labels, () => 1);
    writer.counter('mysql_queries_total', labels, () => 20);
    for (const schema of ['a', 'b'])
      writer.gauge('mysql_lock_awaiting_queries', { ...labels, schema, blocking_query: 'UPDATE' }, () => 2);
  });
  const [target] = mysql;
  assert.equal(type, 'mysql');
  assert.equal(target!.instance, 'db-0');
  assert.ok(Math.abs(lastOf(target!.signals.get('mysql_queries_total')![0]!.values, window) - 20) < 1e-9);
  assert.deepEqual(
    target!.signals.get('mysql_lock_awaiting_queries')!.map(({ labels }) => labels),
    [
      { schema: 'a', blocking_query: 'UPDATE' },
      { schema: 'b', blocking_query: 'UPDATE' },
    ],
  );
});

test('a probe that comes round once a minute leaves no holes', () => {
  const { memcached } = applicationOf(11211, 1, (writer, address) => {
    const slow = new SeriesWriter(RANGE, 60_000);
    slow.gauge('memcached_up', { address: address(1) }, () => 1);
    writer.series.push(...slow.series);
  });
  assert.ok(memcached[0]!.up.slice(5).every((value) => value === 1));
});

test('settings are numbers by name, times in seconds', () => {
  const { postgres } = applicationOf(5432, 1, (writer, address) => {
    const setting = (name: string, unit: string, value: number) =>
      writer.gauge('pg_setting', { address: address(1), name, unit }, () => value);
    setting('max_connections', '', 100);
    setting('checkpoint_timeout', 's', 300);
    setting('autovacuum_vacuum_cost_delay', 'ms', 2);
  });
  const { settings, maxConnections } = postgres[0]!;
  assert.equal(maxConnections, 100);
  assert.deepEqual([...settings.values()].sort(), [0.002, 100, 300]);
});

test('a replica lags by the time its primary has been ahead of it', () => {
  const { postgres } = applicationOf(5432, 2, (writer, address) => {
    writer.gauge('pg_wal_current_lsn', { address: address(1) }, (at) => 1e9 + 1000 * elapsed(at));
    const stopped = (at: number) => 1e9 + 1000 * Math.min(300, elapsed(at));
    writer.gauge('pg_wal_reply_lsn', { address: address(2) }, stopped);
    writer.gauge('pg_wal_receive_lsn', { address: address(2) }, (at) => 1e9 + 1000 * elapsed(at));
    const receiver = { address: address(2), sender_host: '10.0.0.1', sender_port: '5432' };
    writer.gauge('pg_wal_receiver_status', receiver, () => 1);
  });
  const { replication } = postgres.find((one) => one.replication)!;
  assert.equal(replication!.primary, '10.0.0.1:5432');
  assert.equal(lastOf(replication!.lag, { lo: 0, hi: 20 }), 0);
  assert.ok(Math.abs(lastOf(replication!.lag, window) - 300) <= 15, String(lastOf(replication!.lag, window)));
  assert.equal(lastOf(replication!.unreceived, window), 0);
  assert.ok(Math.abs(lastOf(replication!.unreplayed, window) - 300_000) <= 15_000);
});

test('after a failover the lag is against the new primary; between two at once there is none', () => {
  const lagWith = (oldEnds: number) =>
    applicationOf(5432, 3, (writer, address) => {
      const position = (at: number) => 1e9 + 1000 * elapsed(at);
      const lsn = 'pg_wal_current_lsn';
      writer.gauge(lsn, { address: address(1) }, position, { to: FROM + 1000 * oldEnds });
      writer.gauge(lsn, { address: address(2) }, position, { from: FROM + 200_000 });
      writer.gauge('pg_wal_reply_lsn', { address: address(3) }, (at) => position(at) - 60_000);
    }).postgres.find(({ address }) => address === '10.0.0.3:5432')!.replication;
  assert.equal(lagWith(150)?.primary, '10.0.0.2:5432');
  assert.ok(Math.abs(lastOf(lagWith(150)!.lag, window) - 60) <= 15);
  assert.equal(lagWith(Infinity), undefined);
});

test('an idle primary makes no lag, and a replica behind all history has at least that', () => {
  const grid = { from: milliseconds(0), step: 10_000, points: 4 };
  const lag = (written: number[], replayed: number[]) => [
    ...replayLag(Float64Array.from(written), Float64Array.from(replayed), grid, 10_000),
  ];
  assert.deepEqual(lag([5, 5, 5, 5], [5, 5, 5, 5]), [0, 0, 0, 0]);
  assert.deepEqual(lag([5, 6, 7, 8], [1, 1, 1, 1]), [0, 10, 20, 30]);
  assert.deepEqual(lag([5, 5, 5, 9], [5, 5, 5, 5]), [0, 0, 0, 10]);
  assert.deepEqual(lag([0, 10, 20, 30], [0, 0, 5, 5]), [0, 10, 15, 25]);
  assert.deepEqual(lag([0, NaN, 20, 30], [0, 0, NaN, 30]), [0, NaN, NaN, 0]);
});

test('a secondary lags behind the primary of its own set', () => {
  const { mongodb } = applicationOf(27017, 2, (writer, address) => {
    for (const [n, role] of [
      [1, 'primary'],
      [2, 'secondary'],
    ] as const) {
      writer.gauge('mongo_up', { address: address(n) }, () => 1);
      writer.gauge('mongo_rs_status', { address: address(n), rs: 'rs0', role }, () => 1);
      const applied = (at: number) => at - (role === 'secondary' && elapsed(at) > 300 ? 45_000 : 0);
      writer.gauge('mongo_rs_last_applied_timestamp_ms', { address: address(n) }, applied);
    }
  });
  assert.deepEqual(
    mongodb.map(({ role }) => role),
    ['primary', 'secondary'],
  );
  assert.equal(mongodb[0]!.lag, undefined);
  assert.equal(lastOf(mongodb[1]!.lag!, { lo: 0, hi: 20 }), 0);
  assert.equal(lastOf(mongodb[1]!.lag!, window), 45);
});

test('backups of a cluster go to the application of its instances', () => {
  const { postgresBackups } = applicationOf(5432, 1, (writer, address) => {
    writer.gauge('pg_up', { address: address(1) }, () => 1);
    const cluster = { namespace: 'shop', name: 'db', operator: 'cnpg' };
    const success = 'pg_backup_last_successful_timestamp_seconds';
    writer.gauge(success, { ...cluster, method: 'barman' }, () => FROM / 1000 - 3600);
    writer.gauge(
      'pg_cluster_status',
      { ...cluster, type: 'ContinuousArchiving', status: 'False', reason: 'No' },
      () => 1,
    );
    const run = { namespace: 'shop', name: 'db-nightly', operator: 'cnpg' };
    writer.gauge('pg_backup_info', { ...run, cluster: 'db', method: 'barman' }, () => 1);
    writer.gauge('pg_backup_status', { ...run, status: 'failed' }, () => 1);
  });
  assert.equal(postgresBackups!.methods[0]!.lastSuccessful, FROM / 1000 - 3600);
  assert.deepEqual(postgresBackups!.conditions.get('ContinuousArchiving'), { status: 'False', reason: 'No' });
  assert.deepEqual(postgresBackups!.runs, [{ name: 'db-nightly', status: 'failed' }]);
});

test('a probed server outside belongs to the service that its clients speak to', () => {
  const writer = new SeriesWriter(RANGE, 15_000);
  const labels = { machine_id: 'm', system_uuid: 'u', container_id: '/shop.slice/api.service', app_id: '' };
  writer.counter('container_resources_cpu_usage_seconds_total', labels, () => 0.1);
  const to = { ...labels, destination: '192.0.2.7:5432', actual_destination: '192.0.2.7:5432' };
  writer.gauge('container_net_tcp_active_connections', to, () => 3);
  for (const address of ['192.0.2.7:5432', '192.0.2.8:5432']) writer.gauge('pg_up', { address }, () => 1);
  const { applications } = buildWorld(writer.series, RANGE);
  const outside = applications.find(({ kind }) => kind === 'ExternalService')!;
  assert.deepEqual(
    outside.postgres.map(({ address, instance }) => [address, instance]),
    [['192.0.2.7:5432', undefined]],
  );
});

test('backups of equally named clusters stay apart where samples of several Kubernetes clusters are merged', () => {
  const writer = new SeriesWriter(RANGE, 15_000);
  for (const [cluster, failed] of Object.entries({ east: 4, west: 5 })) {
    const labels = {
      machine_id: cluster,
      system_uuid: 'u',
      container_id: '/k8s/shop/db-0/postgres',
      cluster,
    };
    writer.counter('container_resources_cpu_usage_seconds_total', labels, () => 0.1);
    const owner = { namespace: 'shop', operator: 'cnpg', cluster };
    writer.gauge('pg_backup_last_failed_timestamp_seconds', { ...owner, name: 'db' }, () => failed);
    const next = { ...owner, name: 'nightly', exported_cluster: 'db' };
    writer.gauge('pg_backup_next_scheduled_timestamp_seconds', next, () => 7);
  }
  const found = buildWorld(writer.series, RANGE).applications.map(({ cluster, postgresBackups: one }) => [
    cluster,
    one?.lastFailed,
    one?.nextScheduled,
  ]);
  assert.deepEqual(found, [
    ['east', 4, 7],
    ['west', 5, 7],
  ]);
});
