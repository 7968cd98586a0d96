import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import pg from 'pg';
import type { Sample } from '../../export/samples.ts';
import { round, runner, valueOf } from '../testdata/rounds.ts';
import { PASSWORD, problemWith, startPostgres, until, type Server } from '../testdata/servers.ts';

const near = (actual: number | undefined, expected: number, part: number, what: string): void =>
  assert.ok(
    actual !== undefined && Math.abs(actual - expected) <= part * Math.abs(expected),
    `${what}: ${actual} is not within ${part * 100} % of ${expected}`,
  );

/** Five wide columns; every second row is deleted and none may be vacuumed away. */
const TABLES = `
  CREATE EXTENSION pgstattuple;
  CREATE TABLE items (id bigint PRIMARY KEY, name text, price float8)
    WITH (autovacuum_enabled = off, autovacuum_vacuum_scale_factor = 0.05);
  INSERT INTO items SELECT i, 'item number ' || i, i FROM generate_series(1, 60000) i;
  SELECT pg_stat_force_next_flush();
  ANALYZE items;
  DELETE FROM items WHERE id % 2 = 0;
  CREATE DATABASE other;`;

describe(
  'maintenance metrics of PostgreSQL against its own views',
  { skip: problemWith('postgres') ?? false },
  () => {
    let server: Server;
    let client: pg.Client;

    const one = async (sql: string): Promise<number> => {
      const [row] = (await client.query<Record<string, unknown>>(sql)).rows;
      return Number(Object.values(row ?? {})[0]);
    };
    const look = async (): Promise<readonly Sample[]> => {
      const probe = runner(server.target);
      const samples = await round(probe);
      await probe.close();
      assert.equal(valueOf(samples, 'pg_up'), 1, JSON.stringify(probe.status()));
      return samples;
    };

    before(async () => {
      // archiving fails until that file is there
      server = await startPostgres(TABLES, [
        'archive_mode=on',
        'archive_command=test -e archive-works',
        'wal_level=logical',
        'max_prepared_transactions=2',
      ]);
      const [host = '', port] = server.target.address.split(':');
      client = new pg.Client({
        host,
        port: Number(port),
        user: 'postgres',
        password: PASSWORD,
        database: 'postgres',
      });
      await client.connect();
      await until(
        async () =>
          (await one(`SELECT n_dead_tup FROM pg_stat_user_tables WHERE relname = 'items'`)) === 30_000,
        'statistics',
      );
    });

    after(async () => {
      await client?.end();
      await server?.stop();
    });

    test('sizes are the server’s own', async () => {
      const samples = await look();
      const table = { db: 'postgres', schema: 'public', table: 'items' };
      assert.equal(
        valueOf(samples, 'pg_table_size_bytes', table),
        await one(`SELECT pg_total_relation_size('items')`),
      );
      for (const db of ['postgres', 'other'])
        near(
          valueOf(samples, 'pg_database_size_bytes', { db }),
          await one(`SELECT pg_database_size('${db}')`),
          0.05,
          db,
        );
      near(
        valueOf(samples, 'pg_wal_size_bytes'),
        await one('SELECT sum(size) FROM pg_ls_waldir()'),
        0.01,
        'WAL',
      );
      assert.equal(
        samples.some(
          ({ labels }) => labels['db'] === 'template1' && labels['__name__'] === 'pg_database_size_bytes',
        ),
        false,
      );
    });

    test('bloat is what pgstattuple and pgstatindex find by reading every page', async () => {
      const samples = await look();
      const free = await one(
        `SELECT free_space + dead_tuple_len + dead_tuple_count * 4 FROM pgstattuple('items')`,
      );
      const table = { db: 'postgres', schema: 'public', table: 'items' };
      near(valueOf(samples, 'pg_table_bloat_bytes', table), free, 0.1, 'table');
      near(valueOf(samples, 'pg_db_table_bloat_bytes', { db: 'postgres' }), free, 0.1, 'database');
      // deleted rows leave their keys: the index is as large as before, and statistics say so once it is vacuumed
      assert.ok(
        (valueOf(samples, 'pg_db_index_bloat_bytes', { db: 'postgres' }) ?? NaN) <
          0.1 * (await one(`SELECT pg_relation_size('items_pkey')`)),
      );
      await client.query('VACUUM ANALYZE items');
      const index = await one(
        `SELECT index_size * (1 - avg_leaf_density / 90) FROM pgstatindex('items_pkey')`,
      );
      near(valueOf(await look(), 'pg_index_bloat_bytes', { index: 'items_pkey' }), index, 0.15, 'index');
    });

    test('rows, dead rows, settings of a table and statistics', async () => {
      await client.query(`UPDATE items SET price = 0 WHERE id <= 10000`);
      await until(
        async () => (await one(`SELECT n_dead_tup FROM pg_stat_user_tables WHERE relname = 'items'`)) > 4_000,
        'statistics',
      );
      const samples = await look();
      const table = { db: 'postgres', schema: 'public', table: 'items' };
      for (const [metric, column] of [
        ['pg_table_dead_tuples', 'n_dead_tup'],
        ['pg_table_live_tuples', 'n_live_tup'],
        ['pg_table_mods_since_analyze', 'n_mod_since_analyze'],
      ] as const)
        assert.equal(
          valueOf(samples, metric, table),
          await one(`SELECT ${column} FROM pg_stat_user_tables WHERE relname = 'items'`),
          metric,
        );
      assert.equal(
        valueOf(samples, 'pg_table_reltuples', table),
        await one(`SELECT reltuples FROM pg_class WHERE relname = 'items'`),
      );
      assert.ok((valueOf(samples, 'pg_table_seconds_since_last_analyze', table) ?? -1) >= 0);
      assert.equal(
        valueOf(samples, 'pg_table_setting', {
          ...table,
          autovacuum_disabled: '1',
          autovacuum_vacuum_scale_factor: '0.05',
        }),
        1,
      );
    });

    test('checkpoints, archiving and the WAL since then', async () => {
      await client.query('CHECKPOINT');
      await client.query('SELECT pg_switch_wal()');
      await until(
        async () => (await one('SELECT failed_count FROM pg_stat_archiver')) > 0,
        'a failed archive',
      );
      await client.query(
        'INSERT INTO items SELECT i, repeat(md5(i::text), 4), i FROM generate_series(100000, 110000) i',
      );
      const samples = await look();
      const wal = await one('SELECT pg_current_wal_lsn() - redo_lsn FROM pg_control_checkpoint()');
      near(valueOf(samples, 'pg_wal_since_last_checkpoint_bytes'), wal, 0.05, 'WAL since the checkpoint');
      const age = await one(
        'SELECT extract(epoch FROM clock_timestamp() - checkpoint_time) FROM pg_control_checkpoint()',
      );
      const told = valueOf(samples, 'pg_time_since_last_checkpoint_seconds') ?? NaN;
      assert.ok(told >= 0 && told <= age, `${told} of ${age}`);
      assert.equal(valueOf(samples, 'pg_wal_archiving_status'), 0);
      assert.ok((valueOf(samples, 'pg_wal_archive_failures_total') ?? 0) > 0);
      assert.ok((valueOf(samples, 'pg_checkpoints_scheduled_total', { type: 'requested' }) ?? 0) >= 1);
      assert.ok((valueOf(samples, 'pg_buffers_written_total', { source: 'checkpointer' }) ?? 0) > 0);
      writeFileSync(join(server.dir, 'data', 'archive-works'), '');
      await client.query('SELECT txid_current(), pg_switch_wal()');
      await until(
        async () =>
          (await one('SELECT count(*) FROM pg_stat_archiver WHERE last_archived_time > last_failed_time')) ===
          1,
        'an archived segment',
      );
      assert.equal(valueOf(await look(), 'pg_wal_archiving_status'), 1);
    });

    test('age of transaction ids, and who holds them back', async () => {
      await client
        .query(`SELECT pg_create_logical_replication_slot('unread', 'test_decoding')`)
        .catch(() => {});
      await client.query(`BEGIN; INSERT INTO items VALUES (-1); PREPARE TRANSACTION 'forgotten'`);
      for (let i = 0; i < 50; i++) await client.query('INSERT INTO items VALUES ($1)', [-10 - i]);
      const samples = await look();
      for (const db of ['postgres', 'other', 'template0'])
        near(
          valueOf(samples, 'pg_xid_age', { db }),
          await one(`SELECT age(datfrozenxid) FROM pg_database WHERE datname = '${db}'`),
          0.05,
          db,
        );
      assert.ok((valueOf(samples, 'pg_multixact_age', { db: 'postgres' }) ?? -1) >= 0);
      near(
        valueOf(samples, 'pg_oldest_xmin_age', { holder: 'prepared_transaction' }),
        await one('SELECT max(age(transaction)) FROM pg_prepared_xacts'),
        0.1,
        'prepared',
      );
      assert.ok(
        samples.some(
          ({ labels }) =>
            labels['__name__'] === 'pg_replication_slot_retained_wal_bytes' &&
            labels['slot'] === 'unread' &&
            labels['active'] === 'false',
        ),
      );
      await client.query(`ROLLBACK PREPARED 'forgotten'`);
    });

    test('a table that is locked is left out, and the rest told', async () => {
      await client.query('BEGIN; LOCK TABLE items IN ACCESS EXCLUSIVE MODE');
      const samples = await look();
      await client.query('ROLLBACK');
      assert.equal(valueOf(samples, 'pg_table_size_bytes', { table: 'items' }), undefined);
      assert.ok((valueOf(samples, 'pg_database_size_bytes', { db: 'postgres' }) ?? 0) > 0);
    });

    test('who may not read the WAL directory is told so, and the server is up', async () => {
      await client.query(`CREATE ROLE plain LOGIN PASSWORD '${PASSWORD}'`);
      const probe = runner({ ...server.target, user: 'plain' });
      const samples = await round(probe);
      await probe.close();
      assert.equal(valueOf(samples, 'pg_up'), 1, JSON.stringify(probe.status()));
      assert.ok(
        samples.some(({ labels }) => /size of the WAL: permission denied/.test(labels['warning'] ?? '')),
      );
    });
  },
);
