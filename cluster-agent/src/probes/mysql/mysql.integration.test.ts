import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import mysql from 'mysql2/promise';
import type { Sample } from '../../export/samples.ts';
import { round, runner, valueOf } from '../testdata/rounds.ts';
import { PASSWORD, problemWith, settle, startMariadb, until, type Server } from '../testdata/servers.ts';

const SHOP = `
  CREATE DATABASE shop;
  CREATE TABLE shop.orders (id INT PRIMARY KEY, card VARCHAR(40), total DOUBLE) ENGINE=InnoDB;
  INSERT INTO shop.orders SELECT seq, CONCAT('4111-', seq), seq FROM shop_seq;`.replace(
  'shop_seq',
  '(WITH RECURSIVE n AS (SELECT 1 AS seq UNION ALL SELECT seq + 1 FROM n WHERE seq < 1000) SELECT seq FROM n) AS numbers',
);

describe('MariaDB as its probe sees it', { skip: problemWith('mysql') ?? false }, () => {
  let server: Server;
  let root: mysql.Connection;

  const connect = (to: Server, database?: string): Promise<mysql.Connection> =>
    mysql.createConnection({
      host: '127.0.0.1',
      port: to.port,
      user: 'root',
      password: PASSWORD,
      ...(database ? { database } : {}),
    });
  const status = async (name: string): Promise<number> => {
    const [rows] = await root.query(`SHOW GLOBAL STATUS LIKE '${name}'`);
    return Number((rows as { Value: string }[])[0]?.Value);
  };
  const count = async (sql: string): Promise<number> => {
    const [rows] = await root.query(sql);
    return Number(Object.values((rows as Record<string, unknown>[])[0] ?? {})[0]);
  };

  before(async () => {
    server = await startMariadb(SHOP.replace(/\s*\n\s*/g, ' ').replace(/; /g, ';\n'), [
      '--performance-schema=ON',
      '--log-bin=changes',
      '--server-id=1',
      '--max-connections=40',
    ]);
    await until(async () => {
      root = await connect(server);
      return (
        (await count('SELECT count(*) FROM shop.orders').catch(() => 0)) === 1000 || (root.destroy(), false)
      );
    }, 'the shop');
  });

  after(async () => {
    root?.destroy();
    await server?.stop();
  });

  const look = async (): Promise<readonly Sample[]> => {
    const probe = runner(server.target);
    const samples = await round(probe);
    await probe.close();
    assert.equal(valueOf(samples, 'mysql_up'), 1, JSON.stringify(probe.status()));
    return samples;
  };

  test('connections, traffic and statements are those of SHOW GLOBAL STATUS', async () => {
    const refused = await mysql
      .createConnection({ host: '127.0.0.1', port: server.port, user: 'root', password: 'wrong' })
      .catch((error: unknown) => error);
    assert.ok(refused instanceof Error);
    await root.query(`SET GLOBAL long_query_time = 0.1`);
    const patient = await connect(server);
    await patient.query('SELECT SLEEP(0.2)');
    await patient.end();
    const samples = await look();
    assert.equal(valueOf(samples, 'mysql_connections_max'), 40);
    assert.equal(valueOf(samples, 'mysql_connections_current'), 2, 'this client and the probe');
    assert.equal(valueOf(samples, 'mysql_connections_aborted_total'), await status('Aborted_connects'));
    assert.ok((valueOf(samples, 'mysql_connections_aborted_total') ?? 0) >= 1);
    assert.equal(valueOf(samples, 'mysql_slow_queries_total'), await status('Slow_queries'));
    for (const [metric, name] of [
      ['mysql_queries_total', 'Questions'],
      ['mysql_traffic_received_bytes_total', 'Bytes_received'],
      ['mysql_traffic_sent_bytes_total', 'Bytes_sent'],
      ['mysql_connections_total', 'Connections'],
    ] as const) {
      const told = valueOf(samples, metric) ?? NaN;
      assert.ok(told > 0 && told <= (await status(name)), `${metric} ${told}`);
    }
    assert.ok(
      samples.some(
        ({ labels }) => /MariaDB/.test(labels['server_version'] ?? '') && labels['server_id'] === '1',
      ),
    );
  });

  test('sizes are those of information_schema, system schemas left out', async () => {
    await root.query('ANALYZE TABLE shop.orders');
    const samples = await look();
    const truth = await count(
      `SELECT data_length + index_length FROM information_schema.tables WHERE table_schema = 'shop'`,
    );
    assert.equal(valueOf(samples, 'mysql_table_size_bytes', { db: 'shop', table: 'orders' }), truth);
    assert.equal(valueOf(samples, 'mysql_database_size_bytes', { db: 'shop' }), truth);
    assert.equal(valueOf(samples, 'mysql_database_size_bytes', { db: 'mysql' }), undefined);
  });

  test('the heaviest queries per second, without their literals, and the I/O of their table', async () => {
    const probe = runner(server.target);
    const begin = Date.now();
    await round(probe, 5000, begin);
    const shop = await connect(server, 'shop');
    for (let i = 0; i < 20; i++)
      await shop.query(`SELECT SLEEP(0.01), card FROM orders WHERE card = '4111-${i}'`);
    await shop.query(`UPDATE orders SET total = total + 1`);
    const samples = await round(probe, 5000, begin + 10_000);
    await Promise.all([probe.close(), shop.end()]);
    const query = samples.find(
      ({ labels }) => /sleep/i.test(labels['query'] ?? '') && /orders/.test(labels['query'] ?? ''),
    )?.labels['query'];
    assert.ok(query, JSON.stringify(samples.map(({ labels }) => labels['query']).filter(Boolean)));
    assert.equal(valueOf(samples, 'mysql_top_query_calls_per_second', { schema: 'shop', query }), 2);
    const time = valueOf(samples, 'mysql_top_query_time_per_second', { schema: 'shop', query }) ?? NaN;
    assert.ok(time > 0.01 && time < 1, `${time} s/s`);
    assert.ok(
      (valueOf(samples, 'mysql_top_table_io_wait_time_per_second', {
        schema: 'shop',
        table: 'orders',
        operation: 'write',
      }) ?? 0) > 0,
    );
    assert.ok(!JSON.stringify(samples).includes('4111'));
  });

  test('who waits for rows, and that the one who holds them runs nothing', async () => {
    const [holder, ...waiters] = await Promise.all([1, 2, 3].map(() => connect(server, 'shop')));
    await holder!.query('BEGIN');
    await holder!.query('UPDATE orders SET total = 0 WHERE id = 7');
    const waiting = waiters.map((one) => one.query(`UPDATE orders SET card = 'secret' WHERE id = 7`));
    // InnoDB makes these views anew when nobody has read them for 100 ms
    let samples: readonly Sample[] = [];
    await until(async () => {
      await settle(200);
      samples = await look();
      return valueOf(samples, 'mysql_locked_queries') === 2;
    }, 'both waits');
    await holder!.query('ROLLBACK');
    await Promise.all(waiting);
    await Promise.all([holder!, ...waiters].map((one) => one.end()));
    assert.equal(
      valueOf(samples, 'mysql_lock_awaiting_queries', {
        schema: 'shop',
        blocking_query: '(idle transaction)',
      }),
      2,
    );
    const locked = samples.filter(({ labels }) => labels['__name__'] === 'mysql_locked_queries');
    assert.deepEqual(
      locked.map(({ value }) => value),
      [2],
    );
    assert.ok(!JSON.stringify(samples).includes('secret'));
    await until(async () => {
      await settle(200);
      return valueOf(await look(), 'mysql_locked_queries') === undefined;
    }, 'nobody waits');
  });

  test('who waits for the definition of a table', async () => {
    const [holder, waiter] = await Promise.all([connect(server, 'shop'), connect(server, 'shop')]);
    await holder.query('BEGIN');
    await holder.query('SELECT * FROM orders LIMIT 1');
    const waiting = waiter.query('ALTER TABLE orders ADD COLUMN note INT');
    await until(
      async () =>
        (await count(
          `SELECT count(*) FROM information_schema.processlist WHERE state LIKE '%metadata lock%'`,
        )) === 1,
      'a wait',
    );
    const samples = await look();
    await holder.query('ROLLBACK');
    await waiting;
    await Promise.all([holder.end(), waiter.end()]);
    assert.ok(
      samples.some(
        ({ labels, value }) =>
          labels['__name__'] === 'mysql_locked_queries' &&
          /alter table/i.test(labels['query'] ?? '') &&
          value === 1,
      ),
    );
  });

  test('a replica: both threads, its lag, and why it stops', async () => {
    const replica = await startMariadb('', ['--server-id=2']);
    const client = await connect(replica);
    try {
      await root.query(`CREATE USER replica@'127.0.0.1' IDENTIFIED BY '${PASSWORD}'`);
      await root.query(`GRANT REPLICATION SLAVE ON *.* TO replica@'127.0.0.1'`);
      const position = async (): Promise<{ File: string; Position: number }> => {
        const [rows] = await root.query('SHOW MASTER STATUS');
        return (rows as { File: string; Position: number }[])[0]!;
      };
      const from = await position();
      await client.query(
        `CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT=${server.port}, MASTER_USER='replica', MASTER_PASSWORD='${PASSWORD}', MASTER_LOG_FILE='${from.File}', MASTER_LOG_POS=${from.Position}`,
      );
      await client.query('START SLAVE');
      const see = async (): Promise<readonly Sample[]> => {
        const probe = runner(replica.target);
        const samples = await round(probe);
        await probe.close();
        return samples;
      };
      await until(
        async () => valueOf(await see(), 'mysql_replication_lag_seconds', { source_server_id: '1' }) === 0,
        'replication',
      );
      const well = await see();
      assert.equal(valueOf(well, 'mysql_replication_io_status', { source_server_id: '1' }), 1);
      assert.equal(valueOf(well, 'mysql_replication_sql_status', { source_server_id: '1' }), 1);
      // the replica has no such table: it cannot apply the change
      await root.query('DELETE FROM shop.orders WHERE id = 1000');
      await until(async () => valueOf(await see(), 'mysql_replication_sql_status') === 0, 'an error');
      const broken = await see();
      assert.equal(valueOf(broken, 'mysql_replication_io_status'), 1);
      assert.ok(broken.some(({ labels }) => /shop\.orders/.test(labels['last_error'] ?? '')));
      assert.equal(valueOf(broken, 'mysql_replication_lag_seconds'), undefined);
      assert.equal(
        valueOf(await look(), 'mysql_replication_io_status'),
        undefined,
        'the source is no replica',
      );
    } finally {
      client.destroy();
      await replica.stop();
    }
  });

  test('who may see little is told what is missing, and the server is up', async () => {
    await root.query(`CREATE USER plain@'127.0.0.1' IDENTIFIED BY '${PASSWORD}'`);
    const probe = runner({ ...server.target, user: 'plain' });
    const samples = await round(probe);
    await probe.close();
    assert.equal(valueOf(samples, 'mysql_up'), 1, JSON.stringify(probe.status()));
    const warnings = samples.flatMap(({ labels }) => labels['warning'] ?? []);
    assert.ok(
      warnings.some((one) => one.startsWith('replication: Access denied')),
      JSON.stringify(warnings),
    );
  });
});
