// What a finding gives as the reason, where the server says it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Labels } from '@gumshoe/base/series';
import type { SeriesWriter } from '@gumshoe/model/testdata/series-writer';
import { elapsed, probedPostgres, settings, TABLE } from './testdata/database-world.ts';
import { APP, AREA_RANGE, findingOf, NODE, smallWorld } from './testdata/small-world.ts';

const messageOf = (inspection: string, write: (writer: SeriesWriter) => void): string =>
  findingOf(inspection, smallWorld(write))?.message ?? 'nothing';

/** A replica that stopped replaying five minutes before the end. */
function stoppedReplica(more: (writer: SeriesWriter, replica: Labels) => void, received = true): string {
  const stop = elapsed(AREA_RANGE.to) - 300;
  const written = (at: number) => 1e9 + 1e6 * elapsed(at);
  const stopped = (at: number) => 1e9 + 1e6 * Math.min(stop, elapsed(at));
  return messageOf('postgres-replication-lag', (writer) => {
    writer.gauge('pg_wal_current_lsn', probedPostgres(writer), written);
    const replica = probedPostgres(writer, 5433);
    writer.gauge('pg_wal_reply_lsn', replica, stopped);
    writer.gauge('pg_wal_receive_lsn', replica, received ? written : stopped);
    more(writer, replica);
  });
}

test('replication lag: paused, not connected, not shipped or not applied', () => {
  const receiver = (writer: SeriesWriter, replica: Labels, value: number) =>
    writer.gauge(
      'pg_wal_receiver_status',
      { ...replica, sender_host: '10.1.1.3', sender_port: '5432' },
      () => value,
    );
  const paused = stoppedReplica((writer, replica) => writer.gauge('pg_wal_replay_paused', replica, () => 1));
  assert.match(paused, /is 4\.25 min behind .*: replay is paused/);
  assert.match(
    stoppedReplica((writer, replica) => receiver(writer, replica, 0), false),
    /it is not connected to its primary/,
  );
  assert.match(
    stoppedReplica((writer, replica) => receiver(writer, replica, 1), false),
    /have not reached it \(shipping\)/,
  );
  assert.match(
    stoppedReplica((writer, replica) => receiver(writer, replica, 1)),
    /wait to be replayed \(apply\)/,
  );
});

/** What keeps vacuum from a table that is full of dead rows. */
const vacuumCause = (more: (writer: SeriesWriter, target: Labels, table: Labels) => void): string =>
  messageOf('postgres-autovacuum', (writer) => {
    const target = probedPostgres(writer);
    const table = { ...target, ...TABLE };
    writer.gauge('pg_table_reltuples', table, () => 1e6);
    writer.gauge('pg_table_dead_tuple_bytes', table, () => 2 ** 30);
    writer.gauge('pg_table_dead_tuples', table, () => 1e6);
    more(writer, target, table);
  });

