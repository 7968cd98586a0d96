import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { after, before, test } from 'node:test';
import type { TraceRow } from '@gumshoe/schema/tables/traces';
import { collected } from '../../processors/testdata/collected.ts';
import { unsupported } from './native.ts';
import type { EbpfReceiver } from './receiver.ts';
import { observe, settled } from './testdata/observe.ts';
import { cannotObserve, freePort, postgresProgram, Sandbox, until } from './testdata/sandbox.ts';

const PYTHON = '/usr/bin/python3';
const workload = (name: string): string =>
  fileURLToPath(new URL(`./testdata/workload/${name}`, import.meta.url));

function skipReason(): string | undefined {
  const reason = cannotObserve() ?? unsupported()[0];
  if (reason) return reason;
  if (!existsSync(PYTHON) || spawnSync(PYTHON, ['-c', 'import psycopg2']).status !== 0) return 'no psycopg2';
  if (spawnSync('redis-server', ['--version']).status !== 0) return 'no redis-server';
  if (spawnSync('nginx', ['-v']).status !== 0) return 'no nginx';
  if (spawnSync(postgresProgram('initdb'), ['--version']).status !== 0) return 'no PostgreSQL';
  return undefined;
}

const skip = skipReason() ?? false;

let sandbox: Sandbox;
let receiver: EbpfReceiver;
let spans: readonly TraceRow[];
const ports = { proxy: 0, frontend: 0, backend: 0, postgres: 0, redis: 0 };

before(async () => {
  if (skip) return;
  sandbox = new Sandbox('receiver');
  // The databases are there before the receiver, the services come after it.
  ports.postgres = await sandbox.startPostgres('postgres');
  ports.redis = await sandbox.startRedis('redis');
  ({ receiver, spans } = observe(sandbox, { cgroups: [sandbox.cgroup] }));
  receiver.start();
  ports.backend = await freePort();
  ports.frontend = await freePort();
  const { backend, frontend, postgres, redis } = ports;
  const python = sandbox.start('backend', [
    PYTHON,
    workload('backend.py'),
    ...[backend, postgres, redis].map(String),
  ]);
  const node = sandbox.start('frontend', [
    process.execPath,
    workload('frontend.mjs'),
    String(frontend),
    String(backend),
  ]);
  await Promise.all([once(python.stdout!, 'data'), once(node.stdout!, 'data')]);
  ports.proxy = await sandbox.startNginx('proxy', frontend);
});

after(async () => {
  await receiver?.stop();
  await sandbox?.stop();
});

interface ClientResult {
  readonly statuses: Readonly<Record<string, number>>;
  readonly totalMs: number;
  readonly maxMs: number;
}

async function runClient(path: string, count: number, connections: number): Promise<ClientResult> {
  const args = [ports.proxy, path, count, connections].map(String);
  const client = sandbox.start('client', [process.execPath, workload('client.mjs'), ...args]);
  let output = '';
  client.stdout!.on('data', (chunk: Buffer) => (output += chunk.toString()));
  await until('the client', () => output.includes('ready\n'));
  client.stdin!.write('go\n');
  await once(client, 'exit');
  return JSON.parse(output.slice(output.indexOf('{'))) as ClientResult;
}

async function samples(): Promise<Record<string, number | string>> {
  await settled(receiver);
  receiver.update(Date.now());
  return collected(receiver);
}

const peer = (port: number): string => `{destination=127.0.0.1:${port},actual_destination=127.0.0.1:${port}`;
const countOf = (histogram: number | string | undefined): number =>
  Number(/n=(\d+)/.exec(String(histogram))?.[1]);

test('every program is attached', { skip }, () => {
  const refused = receiver.programs.filter(({ attached }) => !attached);
  assert.deepEqual(refused, []);
  assert.ok(receiver.programs.length >= 10);
});

test('counts equal what the client sent, at every hop and on both sides', { skip }, async () => {
  const result = await runClient('/checkout', 200, 4);
  assert.deepEqual(result.statuses, { 200: 200 });
  const metrics = await samples();
  const outbound = (unit: string, stem: string, port: number, status: string) =>
    metrics[`${unit} container_${stem}_total${peer(port)},status=${status}}`];
  const inbound = (unit: string, stem: string, status: string) =>
    metrics[`${unit} container_${stem}_total{status=${status}}`];
  assert.equal(outbound('client', 'http_requests', ports.proxy, '200'), 200);
  assert.equal(inbound('proxy', 'http_inbound_requests', '200'), 200);
  assert.equal(outbound('proxy', 'http_requests', ports.frontend, '200'), 200);
  assert.equal(inbound('frontend', 'http_inbound_requests', '200'), 200);
  assert.equal(outbound('frontend', 'http_requests', ports.backend, '200'), 200);
  assert.equal(inbound('backend', 'http_inbound_requests', '200'), 200);
  assert.equal(outbound('backend', 'redis_queries', ports.redis, 'ok'), 200);
  assert.equal(inbound('redis', 'redis_inbound_queries', 'ok'), 200);
  // psycopg2 adds its own statements when it connects, the same on both sides.
  const queries = outbound('backend', 'postgres_queries', ports.postgres, 'ok') as number;
  assert.ok(queries >= 200 && queries <= 200 + 16, `${queries} queries`);
  assert.equal(inbound('postgres', 'postgres_inbound_queries', 'ok'), queries);
  assert.equal(
    countOf(metrics[`client container_http_requests_duration_seconds_total${peer(ports.proxy)}}`]),
    200,
  );
  const seconds = Number(
    /s=([\d.]+)/.exec(
      String(metrics[`client container_http_requests_duration_seconds_total${peer(ports.proxy)}}`]),
    )?.[1],
  );
  assert.ok(
    seconds > 0 && seconds * 1000 <= result.totalMs,
    `${seconds} s against the client's ${result.totalMs} ms`,
  );
  assert.equal(
    metrics[`frontend container_net_tcp_listen_info{listen_addr=127.0.0.1:${ports.frontend},proxy=}`],
    1,
  );
  assert.equal(
    metrics[`redis container_net_tcp_listen_info{listen_addr=127.0.0.1:${ports.redis},proxy=}`],
    1,
  );
});

