import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createServer, type AddressInfo, type Server as Listener } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { METRICS } from '@gumshoe/schema/metrics/catalogue';
import pg from 'pg';
import type { ProbeTarget } from './define.ts';
import { PROBES } from './index.ts';
import { round, runner, valueOf } from './testdata/rounds.ts';
import {
  freePort,
  PASSWORD,
  problemWith,
  startMariadb,
  startMemcached,
  startPostgres,
  startRedis,
  type Server,
  until,
} from './testdata/servers.ts';

describe(
  'probes against real servers',
  { skip: problemWith('postgres', 'redis', 'mysql', 'memcached') ?? false },
  () => {
    let servers: readonly Server[] = [];
    let silent: Listener;
    let targets: Record<string, ProbeTarget>;

    const client = async (): Promise<pg.Client> => {
      const [host = '', port] = targets['postgres']!.address.split(':');
      const made = new pg.Client({
        host,
        port: Number(port),
        user: 'postgres',
        password: PASSWORD,
        database: 'postgres',
      });
      await made.connect();
      return made;
    };

    before(async () => {
      servers = await Promise.all([
        startPostgres('CREATE TABLE orders (id int, card text);'),
        startRedis(),
        startMariadb(),
        startMemcached(),
      ]);
      targets = Object.fromEntries(servers.map(({ target }) => [target.type, target]));
      silent = createServer(() => {});
      await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    });

    after(async () => {
      silent?.close();
      await Promise.all(servers.map((server) => server.stop()));
    });

    for (const definition of PROBES) {
      test(`${definition.type}: up, and every sample is in the catalogue with its declared labels`, async () => {
        const probe = runner(targets[definition.type]!);
        const samples = await round(probe);
        assert.equal(valueOf(samples, definition.up.name), 1, JSON.stringify(probe.status()));
        for (const { labels } of samples) {
          const metric = METRICS.find((one) => one.name === labels['__name__']);
          assert.ok(metric, labels['__name__']);
          for (const name of Object.keys(labels))
            assert.ok(['__name__', 'address', ...metric.labels].includes(name), `${metric.name}: ${name}`);
          assert.equal(labels['address'], targets[definition.type]?.address);
        }
        await probe.close();
      });

      test(`${definition.type}: a wrong password is a finding in the server’s words, and is not tried again at once`, async () => {
        const probe = runner({ ...targets[definition.type]!, password: 'wrong-password' });
        const now = Date.now();
        const samples = await round(probe, 5000, now);
        assert.equal(valueOf(samples, definition.up.name), 0);
        assert.equal(valueOf(samples, definition.error.metric.name), 1);
        assert.ok(probe.status().nextTry > now + 5000);
        assert.match(probe.status().error, /password|WRONGPASS|authentication failure/i);
        assert.ok(!JSON.stringify(samples).includes('wrong-password'));
        const again = await round(probe, 5000, now + 5000);
        assert.deepEqual(
          again.map((one) => [one.labels['__name__'], one.value]),
          [[definition.up.name, 0]],
        );
      });

      test(`${definition.type}: nothing listening, and a server that never answers, are down within the time given`, async () => {
        const port = await freePort();
        const absent = runner({ ...targets[definition.type]!, address: `127.0.0.1:${port}` });
        assert.equal(valueOf(await round(absent), definition.up.name), 0);
        assert.match(absent.status().error, /ECONNREFUSED/);
        const hanging = runner({
          ...targets[definition.type]!,
          address: `127.0.0.1:${(silent.address() as AddressInfo).port}`,
        });
        assert.equal(valueOf(await round(hanging, 1000), definition.up.name), 0);
        assert.notEqual(hanging.status().error, '');
        await hanging.close();
      });
    }

    test('postgres: queries that wait for a lock are counted by the query that holds it, without its literals', async () => {
      const holder = await client();
      const waiters = await Promise.all([client(), client()]);
      await holder.query("BEGIN; LOCK TABLE orders IN ACCESS EXCLUSIVE MODE; SELECT 'secret-4111' AS x");
      const waiting = waiters.map((one) =>
        one.query("SELECT * FROM orders WHERE card = '4111-1111'").catch(() => undefined),
      );
      const observer = await client();
      const locked = `SELECT FROM pg_stat_activity
        WHERE wait_event_type = 'Lock' AND clock_timestamp() - query_start > '0.3 s'`;
      await until(async () => (await observer.query(locked)).rowCount === 2, 'both queries to wait');
      const probe = runner(targets['postgres']!);
      const samples = await round(probe);
      const wait = samples.find((one) => one.labels['__name__'] === 'pg_lock_awaiting_queries');
      assert.equal(wait?.value, 2);
      assert.match(wait?.labels['blocking_query'] ?? '', /LOCK TABLE orders/);
      assert.ok((valueOf(samples, 'pg_latency_seconds', { summary: 'max' }) ?? 0) > 0.2);
      // numbers and ports may have these digits by chance
      const texts = samples.map(({ labels }) => ({ ...labels, address: '' }));
      assert.ok(!JSON.stringify(texts).includes('4111'));
      await holder.query('ROLLBACK');
      await Promise.all(waiting);
      await Promise.all([holder, observer, ...waiters].map((one) => one.end()));
      const calls = await round(probe);
      assert.ok(
        calls.some(
          (one) =>
            one.labels['__name__'] === 'pg_top_query_calls_per_second' &&
            one.labels['query']?.includes('card = ?'),
        ),
      );
      await probe.close();
    });

    test('redis: commands, and the slow command of the last round', async () => {
      const probe = runner(targets['redis']!);
      await round(probe);
      const script = 'local n = 0 for i = 1, 20000000 do n = n + i end return n';
      spawnSync('redis-cli', [
        '-p',
        targets['redis']!.address.split(':')[1]!,
        '-a',
        PASSWORD,
        '--no-auth-warning',
        'EVAL',
        script,
        '0',
      ]);
      const samples = await round(probe);
      assert.ok((valueOf(samples, 'redis_command_running_seconds', { cmd: 'eval' }) ?? 0) > 0.01);
      assert.ok((valueOf(samples, 'redis_commands_total', { cmd: 'eval' }) ?? 0) >= 1);
      await probe.close();
    });
  },
);
