import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { TraceRow } from '@gumshoe/schema/tables/traces';
import { collected } from '../../processors/testdata/collected.ts';
import { unsupported } from './native.ts';
import type { EbpfReceiver } from './receiver.ts';
import { startMariadb, startMemcached } from './testdata/databases.ts';
import { observe, settled } from './testdata/observe.ts';
import { cannotObserve, Sandbox } from './testdata/sandbox.ts';

const COUNT = 30;

function skipReason(): string | undefined {
  const reason = cannotObserve() ?? unsupported()[0];
  if (reason) return reason;
  if (spawnSync('mariadbd', ['--version']).status !== 0) return 'no mariadb-server';
  return spawnSync('memcached', ['--version']).status === 0 ? undefined : 'no memcached';
}

const skip = skipReason() ?? false;

let sandbox: Sandbox;
let receiver: EbpfReceiver;
let spans: readonly TraceRow[];

before(() => {
  if (skip) return;
  sandbox = new Sandbox('databases');
  ({ receiver, spans } = observe(sandbox, { cgroups: [sandbox.cgroup] }));
  receiver.start();
});

after(async () => {
  await receiver?.stop();
  await sandbox?.stop();
});

/** Runs a client of testdata/workload to its end and gives what it printed. */
async function run(unit: string, script: string, port: number): Promise<Record<string, number>> {
  const path = fileURLToPath(new URL(`./testdata/workload/${script}`, import.meta.url));
  const client = sandbox.start(unit, [process.execPath, path, String(port), String(COUNT)]);
  let output = '';
  client.stdout!.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const [code] = (await once(client, 'exit')) as [number];
  assert.equal(code, 0, output);
  await settled(receiver);
  receiver.update(Date.now());
  return JSON.parse(output) as Record<string, number>;
}

const named = (unit: string, name: string): readonly TraceRow[] =>
  spans.filter(({ ServiceName, SpanName }) => ServiceName === unit && SpanName === name);

test('MariaDB: queries, prepared statements and errors as the server counts them', { skip }, async () => {
  const port = await startMariadb(sandbox, 'mariadb');
  const server = await run('mysql-client', 'mysql.mjs', port);
  const metrics = collected(receiver);
  const peer = `destination=127.0.0.1:${port},actual_destination=127.0.0.1:${port}`;
  const count = (status: string) =>
    Number(metrics[`mysql-client container_mysql_queries_total{${peer},status=${status}}`]);
  assert.equal(count('failed'), 2);
  assert.equal(count('ok') + count('failed') >= server['Questions']!, true);
  assert.equal(named('mysql-client', 'INSERT shop.orders').length, server['Com_insert']);
  assert.equal(named('mysql-client', 'PREPARE shop.orders').length, server['Com_stmt_prepare']);
  assert.equal(named('mysql-client', 'SELECT shop.orders').length, server['Com_stmt_execute']);
  assert.equal(named('mariadb', 'SELECT shop.orders').length, server['Com_stmt_execute']);
  const messages = spans
    .filter(({ StatusCode }) => StatusCode === 'Error')
    .map(({ StatusMessage }) => StatusMessage);
  assert.ok(
    messages.some((text) => text.startsWith("1062 (23000): Duplicate entry '?'")),
    messages.join('; '),
  );
  assert.ok(messages.includes("1146 (42S02): Table 'shop.missing' doesn't exist"), messages.join('; '));
  assert.ok(!JSON.stringify(spans).includes('secret'), 'a literal reached a span');
});

test('memcached: text, meta and binary commands as the server counts them', { skip }, async () => {
  const port = await startMemcached(sandbox, 'memcached');
  const server = await run('memcached-client', 'memcached.mjs', port);
  const metrics = collected(receiver);
  const peer = `destination=127.0.0.1:${port},actual_destination=127.0.0.1:${port}`;
  const count = (status: string) =>
    Number(metrics[`memcached-client container_memcached_queries_total{${peer},status=${status}}`]);
  assert.equal(named('memcached-client', 'set').length, server['sets']);
  const gets = named('memcached-client', 'get').length + named('memcached-client', 'mg').length;
  // A get of two keys counts twice at the server.
  assert.equal(gets + COUNT, server['gets']);
  assert.equal(count('failed'), 1);
  assert.equal(count('ok'), server['sets']! + gets + 1);
  assert.ok(!JSON.stringify(spans).includes('secret'), 'a value reached a span');
});