test('each request is one trace from the client to the databases', { skip }, () => {
  const traces = new Map<string, TraceRow[]>();
  for (const span of spans) traces.set(span.TraceId, [...(traces.get(span.TraceId) ?? []), span]);
  const shape = (trace: readonly TraceRow[]): string => {
    const children = (parent: string): string =>
      trace
        .filter((span) => span.ParentSpanId === parent)
        .map((span) => `${span.ServiceName}:${span.SpanKind}:${span.SpanName}(${children(span.SpanId)})`)
        .sort()
        .join(' ');
    return children('');
  };
  const whole =
    'client:Client:GET /checkout(proxy:Server:GET /checkout(proxy:Client:GET /checkout(' +
    'frontend:Server:GET /checkout(frontend:Client:GET /orders/{id}(' +
    'backend:Server:GET /orders/{id}(backend:Client:GET(redis:Server:GET()) ' +
    'backend:Client:SELECT pg_class(postgres:Server:SELECT pg_class())))))))';
  const complete = [...traces.values()].filter((trace) => shape(trace) === whole).length;
  const text = JSON.stringify(spans);
  assert.ok(!text.includes('secret'), 'a literal or a query string reached a span');
  console.log(`${complete} of 200 requests are one complete tree`);
  assert.ok(complete >= 190, `${complete} complete of ${traces.size} traces`);
});

test('statuses are told apart and a server error fails its spans', { skip }, async () => {
  await runClient('/status/503', 30, 2);
  await runClient('/status/404', 20, 2);
  const metrics = await samples();
  assert.equal(metrics[`client container_http_requests_total${peer(ports.proxy)},status=503}`], 30);
  assert.equal(metrics[`client container_http_requests_total${peer(ports.proxy)},status=404}`], 20);
  assert.equal(metrics['frontend container_http_inbound_requests_total{status=503}'], 30);
  const failed = (kind: string, name: string) =>
    spans.filter((span) => span.SpanKind === kind && span.SpanName === name && span.StatusCode === 'Error')
      .length;
  // Proxy and frontend serve, client and proxy ask; a 404 is the client's own error.
  assert.equal(failed('Server', 'GET /status/{id}'), 2 * 30);
  assert.equal(failed('Client', 'GET /status/{id}'), 2 * (30 + 20));
});

test('connections: opened, refused, and gone with their process', { skip }, async () => {
  const nobody = await freePort();
  const failing = `require('net').connect(${nobody},'127.0.0.1').on('error',()=>process.exit())`;
  await once(sandbox.start('stranger', [process.execPath, '-e', failing]), 'exit');
  const metrics = await samples();
  assert.equal(
    metrics[`stranger container_net_tcp_failed_connects_total{destination=127.0.0.1:${nobody}}`],
    1,
  );
  assert.equal(metrics[`client container_net_tcp_successful_connects_total${peer(ports.proxy)}}`], 8);
  assert.equal(metrics[`client container_net_tcp_active_connections${peer(ports.proxy)}}`], 0);
  assert.equal(metrics[`frontend container_net_tcp_active_connections${peer(ports.backend)}}`], 4);
});

test('a query that waits for a lock shows its age before it ends', { skip }, async () => {
  const psql = [
    postgresProgram('psql'),
    '-h',
    '127.0.0.1',
    '-p',
    String(ports.postgres),
    '-U',
    'shop',
    'postgres',
  ];
  const blocker = sandbox.start('blocker', [...psql, '-q']);
  let answered = '';
  blocker.stdout!.on('data', (chunk: Buffer) => (answered += chunk.toString()));
  blocker.stdin!.write("CREATE TABLE stock (id int); BEGIN; LOCK TABLE stock; SELECT 'locked';\n");
  await until('the lock', () => answered.includes('locked'));
  const waiter = sandbox.start('waiter', [...psql, '-c', 'SELECT count(*) FROM stock']);
  waiter.stdout!.resume();
  const ageOf = (metrics: Record<string, number | string>) =>
    metrics[`waiter container_postgres_queries_in_flight_age_seconds${peer(ports.postgres)}}`] as number;
  let age = 0;
  // long enough to be a slow request
  await until('the age', async () => (age = ageOf(await samples())) >= 0.6);
  assert.ok(age < 600, `${age} s`);
  assert.ok(!spans.some((span) => span.ServiceName === 'waiter'));
  blocker.stdin!.end('COMMIT;\n');
  await once(waiter, 'exit');
  assert.equal(ageOf(await samples()), 0);
  const span = spans.find(
    ({ ServiceName, SpanName }) => ServiceName === 'waiter' && SpanName === 'SELECT stock',
  );
  assert.match(span?.SpanAttributes['gumshoe.kept'] ?? '', /slow/);
  assert.ok(Number(span?.Duration) / 1e9 >= age);
});
