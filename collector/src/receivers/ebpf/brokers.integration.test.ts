import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { TraceRow } from '@gumshoe/schema/tables/traces';
import { collected } from '../../processors/testdata/collected.ts';
import { unsupported } from './native.ts';
import type { EbpfReceiver } from './receiver.ts';
import { startNats, startRabbit } from './testdata/brokers.ts';
import { observe, settled } from './testdata/observe.ts';
import { cannotObserve, Sandbox } from './testdata/sandbox.ts';

const RABBIT = '/usr/lib/rabbitmq/bin/rabbitmq-server';
const COUNT = 200;

function skipReason(): string | undefined {
  const reason = cannotObserve() ?? unsupported()[0];
  if (reason) return reason;
  if (spawnSync('nats-server', ['--version']).status !== 0) return 'no nats-server';
  return existsSync(RABBIT) ? undefined : 'no rabbitmq-server';
}

const skip = skipReason() ?? false;

let sandbox: Sandbox;
let receiver: EbpfReceiver;
let spans: readonly TraceRow[];

before(() => {
  if (skip) return;
  sandbox = new Sandbox('brokers');
  ({ receiver, spans } = observe(sandbox, { cgroups: [sandbox.cgroup] }));
  receiver.start();
});

after(async () => {
  await receiver?.stop();
  await sandbox?.stop();
});

/** Runs a client of testdata/workload to its end and gives what it printed. */
async function run(unit: string, script: string, port: number): Promise<Record<string, unknown>> {
  const path = fileURLToPath(new URL(`./testdata/workload/${script}`, import.meta.url));
  const client = sandbox.start(unit, [process.execPath, path, String(port), String(COUNT)]);
  let output = '';
  client.stdout!.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const [code] = (await once(client, 'exit')) as [number];
  assert.equal(code, 0, output);
  return JSON.parse(output) as Record<string, unknown>;
}

/** Messages that a unit sent or received, as its own side counts them. */
async function messages(unit: string, metric: string, port: number, method: string): Promise<unknown> {
  await settled(receiver);
  receiver.update(Date.now());
  const peer = `destination=127.0.0.1:${port},actual_destination=127.0.0.1:${port}`;
  return collected(receiver)[`${unit} ${metric}{${peer},status=ok,method=${method}}`];
}

const named = (unit: string, name: string): readonly TraceRow[] =>
  spans.filter(({ ServiceName, SpanName }) => ServiceName === unit && SpanName === name);

test('NATS: publications and deliveries as the server itself counts them', { skip }, async () => {
  const { port, monitoring } = await startNats(sandbox, 'nats');
  const { missing } = await run('nats-client', 'nats.mjs', port);
  assert.equal(missing, '503');
  const server = (await (await fetch(`http://127.0.0.1:${monitoring}/varz`)).json()) as Record<
    string,
    number
  >;
  assert.equal(
    await messages('nats-client', 'container_nats_messages_total', port, 'produce'),
    server['in_msgs'],
  );
  // The server makes the 503 for the request that nobody answers itself, and does not count it as a message.
  const consumed = await messages('nats-client', 'container_nats_messages_total', port, 'consume');
  assert.equal(consumed, server['out_msgs']! + 1);
  assert.equal(named('nats-client', 'publish orders.*.paid').length, COUNT);
  assert.equal(named('nats-client', 'deliver orders.*.paid').length, COUNT);
  assert.equal(named('nats-client', 'request stock.check').length, 1);
  assert.ok(spans.some(({ StatusMessage }) => StatusMessage === '503: no responders'));
  assert.ok(!JSON.stringify(spans).includes('secret'), 'a payload reached a span');
});

test('RabbitMQ: publications and deliveries as its queues count them', { skip }, async () => {
  const { port } = await startRabbit(sandbox, 'rabbit');
  const { delivered, messageCount } = await run('rabbit-client', 'rabbit.mjs', port);
  assert.deepEqual({ delivered, messageCount }, { delivered: COUNT, messageCount: 0 });
  assert.equal(
    await messages('rabbit-client', 'container_rabbitmq_messages_total', port, 'produce'),
    COUNT + 1,
  );
  assert.equal(
    await messages('rabbit-client', 'container_rabbitmq_messages_total', port, 'consume'),
    COUNT + 1,
  );
  assert.equal(named('rabbit-client', 'publish orders').length, COUNT);
  assert.equal(named('rabbit-client', 'publish rest').length, 1);
  assert.equal(named('rabbit-client', 'deliver orders').length, COUNT);
  assert.equal(named('rabbit-client', 'get-ok rest').length, 1);
  assert.ok(!JSON.stringify(spans).includes('secret'), 'a payload reached a span');
});
