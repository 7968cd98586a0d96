import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { TraceRow } from '@gumshoe/schema/tables/traces';
import { collected } from '../../processors/testdata/collected.ts';
import { unsupported } from './native.ts';
import type { EbpfReceiver } from './receiver.ts';
import { observe, settled } from './testdata/observe.ts';
import { accepts, cannotObserve, freePort, Sandbox, until } from './testdata/sandbox.ts';

const COUNT = 100;
/** A loopback address of its own: DNS has one port. */
const DNS_SERVER = '127.77.1.53';

const skip = cannotObserve() ?? unsupported()[0] ?? false;
const without = (...command: readonly [string, ...string[]]): string | false => {
  if (skip) return skip;
  const [program, ...args] = command;
  return spawnSync(program, args).error ? `no ${program}` : false;
};

let sandbox: Sandbox;
let receiver: EbpfReceiver;
let spans: readonly TraceRow[];

before(() => {
  if (skip) return;
  sandbox = new Sandbox('services');
  ({ receiver, spans } = observe(sandbox, { cgroups: [sandbox.cgroup] }));
  receiver.start();
});

after(async () => {
  await receiver?.stop();
  await sandbox?.stop();
});

const workload = (name: string): string =>
  fileURLToPath(new URL(`./testdata/workload/${name}`, import.meta.url));

async function run(
  unit: string,
  script: string,
  ...args: readonly string[]
): Promise<Record<string, number>> {
  const client = sandbox.start(unit, [process.execPath, workload(script), ...args]);
  let output = '';
  client.stdout!.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const [code] = (await once(client, 'exit')) as [number];
  assert.equal(code, 0, output);
  return JSON.parse(output) as Record<string, number>;
}

async function samples(): Promise<Record<string, number | string>> {
  await settled(receiver);
  receiver.update(Date.now());
  return collected(receiver);
}

const peer = (port: number): string => `destination=127.0.0.1:${port},actual_destination=127.0.0.1:${port}`;
const countOf = (histogram: number | string | undefined): number =>
  Number(/n=(\d+)/.exec(String(histogram))?.[1]);
const spansOf = (service: string): readonly TraceRow[] =>
  spans.filter(({ ServiceName }) => ServiceName === service);

test(
  'MariaDB: as many statements as the server itself counts, on both sides',
  { skip: without('mariadbd', '--version') },
  async () => {
    const port = await freePort();
    const data = join(sandbox.folder, 'mysql');
    const options = [`--datadir=${data}`, `--socket=${join(sandbox.folder, 'mysql.sock')}`];
    const install = sandbox.start(
      'mariadb',
      [
        'mariadb-install-db',
        '--no-defaults',
        `--datadir=${data}`,
        '--auth-root-authentication-method=normal',
        '--skip-test-db',
      ],
      { unprivileged: true },
    );
    install.stdout?.resume();
    await once(install, 'exit');
    sandbox
      .start(
        'mariadb',
        [
          'mariadbd',
          '--no-defaults',
          ...options,
          `--port=${port}`,
          '--bind-address=127.0.0.1',
          '--innodb-flush-log-at-trx-commit=0',
        ],
        { unprivileged: true },
      )
      .stdout?.resume();
    await until('MariaDB', () => accepts(port));
    const { questions, failed } = await run(
      'mysql-client',
      'mysql-statements.mjs',
      String(port),
      String(COUNT),
    );
    const metrics = await samples();
    const client = (status: string): number =>
      (metrics[`mysql-client container_mysql_queries_total{${peer(port)},status=${status}}`] ?? 0) as number;
    const server = (status: string): number =>
      (metrics[`mariadb container_mysql_inbound_queries_total{status=${status}}`] ?? 0) as number;
    assert.equal(failed, COUNT / 10);
    assert.deepEqual([client('failed'), server('failed')], [failed, failed]);
    // The server counts the second question about itself, but not the first; PREPARE is no question to it.
    const prepares = 1;
    assert.equal(client('ok') + client('failed'), questions! + 1 + prepares);
    assert.equal(server('ok'), client('ok'));
    const { length: executed } = spansOf('mysql-client').filter(
      ({ SpanAttributes }) => SpanAttributes['db.query.text'] === 'SELECT ? AS n',
    );
    assert.ok(executed >= COUNT, `${executed} spans of the prepared statement`);
  },
);

test(
  'memcached: as many commands as the server itself counts',
  { skip: without('memcached', '-V') },
  async () => {
    const port = await freePort();
    sandbox
      .start('memcached', ['memcached', '-l', '127.0.0.1', '-p', String(port), '-U', '0', '-m', '16'], {
        unprivileged: true,
      })
      .stdout?.resume();
    await until('memcached', () => accepts(port));
    const { get, set, incr } = await run(
      'memcached-client',
      'memcached-commands.mjs',
      String(port),
      String(COUNT),
    );
    const metrics = await samples();
    const STATS = 1;
    const asked = (get ?? 0) + (set ?? 0) + STATS;
    const client = `memcached-client container_memcached_queries_total{${peer(port)},status=`;
    assert.equal(get, 2 * COUNT + COUNT / 4);
    assert.equal(metrics[`${client}ok}`], asked);
    // incr of a text is the client's error
    assert.deepEqual([metrics[`${client}failed}`], incr], [1, 0]);
    assert.equal(metrics['memcached container_memcached_inbound_queries_total{status=ok}'], asked);
  },
);

