import assert from 'node:assert/strict';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { silentLogger } from '@gumshoe/base/logger';
import { METRICS } from '@gumshoe/schema/metrics/catalogue';
import pg from 'pg';
import { SampleBuffer, type Sample } from '../export/samples.ts';
import type { ProbeTarget } from './define.ts';
import { PROBES } from './index.ts';
import { ProbeRunner } from './runner.ts';

const PASSWORD = 'correct-horse';
const POSTGRES = existsSync('/usr/lib/postgresql')
  ? readdirSync('/usr/lib/postgresql').sort().at(-1)
  : undefined;
const bin = (name: string): string => `/usr/lib/postgresql/${POSTGRES}/bin/${name}`;
const problem =
  process.getuid?.() !== 0
    ? 'needs root to start PostgreSQL as its own user'
    : POSTGRES === undefined || !existsSync('/usr/bin/redis-server')
      ? 'PostgreSQL or Redis is not installed'
      : undefined;

const settle = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function runner(target: Partial<ProbeTarget> & Pick<ProbeTarget, 'type' | 'address'>): ProbeRunner {
  const definition = PROBES.find((probe) => probe.type === target.type);
  assert.ok(definition);
  return new ProbeRunner(definition, { tls: 'disable', ...target }, silentLogger);
}

async function round(probe: ProbeRunner, timeout = 5000, now = Date.now()): Promise<readonly Sample[]> {
  const samples = new SampleBuffer();
  await probe.round(now, timeout, samples);
  return samples.take();
}

const valueOf = (
  samples: readonly Sample[],
  name: string,
  labels: Record<string, string> = {},
): number | undefined =>
  samples.find(
    (one) =>
      one.labels['__name__'] === name &&
      Object.entries(labels).every(([key, value]) => one.labels[key] === value),
  )?.value;

describe('probes against real servers', { skip: problem ?? false }, () => {
  let dir: string;
  let postgres: ChildProcess;
  let redis: ChildProcess;
  let postgresAddress: string;
  let redisAddress: string;
  let silent: Server;
  let targets: Record<string, ProbeTarget>;

  const client = async (): Promise<pg.Client> => {
    const [host, port] = postgresAddress.split(':');
    const made = new pg.Client({
      host: host!,
      port: Number(port),
      user: 'postgres',
      password: PASSWORD,
      database: 'postgres',
    });
    await made.connect();
    return made;
  };

  before(async () => {
    dir = mkdtempSync(join(tmpdir(), 'gumshoe-probes-'));
    const id = (flag: string) => Number(spawnSync('id', [flag, 'postgres'], { encoding: 'utf8' }).stdout);
    chownSync(dir, id('-u'), id('-g'));
    chmodSync(dir, 0o755);
    const as = ['--reuid=postgres', '--regid=postgres', '--clear-groups', '--'];
    const data = join(dir, 'data');
    const made = spawnSync(
      'setpriv',
      [
        ...as,
        bin('initdb'),
        '-D',
        data,
        '-U',
        'postgres',
        '--auth-local=trust',
        '--auth-host=scram-sha-256',
        '--no-sync',
        '--locale=C',
      ],
      { encoding: 'utf8' },
    );
    assert.equal(made.status, 0, made.stderr);
    const port = await freePort();
    postgresAddress = `127.0.0.1:${port}`;
    const settings = [
      `port=${port}`,
      'listen_addresses=127.0.0.1',
      `unix_socket_directories=${dir}`,
      'shared_preload_libraries=pg_stat_statements',
      'fsync=off',
    ];
    postgres = spawn(
      'setpriv',
      [...as, bin('postgres'), '-D', data, ...settings.flatMap((one) => ['-c', one])],
      { stdio: 'ignore' },
    );
    const ready = () => spawnSync(bin('pg_isready'), ['-q', '-h', dir, '-p', String(port)]).status === 0;
    for (let i = 0; i < 200 && !ready(); i++) await settle(50);
    const psql = spawnSync('psql', ['-q', '-h', dir, '-p', String(port), '-U', 'postgres'], {
      input: `ALTER ROLE postgres PASSWORD '${PASSWORD}'; CREATE EXTENSION pg_stat_statements; CREATE TABLE orders (id int, card text);`,
      encoding: 'utf8',
    });
    assert.equal(psql.status, 0, psql.stderr);
    const redisPort = await freePort();
    redisAddress = `127.0.0.1:${redisPort}`;
    redis = spawn(
      'redis-server',
      ['--port', String(redisPort), '--bind', '127.0.0.1', '--requirepass', PASSWORD, '--save', ''],
      { stdio: 'ignore', cwd: dir },
    );
    await settle(500);
    silent = createServer(() => {});
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    targets = {
      postgres: {
        type: 'postgres',
        address: postgresAddress,
        user: 'postgres',
        password: PASSWORD,
        tls: 'disable',
      },
      redis: { type: 'redis', address: redisAddress, password: PASSWORD, tls: 'disable' },
    };
  });

  after(async () => {
    postgres?.kill('SIGQUIT');
    redis?.kill('SIGKILL');
    silent?.close();
    await settle(300);
    rmSync(dir, { recursive: true, force: true });
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
      assert.match(probe.status().error, /password|WRONGPASS/i);
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
    await settle(500);
    const probe = runner(targets['postgres']!);
    const samples = await round(probe);
    const wait = samples.find((one) => one.labels['__name__'] === 'pg_lock_awaiting_queries');
    assert.equal(wait?.value, 2);
    assert.match(wait?.labels['blocking_query'] ?? '', /LOCK TABLE orders/);
    assert.ok((valueOf(samples, 'pg_latency_seconds', { summary: 'max' }) ?? 0) > 0.2);
    assert.ok(!JSON.stringify(samples).includes('4111'));
    await holder.query('ROLLBACK');
    await Promise.all(waiting);
    await Promise.all([holder, ...waiters].map((one) => one.end()));
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
      redisAddress.split(':')[1]!,
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
});
