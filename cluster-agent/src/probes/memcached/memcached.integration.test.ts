import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { round, runner, valueOf } from '../testdata/rounds.ts';
import { problemWith, startMemcached, type Server } from '../testdata/servers.ts';
import { MemcachedClient } from './client.ts';

describe('memcached as its probe sees it', { skip: problemWith('memcached') ?? false }, () => {
  let server: Server;
  let client: MemcachedClient;

  before(async () => {
    server = await startMemcached(['-m', '2', '-c', '64']);
    client = await MemcachedClient.connect(server.target, 5000);
  });

  after(async () => {
    client?.close();
    await server?.stop();
  });

  const set = (key: string, bytes: number) =>
    client.ask(`set ${key} 0 0 ${bytes}\r\n${'x'.repeat(bytes)}`, /^STORED$/);

  test('lookups by what came of them, memory, connections and evictions', async () => {
    await set('a', 1);
    for (const key of ['a', 'a', 'a', 'b']) await client.ask(`get ${key}`, /^END$/);
    await client.ask('delete nothing', /^NOT_FOUND$/);
    for (let i = 0; i < 40; i++) await set(`big${i}`, 100_000);
    const probe = runner(server.target);
    const samples = await round(probe);
    await probe.close();
    const truth = new Map(
      (await client.ask('stats', /^END$/)).map((line) => [line.split(' ')[1], Number(line.split(' ')[2])]),
    );
    const commands = (command: string, status: string) =>
      valueOf(samples, 'memcached_commands_total', { command, status });
    assert.equal(commands('get', 'hit'), 3);
    assert.equal(commands('get', 'miss'), 1);
    assert.equal(commands('delete', 'miss'), 1);
    // those that log in are not counted
    assert.equal(commands('set', 'hit'), truth.get('cmd_set'));
    for (const [metric, name] of [
      ['memcached_limit_bytes', 'limit_maxbytes'],
      ['memcached_items_evicted_total', 'evictions'],
      ['memcached_current_items', 'curr_items'],
      ['memcached_current_bytes', 'bytes'],
      ['memcached_max_connections', 'max_connections'],
      ['memcached_connections_rejected_total', 'rejected_connections'],
    ] as const)
      assert.equal(valueOf(samples, metric), truth.get(name), metric);
    assert.ok((valueOf(samples, 'memcached_items_evicted_total') ?? 0) > 0);
    assert.equal(valueOf(samples, 'memcached_limit_bytes'), 2 * 1024 * 1024);
    assert.ok(samples.some(({ labels }) => labels['version']?.startsWith('1.')));
  });

  test('a server that is not logged in to says so', async () => {
    const { password: _none, ...open } = server.target;
    const probe = runner(open);
    const samples = await round(probe);
    assert.equal(valueOf(samples, 'memcached_up'), 0);
    assert.match(probe.status().error, /unauthenticated/);
    assert.ok(probe.status().nextTry > 0);
  });
});
