import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { TraceRow } from '@gumshoe/schema/tables/traces';
import { collected } from '../../processors/testdata/collected.ts';
import { unsupported } from './native.ts';
import type { EbpfReceiver } from './receiver.ts';
import { observe, settled } from './testdata/observe.ts';
import { cannotObserve, freePort, Sandbox, until } from './testdata/sandbox.ts';

const skip = cannotObserve() ?? unsupported()[0] ?? false;
const COUNT = 40;

const path = (name: string): string => fileURLToPath(new URL(`./testdata/workload/${name}`, import.meta.url));

let sandbox: Sandbox;
let receiver: EbpfReceiver;
let spans: readonly TraceRow[];
let metrics: Record<string, number | string>;
let answered: { mongodb: number; kafka: number; cassandra: number };
const ports = { mongodb: 0, kafka: 0, cassandra: 0 };

before(async () => {
  if (skip) return;
  sandbox = new Sandbox('wire');
  ({ receiver, spans } = observe(sandbox, { cgroups: [sandbox.cgroup] }));
  receiver.start();
  for (const name of ['mongodb', 'kafka', 'cassandra'] as const) ports[name] = await freePort();
  const script = (name: string) => [
    process.execPath,
    path(`${name}.ts`),
    ...Object.values(ports).map(String),
  ];
  const servers = sandbox.start('servers', script('wire-servers'));
  let output = '';
  servers.stdout!.on('data', (chunk: Buffer) => (output += chunk.toString()));
  await until('the servers', () => output.includes('ready'));
  const clients = sandbox.start('clients', script('wire-clients'));
  const [code] = (await once(clients, 'exit')) as [number];
  assert.equal(code, 0);
  servers.stdin!.end();
  await once(servers, 'exit');
  answered = JSON.parse(output.slice(output.indexOf('{'))) as typeof answered;
  await settled(receiver);
  receiver.update(Date.now());
  metrics = collected(receiver);
});

after(async () => {
  await receiver?.stop();
  await sandbox?.stop();
});

const sent = (metric: string, port: number, status: string): number | string | undefined =>
  metrics[
    `clients ${metric}{destination=127.0.0.1:${port},actual_destination=127.0.0.1:${port},status=${status}}`
  ];
const named = (unit: string, name: string): readonly TraceRow[] =>
  spans.filter(({ ServiceName, SpanName }) => ServiceName === unit && SpanName === name);

test("MongoDB's official client against an in-process server of its wire format", { skip }, () => {
  assert.equal(named('clients', 'insert orders').length, COUNT);
  assert.equal(named('clients', 'find orders').length, COUNT);
  assert.equal(named('servers', 'find orders').length, COUNT);
  const [failed] = named('clients', 'count orders');
  assert.equal(failed?.StatusMessage, '59 (CommandNotFound): no such command');
  assert.equal(sent('container_mongo_queries_total', ports.mongodb, 'failed'), 1);
  const all = Number(sent('container_mongo_queries_total', ports.mongodb, 'ok')) + 1;
  assert.ok(all >= 2 * COUNT + 1 && all <= answered.mongodb, `${all} of ${answered.mongodb}`);
});

test('the kafkajs client against an in-process broker of the wire format', { skip }, () => {
  assert.equal(named('clients', 'Produce orders').length, COUNT);
  assert.equal(named('servers', 'Produce orders').length, COUNT);
  assert.equal(sent('container_kafka_requests_total', ports.kafka, 'ok'), answered.kafka);
  assert.equal(named('clients', 'Produce orders')[0]?.SpanAttributes['messaging.client.id'], 'shop-api');
});

test(
  'Cassandra v4 and v5 by hand against an in-process server that answers in another order',
  { skip },
  () => {
    assert.equal(named('clients', 'PREPARE shop.users').length, 1);
    // One execution on a connection with v4, two in frames of v5, all known by the id of the preparation.
    assert.equal(named('clients', 'INSERT shop.users').length, 3);
    assert.equal(named('clients', 'SELECT shop.orders').length, COUNT + 7);
    const failed = named('clients', 'SELECT shop.orders').filter(({ StatusCode }) => StatusCode === 'Error');
    assert.deepEqual(
      failed.map(({ StatusMessage }) => StatusMessage),
      Array<string>(3).fill('0x2200 Invalid'),
    );
    assert.equal(sent('container_cassandra_queries_total', ports.cassandra, 'failed'), 3);
    assert.equal(sent('container_cassandra_queries_total', ports.cassandra, 'ok'), COUNT + 8);
  },
);

for (const [protocol, spanName, metric] of [
  ['kafka', 'Fetch orders', 'container_kafka'],
  ['mongodb', 'find orders', 'container_mongo'],
] as const) {
  test(
    `${protocol}: headers written and read apart from their bodies, against an in-process server`,
    { skip },
    async () => {
      const port = await freePort();
      const server = sandbox.start(`${protocol}-server`, [
        '/usr/bin/python3',
        path('apart.py'),
        protocol,
        String(port),
      ]);
      await once(server.stdout!, 'data');
      const args = [protocol, String(port), String(COUNT)];
      await once(sandbox.start(`${protocol}-client`, [process.execPath, path('apart.ts'), ...args]), 'exit');
      await settled(receiver);
      receiver.update(Date.now());
      const counts = collected(receiver);
      const kind = protocol === 'kafka' ? 'requests' : 'queries';
      const peer = `destination=127.0.0.1:${port},actual_destination=127.0.0.1:${port}`;
      assert.equal(counts[`${protocol}-client ${metric}_${kind}_total{${peer},status=ok}`], COUNT);
      assert.equal(counts[`${protocol}-server ${metric}_inbound_${kind}_total{status=ok}`], COUNT);
      assert.equal(named(`${protocol}-client`, spanName).length, COUNT);
      assert.equal(named(`${protocol}-server`, spanName).length, COUNT);
    },
  );
}

test('no value of any request reached a span', { skip }, () => {
  assert.ok(!JSON.stringify(spans).includes('secret'));
});
