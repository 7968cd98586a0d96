import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { TraceRow } from '@gumshoe/schema/tables/traces';
import { collected } from '../../processors/testdata/collected.ts';
import { unsupported } from './native.ts';
import type { EbpfReceiver } from './receiver.ts';
import { observe, settled } from './testdata/observe.ts';
import { accepts, cannotObserve, freePort, Sandbox, until } from './testdata/sandbox.ts';

const CONNECTIONS = 8;
const skip =
  cannotObserve() ?? unsupported()[0] ?? (spawnSync('haproxy', ['-v']).error ? 'no haproxy' : false);

let sandbox: Sandbox;
let receiver: EbpfReceiver;
let spans: readonly TraceRow[];

before(() => {
  if (skip) return;
  sandbox = new Sandbox('proxies');
  ({ receiver, spans } = observe(sandbox, { cgroups: [sandbox.cgroup] }));
  receiver.start();
});

after(async () => {
  await receiver?.stop();
  await sandbox?.stop();
});

const workload = (name: string): string =>
  fileURLToPath(new URL(`./testdata/workload/${name}`, import.meta.url));

/** HAProxy in front of `upstream`, keep-alive and shared connections on both sides, its counters on a socket. */
async function startHaproxy(upstream: number): Promise<{ readonly port: number; readonly stats: string }> {
  const port = await freePort();
  const stats = join(sandbox.folder, 'haproxy.sock');
  const file = join(sandbox.folder, 'haproxy.cfg');
  writeFileSync(
    file,
    `global
  nbthread 2
  stats socket ${stats} mode 600 level user
defaults
  mode http
  option http-ignore-probes
  timeout connect 5s
  timeout client 30s
  timeout server 30s
frontend shop
  bind 127.0.0.1:${port}
  default_backend shop
backend shop
  http-reuse always
  server one 127.0.0.1:${upstream}
`,
  );
  sandbox.start('haproxy', ['haproxy', '-db', '-q', '-f', file], { unprivileged: true }).stdout?.resume();
  await until('HAProxy', () => accepts(port));
  return { port, stats };
}

/** Responses by class, as HAProxy itself counts them for one of its proxies. */
async function haproxyCounts(socket: string, proxy: 'FRONTEND' | 'BACKEND'): Promise<Record<string, number>> {
  const connection = connect(socket);
  connection.write('show stat\n');
  const [head = '', ...rows] = (await text(connection)).split('\n');
  const names = head.replace('# ', '').split(',');
  const row = rows.find((line) => line.startsWith(`shop,${proxy},`))?.split(',') ?? [];
  return Object.fromEntries(
    ['hrsp_2xx', 'hrsp_4xx', 'hrsp_5xx'].map((name) => [name, Number(row[names.indexOf(name)])]),
  );
}

async function request(port: number, path: string, count: number): Promise<void> {
  const client = sandbox.start('client', [
    process.execPath,
    workload('client.mjs'),
    ...[String(port), path, String(count), String(CONNECTIONS)],
  ]);
  await once(client.stdout!, 'data');
  client.stdin!.write('\n');
  client.stdout!.resume();
  await once(client, 'exit');
}

test(
  'HAProxy: as many requests by status as it counts itself, on both sides, in one tree',
  { skip },
  async () => {
    const upstream = await freePort();
    const server = sandbox.start('server', [
      process.execPath,
      workload('frontend.mjs'),
      String(upstream),
      '1',
    ]);
    server.stdout?.resume();
    await until('the server', () => accepts(upstream));
    const { port, stats } = await startHaproxy(upstream);
    for (const [path, count] of [
      ['/status/200', 400],
      ['/status/404', 40],
      ['/status/503', 30],
    ] as const)
      await request(port, path, count);
    await settled(receiver);
    receiver.update(Date.now());
    const metrics = await collected(receiver);
    const expected = { hrsp_2xx: 400, hrsp_4xx: 40, hrsp_5xx: 30 };
    assert.deepEqual(await haproxyCounts(stats, 'FRONTEND'), expected);
    assert.deepEqual(await haproxyCounts(stats, 'BACKEND'), expected);
    const peer = (to: number): string => `destination=127.0.0.1:${to},actual_destination=127.0.0.1:${to}`;
    for (const [status, count] of [
      [200, 400],
      [404, 40],
      [503, 30],
    ]) {
      const seen = [
        `client container_http_requests_total{${peer(port)},status=${status}}`,
        `haproxy container_http_inbound_requests_total{status=${status}}`,
        `haproxy container_http_requests_total{${peer(upstream)},status=${status}}`,
        `server container_http_inbound_requests_total{status=${status}}`,
      ].map((name) => metrics[name]);
      assert.deepEqual(seen, [count, count, count, count], `status ${status}`);
    }
    const traces = Map.groupBy(spans, ({ TraceId }) => TraceId);
    const whole = [...traces.values()].filter(
      (trace) => trace.length === 4 && trace.filter(({ ParentSpanId }) => ParentSpanId === '').length === 1,
    );
    console.log(`${whole.length} of 470 requests are one complete tree`);
    assert.ok(whole.length >= 0.95 * 470, `${whole.length} whole of ${traces.size} traces`);
  },
);