test(
  'DNS: as many queries as dnsmasq logs, over UDP and TCP',
  { skip: without('dnsmasq', '--version') },
  async () => {
    const log = join(sandbox.folder, 'dnsmasq.log');
    const records = [
      '--address=/shop.test/10.1.2.3',
      '--local=/test/',
      '--no-resolv',
      '--no-hosts',
      '--cache-size=0',
    ];
    const where = [
      `--listen-address=${DNS_SERVER}`,
      '--bind-interfaces',
      '--keep-in-foreground',
      '--user=root',
      '--conf-file=/dev/null',
      `--pid-file=${join(sandbox.folder, 'dnsmasq.pid')}`,
    ];
    sandbox
      .start('dnsmasq', ['dnsmasq', ...where, ...records, '--log-queries', `--log-facility=${log}`])
      .stdout?.resume();
    await until('dnsmasq', () => spawnSync('grep', ['-q', 'started', log]).status === 0);
    const outcomes = await run('dns-client', 'dns.mjs', DNS_SERVER, String(COUNT));
    assert.deepEqual(outcomes, { ok: COUNT, ENOTFOUND: COUNT });
    const logged = readFileSync(log, 'utf8').match(/query\[A\]/g)?.length;
    assert.equal(logged, 2 * COUNT + 1);
    const metrics = await samples();
    const count = (domain: string, status: string) =>
      metrics[
        `dns-client container_dns_requests_total{request_type=TypeA,domain=${domain},status=${status}}`
      ];
    assert.deepEqual([count('shop.test', 'ok'), count('missing.test', 'nxdomain')], [COUNT + 1, COUNT]);
    assert.equal(countOf(metrics['dns-client container_dns_requests_duration_seconds_total{}']), logged);
    assert.equal(metrics['dnsmasq container_dns_inbound_requests_total{status=ok}'], COUNT + 1);
    assert.equal(metrics['dnsmasq container_dns_inbound_requests_total{status=nxdomain}'], COUNT);
    const names = [...receiver.nodeSamples()].map(
      ([{ name }, labels]) => `${name} ${labels['ip']} ${labels['fqdn']}`,
    );
    assert.deepEqual(names, ['ip_to_fqdn 10.1.2.3 shop.test']);
  },
);

test('gRPC: codes, streams and contexts as grpc-js has them, on both sides', { skip }, async () => {
  const port = await freePort();
  const server = sandbox.start('grpc-server', [
    process.execPath,
    workload('grpc.mjs'),
    'serve',
    String(port),
  ]);
  await once(server.stdout!, 'data');
  const codes = await run('grpc-client', 'grpc.mjs', String(port), String(COUNT));
  assert.deepEqual(codes, { 0: (COUNT * 3) / 4 + 12, 5: COUNT / 4 });
  const metrics = await samples();
  for (const [code, count] of Object.entries(codes)) {
    const status = `status=grpc:${code === '0' ? 'OK' : 'NOT_FOUND'}`;
    assert.equal(metrics[`grpc-client container_http_requests_total{${peer(port)},${status}}`], count);
    assert.equal(metrics[`grpc-server container_http_inbound_requests_total{${status}}`], count);
  }
  const [asked, served] = [spansOf('grpc-client'), spansOf('grpc-server')];
  assert.deepEqual([asked.length, served.length], [COUNT + 12, COUNT + 12]);
  const timed = metrics[`grpc-client container_http_requests_duration_seconds_total{${peer(port)}}`];
  assert.equal(countOf(timed), COUNT + 11, 'a call that streams in both directions is not timed');
  assert.deepEqual(
    asked.filter((span) => span.SpanAttributes['gumshoe.blocking']).map(({ SpanName }) => SpanName),
    ['shop.Orders/Talk'],
  );
  const parents = new Set(asked.map(({ SpanId }) => SpanId));
  assert.ok(served.every(({ ParentSpanId }) => parents.has(ParentSpanId)));
  const traced = asked.filter(({ TraceId }) => TraceId === '4bf92f3577b34da6a3ce929d0e0e4736');
  assert.deepEqual(
    traced.map(({ ParentSpanId, SpanName }) => [ParentSpanId, SpanName]),
    [['00f067aa0ba902b7', 'shop.Orders/Get']],
  );
  assert.equal(served.filter(({ TraceId }) => TraceId === '4bf92f3577b34da6a3ce929d0e0e4736').length, 1);
});

test(
  'Redis: RESP3, pushes, inline commands and pipelines as the server counts them',
  { skip: without('redis-server', '--version') },
  async () => {
    const port = await sandbox.startRedis('redis');
    const { commands } = await run('redis-client', 'redis.mjs', String(port), String(COUNT));
    const metrics = await samples();
    // the server counts INFO itself only afterwards: the first one, and not the last
    const LAST_INFO = 1;
    const client = `redis-client container_redis_queries_total{${peer(port)},status=ok}`;
    assert.equal(metrics[client], commands! + LAST_INFO);
    assert.equal(metrics['redis container_redis_inbound_queries_total{status=ok}'], commands! + LAST_INFO);
  },
);