test('autovacuum: off, held back, throttled, out of workers, running, or never begun', () => {
  const cases: readonly [RegExp, Parameters<typeof vacuumCause>[0]][] = [
    [
      /off for this table/,
      (writer, _, table) => writer.gauge('pg_table_setting', { ...table, autovacuum_disabled: '1' }, () => 1),
    ],
    [/: autovacuum is off \(/, (writer, target) => settings(writer, target, { autovacuum: 0 })],
    [
      /a long transaction keeps rows of the last 5000k transactions/,
      (writer, target) =>
        writer.gauge('pg_oldest_xmin_age', { ...target, holder: 'running_transaction' }, () => 5e6),
    ],
    [
      /sleeps 90 % of the time for the cost limit/,
      (writer, _, table) => writer.gauge('pg_table_vacuum_throttled', table, () => 0.9),
    ],
    [
      /a vacuum of it is running/,
      (writer, _, table) => writer.gauge('pg_table_vacuum_in_progress', table, () => 1),
    ],
    [
      /all 3 autovacuum workers are busy/,
      (writer, target) => writer.gauge('pg_autovacuum_workers', target, () => 3),
    ],
    [
      /its last autovacuum was 2\.78 h ago/,
      (writer, _, table) => writer.gauge('pg_table_seconds_since_last_autovacuum', table, () => 1e4),
    ],
    [/never been vacuumed automatically/, () => undefined],
  ];
  for (const [says, more] of cases) assert.match(vacuumCause(more), says);
});

test("a table's own settings move its trigger", () => {
  const relaxed = vacuumCause((writer, _, table) =>
    writer.gauge('pg_table_setting', { ...table, autovacuum_vacuum_scale_factor: '2' }, () => 1),
  );
  assert.match(relaxed, /0\.5 times what triggers autovacuum \(threshold 2\)/);
});

test('small tables and servers that write nothing do not count', () => {
  const small = messageOf('postgres-autovacuum', (writer) => {
    const table = { ...probedPostgres(writer), ...TABLE };
    writer.gauge('pg_table_reltuples', table, () => 1000);
    writer.gauge('pg_table_dead_tuple_bytes', table, () => 2 ** 20);
    writer.gauge('pg_table_dead_tuples', table, () => 1e6);
  });
  assert.match(small, /No table has 512 MiB of dead rows/);
  const idle = (writer: SeriesWriter) => {
    const target = probedPostgres(writer);
    writer.gauge('pg_time_since_last_checkpoint_seconds', target, () => 86_400);
    writer.gauge('pg_wal_since_last_checkpoint_bytes', target, () => 1000);
  };
  assert.equal(findingOf('postgres-checkpoints', smallWorld(idle))?.health, 'ok');
});

const CLUSTER = { namespace: 'shop', name: 'db', operator: 'cnpg' };
const POD = { ...APP, container_id: '/k8s/shop/db-0/postgres', app_id: '/k8s/shop/db' };

/** Backups of a cluster whose last one succeeded so many hours before the end. */
function backups(hours: number, more: (writer: SeriesWriter) => void = () => undefined) {
  const series = smallWorld((writer) => {
    writer.gauge('container_info', { ...POD, image: 'postgres' }, () => 1);
    writer.gauge(
      'container_net_tcp_listen_info',
      { ...POD, listen_addr: '10.1.1.4:5432', proxy: '' },
      () => 1,
    );
    writer.gauge('pg_up', { address: '10.1.1.4:5432' }, () => 1);
    const success = 'pg_backup_last_successful_timestamp_seconds';
    const at = AREA_RANGE.to / 1000 - hours * 3600;
    if (hours < Infinity) writer.gauge(success, { ...CLUSTER, method: 'barman' }, () => at);
    more(writer);
  });
  return findingOf('postgres-backups', series, { application: 'db' });
}

test('backups: age, failure, archiving, readiness and an overdue schedule', () => {
  assert.equal(backups(23)?.health, 'ok');
  assert.match(backups(25)!.message, /the last one that succeeded is 25 h old/);
  const condition = (type: string) => (writer: SeriesWriter) =>
    writer.gauge('pg_cluster_status', { ...CLUSTER, type, status: 'False', reason: 'S3Denied' }, () => 1);
  assert.match(backups(1, condition('ContinuousArchiving'))!.message, /the WAL is not archived \(S3Denied\)/);
  assert.match(backups(1, condition('ReadyForBackup'))!.message, /not ready for backups/);
  assert.match(backups(Infinity, condition('ReadyForBackup'))!.message, /none has succeeded yet/);
  const failed = (writer: SeriesWriter) =>
    writer.gauge('pg_backup_last_failed_timestamp_seconds', CLUSTER, () => AREA_RANGE.to / 1000 - 60);
  assert.match(backups(1, failed)!.message, /the last one failed/);
  const late = (minutes: number) => (writer: SeriesWriter) =>
    writer.gauge(
      'pg_backup_next_scheduled_timestamp_seconds',
      { ...CLUSTER, name: 'nightly', cluster: 'db' },
      () => AREA_RANGE.to / 1000 - minutes * 60,
    );
  assert.equal(backups(1, late(14))?.health, 'ok');
  assert.match(backups(1, late(16))!.message, /the scheduled one is 16 min overdue/);
});

const DISK = { ...APP, mount_point: '/data', device: 'sda', volume: 'data' };

test('a full disk: what grows most on it', () => {
  const message = messageOf('storage-space', (writer) => {
    const target = probedPostgres(writer);
    writer.gauge('container_resources_disk_size_bytes', DISK, () => 100);
    writer.gauge('container_resources_disk_used_bytes', DISK, () => 95);
    writer.gauge('pg_table_size_growth_bytes_per_second', { ...target, ...TABLE }, () => 2 ** 20);
    writer.gauge('pg_wal_size_bytes', target, () => 2 ** 30);
    const slot = { ...target, slot: 'standby', active: 'false', wal_status: 'extended' };
    writer.gauge('pg_replication_slot_retained_wal_bytes', slot, (at) => 2 ** 21 * elapsed(at));
  });
  assert.match(
    message,
    /95 % full; what grows most: WAL kept for the inactive slot standby by 2 MiB\/s, shop\.orders by 1 MiB\/s \(/,
  );
});

test('a busy disk: which query and who writes', () => {
  const { explanation = [] } =
    findingOf(
      'storage-io-load',
      smallWorld((writer) => {
        const target = probedPostgres(writer);
        writer.gauge('container_resources_disk_size_bytes', DISK, () => 100);
        writer.gauge('container_resources_disk_used_bytes', DISK, () => 10);
        for (const metric of ['read', 'write'])
          writer.counter(
            `node_resources_disk_${metric}_time_seconds_total`,
            { ...NODE, device: 'sda' },
            () => 3,
          );
        const query = { ...target, db: 'shop', user: 'api', query: 'SELECT * FROM orders' };
        writer.gauge('pg_top_query_io_time_per_second', query, () => 0.7);
        writer.counter('pg_buffers_written_total', { ...target, source: 'backend' }, () => 90);
        writer.counter('pg_buffers_written_total', { ...target, source: 'checkpointer' }, () => 10);
      }),
    ) ?? {};
  assert.ok(explanation.includes('700 ms per second: SELECT * FROM orders'), explanation.join());
  assert.ok(explanation.includes('90 % of the buffers are written by backend'), explanation.join());
});
