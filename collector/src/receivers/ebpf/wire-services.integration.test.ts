import assert from 'node:assert/strict';
import { once } from 'node:events';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { TraceRow } from '@gumshoe/schema/tables/traces';
import { collected } from '../../processors/testdata/collected.ts';
import { unsupported } from './native.ts';
import type { EbpfReceiver } from './receiver.ts';
import { observe, settled } from './testdata/observe.ts';
import { cannotObserve, freePort, Sandbox, until } from './testdata/sandbox.ts';

const skip = cannotObserve() ?? unsupported()[0] ?? false;
const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const WIRE = path('../../../../bpf/test/servers/wire.mjs');
const NODE = process.execPath;

let sandbox: Sandbox;
let receiver: EbpfReceiver;
let spans: readonly TraceRow[];

before(() => {
  if (skip) return;
  sandbox = new Sandbox('wire-services');
  ({ receiver, spans } = observe(sandbox, { cgroups: [sandbox.cgroup] }));
  receiver.start();
  receiver.update(Date.now());
});

after(async () => {
  await receiver?.stop();
  await sandbox?.stop();
});

async function serve(unit: string, command: readonly string[], ready: RegExp): Promise<string> {
  let output = '';
  sandbox.start(unit, command).stdout!.on('data', (chunk: Buffer) => (output += chunk.toString()));
  await until(unit, () => ready.test(output));
  return output;
}

/** What a client prints at its end. */
async function run(unit: string, command: readonly string[]): Promise<Record<string, number>> {
  const client = sandbox.start(unit, command);
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
const spansOf = (service: string, name: string): readonly TraceRow[] =>
  spans.filter(({ ServiceName, SpanName }) => ServiceName === service && SpanName === name);

const started = async (protocol: string, rounds: string): Promise<number> => {
  const port = await freePort();
  await serve(`${protocol}-server`, [NODE, WIRE, protocol, 'serve', String(port)], /ready/);
  await run(`${protocol}-client`, [NODE, WIRE, protocol, 'load', String(port), rounds]);
  return port;
};

test('Dubbo 2 of an in-process server: calls by service and method, on both sides', { skip }, async () => {
  const port = await started('dubbo2', '20');
  const metrics = await samples();
  for (const status of ['ok', 'failed']) {
    assert.equal(metrics[`dubbo2-client container_dubbo_requests_total{${peer(port)},status=${status}}`], 40);
    assert.equal(metrics[`dubbo2-server container_dubbo_inbound_requests_total{status=${status}}`], 40);
  }
  const calls = spansOf('dubbo2-client', 'shop.api.OrderService/place');
  assert.equal(calls.length, 80);
  assert.equal(calls.filter(({ StatusMessage }) => StatusMessage === 'SERVICE_ERROR').length, 40);
  assert.equal(spansOf('dubbo2-server', 'shop.api.OrderService/place').length, 80);
});

test('ClickHouse native of an in-process server: statements, exceptions and pings', { skip }, async () => {
  const port = await started('clickhouse', '30');
  const metrics = await samples();
  const counted = (status: string) =>
    metrics[`clickhouse-client container_clickhouse_queries_total{${peer(port)},status=${status}}`];
  assert.deepEqual([counted('ok'), counted('failed')], [20, 10]);
  assert.equal(spansOf('clickhouse-server', 'SELECT shop.orders').length, 10);
  const [failed] = spansOf('clickhouse-client', 'SELECT missing');
  assert.equal(failed?.StatusMessage, '60: DB::Exception');
  assert.equal(spansOf('clickhouse-client', 'PING').length, 10);
});

test('FoundationDB of an in-process server: reads and commits', { skip }, async () => {
  const port = await started('foundationdb', '25');
  const metrics = await samples();
  const counted = `foundationdb-client container_foundationdb_requests_total{${peer(port)},status=ok}`;
  assert.equal(metrics[counted], 75);
  assert.equal(spansOf('foundationdb-client', 'GetValue').length, 50);
  assert.equal(spansOf('foundationdb-server', 'CommitTransaction').length, 25);
});

test("ClickHouse's official client and the embedded store: statements over HTTP", { skip }, async () => {
  const port = await freePort();
  const listen = ['--clickhouse-listen', `127.0.0.1:${port}`, '--prometheus-listen', '127.0.0.1:0'];
  const store = [NODE, path('../../embedded/main.ts'), '--data', join(sandbox.folder, 'store'), ...listen];
  const { clickhouse } = JSON.parse(await serve('store', store, /\n/)) as { clickhouse: string };
  const workload = path('./testdata/workload/clickhouse.ts');
  const { requests, failed } = await run('store-client', [NODE, workload, clickhouse, '10']);
  assert.deepEqual([requests, failed], [31, 10]);
  const metrics = await samples();
  const counted = (status: number) =>
    metrics[`store-client container_http_requests_total{${peer(port)},status=${status}}`];
  assert.deepEqual([counted(200), counted(404)], [21, 10]);
  for (const side of ['store-client', 'store']) {
    assert.equal(spansOf(side, 'INSERT default.orders').length, 10);
    assert.equal(spansOf(side, 'SELECT default.orders').length, 10);
    const missing = spansOf(side, 'SELECT missing');
    assert.equal(missing.length, 10);
    assert.equal(missing[0]?.SpanAttributes['db.system.name'], 'clickhouse');
    assert.equal(missing[0]?.SpanAttributes['http.response.status_code'], '404');
  }
});

test('no value of any request reached a span', { skip }, () => {
  assert.ok(spans.length > 0 && !JSON.stringify(spans).includes('secret'));
});
