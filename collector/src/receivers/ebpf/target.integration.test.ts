import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { collected } from '../../processors/testdata/collected.ts';
import { unsupported } from './native.ts';
import type { TargetSelection } from './target.ts';
import { observe, settled } from './testdata/observe.ts';
import { cannotObserve, freePort, Sandbox, until } from './testdata/sandbox.ts';

const skip =
  cannotObserve() ?? unsupported()[0] ?? (existsSync('/usr/bin/redis-server') ? false : 'no redis-server');

let sandbox: Sandbox;
let port = 0;

before(async () => {
  if (skip) return;
  sandbox = new Sandbox('target');
  port = await sandbox.startRedis('redis');
});
after(async () => {
  if (!skip) await sandbox.stop();
});

const REQUESTS = 40;

/** Sends commands over two connections from a unit of its own. */
async function ask(unit: string, count = REQUESTS): Promise<void> {
  const args = ['-p', String(port), '-c', '2', '-n', String(count), '-t', 'get', '-q'];
  const client = sandbox.start(unit, ['redis-benchmark', ...args]);
  client.stdout!.resume();
  await once(client, 'exit');
}

async function seen(selection: Partial<TargetSelection>, act: () => Promise<void>) {
  const { receiver, spans } = observe(sandbox, selection);
  receiver.start();
  try {
    await act();
    await settled(receiver);
    receiver.update(Date.now());
    return { metrics: collected(receiver), spans };
  } finally {
    await receiver.stop();
  }
}

const total = (metrics: Record<string, number | string>, prefix: string): number =>
  Object.entries(metrics)
    .filter(([name]) => name.startsWith(prefix))
    .reduce((sum, [, value]) => sum + Number(value), 0);

/** redis-benchmark asks for the configuration first, once per connection it opens for that. */
const EXTRA = 2;

test('a cgroup: its own processes and nobody else', { skip }, async () => {
  const { metrics, spans } = await seen({ cgroups: [`${sandbox.cgroup}/redis.service`] }, () =>
    ask('outside'),
  );
  const inbound = total(metrics, 'redis container_redis_inbound_queries_total');
  assert.ok(inbound >= REQUESTS && inbound <= REQUESTS + EXTRA, `${inbound} queries`);
  assert.equal(total(metrics, 'outside '), 0);
  assert.deepEqual(
    [...new Set(spans.map((span) => `${span.ServiceName} ${span.SpanKind}`))],
    ['redis Server'],
  );
  // The client is not observed, so its span is not there to be a parent.
  assert.ok(spans.every((span) => span.ParentSpanId === ''));
});

test('a process and the children it starts later', { skip }, async () => {
  const script = 'read go; redis-cli -p "$0" -r 10 get k >/dev/null; echo done; read go';
  const shell: ChildProcess = sandbox.start('shell', ['sh', '-c', script, String(port)]);
  let said = '';
  shell.stdout!.on('data', (chunk: Buffer) => (said += chunk.toString()));
  await until('the shell', () => sandbox.processes('shell').length === 1);
  const { metrics } = await seen({ pids: [shell.pid!] }, async () => {
    shell.stdin!.write('go\n');
    await ask('outside');
    await until('redis-cli to end', () => said.includes('done'));
  });
  shell.stdin!.end('go\n');
  const asked = total(metrics, 'shell container_redis_queries_total');
  assert.ok(asked >= 10 && asked <= 10 + EXTRA, `${asked} queries`);
  assert.equal(total(metrics, 'outside ') + total(metrics, 'redis '), 0);
});

const noIp = spawnSync('ip', ['-V']).status !== 0 && 'no ip command';

test(
  'a network namespace: its own address is a destination, its loopback is not',
  { skip: skip || noIp },
  async () => {
    const name = `gumshoe-test-${process.pid}`;
    const inside = await freePort();
    const ip = (...words: readonly string[]) =>
      assert.equal(spawnSync('ip', words).status, 0, words.join(' '));
    const redis = (...words: readonly string[]) => ['ip', 'netns', 'exec', name, ...words];
    const get = (host: string) => redis('redis-cli', '-h', host, '-p', String(inside), '-r', '7', 'get', 'k');
    ip('netns', 'add', name);
    try {
      ip('-n', name, 'link', 'set', 'lo', 'up');
      ip('-n', name, 'address', 'add', '10.99.0.1/32', 'dev', 'lo');
      const open = ['--port', String(inside), '--save', '', '--bind', '0.0.0.0', '--protected-mode', 'no'];
      sandbox.start('private', redis('redis-server', ...open)).stdout!.resume();
      const [ping = '', ...words] = redis('redis-cli', '-p', String(inside), 'ping');
      await until('Redis in the namespace', () => spawnSync(ping, words).status === 0);
      const { metrics, spans } = await seen({ netns: [name] }, async () => {
        for (const host of ['127.0.0.1', '10.99.0.1']) {
          const client = sandbox.start('inner', get(host));
          client.stdout!.resume();
          await once(client, 'exit');
        }
        await ask('outside');
      });
      assert.equal(total(metrics, 'outside ') + total(metrics, 'redis '), 0);
      const spansOf = (unit: string) =>
        spans.filter((span) => span.ServiceName === unit && span.SpanName === 'GET');
      assert.equal(spansOf('inner').length, 14);
      assert.equal(spansOf('private').length, 14);
      assert.equal(total(metrics, 'inner container_redis_queries_total'), 7);
      const listening = Object.keys(metrics).filter((metric) => metric.includes('listen_info'));
      assert.deepEqual(listening, [
        `private container_net_tcp_listen_info{listen_addr=10.99.0.1:${inside},proxy=}`,
      ]);
    } finally {
      await sandbox.end('private');
      ip('netns', 'delete', name);
    }
  },
);

test('connections that were there before are picked up', { skip }, async () => {
  const script =
    'exec 3<>/dev/tcp/127.0.0.1/$0; echo connected; read go; printf "PING\\r\\n" >&3; read -u 3 answer; echo $answer; read go';
  const early = sandbox.start('early', ['bash', '-c', script, String(port)]);
  let said = '';
  early.stdout!.on('data', (chunk: Buffer) => (said += chunk.toString()));
  await until('the early connection', () => said.includes('connected'));
  const { metrics } = await seen({ cgroups: [sandbox.cgroup] }, async () => {
    early.stdin!.write('go\n');
    await until('the answer', () => said.includes('PONG'));
  });
  early.stdin!.end('go\n');
  const peer = `{destination=127.0.0.1:${port},actual_destination=127.0.0.1:${port}}`;
  assert.equal(metrics[`early container_net_tcp_active_connections${peer}`], 1);
  assert.equal(metrics[`early container_net_tcp_successful_connects_total${peer}`], 0);
  assert.equal(metrics[`early container_net_tcp_bytes_sent_total${peer}`], 6);
  assert.equal(metrics[`early container_net_tcp_bytes_received_total${peer}`], 7);
});
