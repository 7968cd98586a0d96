import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Sample } from '../../export/samples.ts';
import { round, runner, valueOf } from '../testdata/rounds.ts';
import { PASSWORD, problemWith, startRedis, until, type Server } from '../testdata/servers.ts';

describe('Redis as its probe sees it', { skip: problemWith('redis') ?? false }, () => {
  let master: Server;
  let replica: Server;

  const cli = (server: Server, ...words: readonly string[]): string =>
    spawnSync('redis-cli', ['-p', String(server.port), '-a', PASSWORD, '--no-auth-warning', ...words], {
      encoding: 'utf8',
      timeout: 10_000,
    }).stdout.trim();
  const field = (server: Server, name: string): string =>
    new RegExp(`^${name}:(.*)$`, 'm').exec(cli(server, 'INFO', 'all'))?.[1]?.trim() ?? '';
  const look = async (server: Server): Promise<readonly Sample[]> => {
    const probe = runner(server.target);
    const samples = await round(probe);
    await probe.close();
    assert.equal(valueOf(samples, 'redis_up'), 1, JSON.stringify(probe.status()));
    return samples;
  };

  before(async () => {
    master = await startRedis(['--maxclients', '50']);
    replica = await startRedis(['--replicaof', `127.0.0.1 ${master.port}`]);
    await until(() => field(replica, 'master_link_status') === 'up', 'replication');
    await until(() => /lag=[01]$/.test(field(master, 'slave0')), 'acknowledgement');
  });

  after(async () => {
    await Promise.all([master, replica].map((server) => server?.stop()));
  });

  test('lookups, connections and memory are those of INFO', async () => {
    for (const [words, times] of [
      [['SET', 'a', '1'], 1],
      [['GET', 'a'], 3],
      [['GET', 'nowhere'], 2],
    ] as const)
      for (let i = 0; i < times; i++) cli(master, ...words);
    const samples = await look(master);
    for (const [metric, name] of [
      ['redis_keyspace_hits_total', 'keyspace_hits'],
      ['redis_keyspace_misses_total', 'keyspace_misses'],
      ['redis_rejected_connections_total', 'rejected_connections'],
      ['redis_config_maxclients', 'maxclients'],
      ['redis_aof_enabled', 'aof_enabled'],
      ['redis_rdb_last_save_timestamp_seconds', 'rdb_last_save_time'],
    ] as const)
      assert.equal(valueOf(samples, metric), Number(field(master, name)), metric);
    assert.equal(valueOf(samples, 'redis_keyspace_hits_total'), 3);
    assert.equal(valueOf(samples, 'redis_keyspace_misses_total'), 2);
    assert.equal(valueOf(samples, 'redis_config_maxclients'), 50);
    assert.ok((valueOf(samples, 'redis_memory_used_rss_bytes') ?? 0) > 1e6);
    assert.ok((valueOf(samples, 'redis_mem_fragmentation_ratio') ?? 0) > 0);
  });

  test('both ends of replication', async () => {
    const [of, by] = [await look(master), await look(replica)];
    const master_port = String(master.port);
    assert.equal(valueOf(of, 'redis_connected_slaves'), 1);
    assert.ok(
      (valueOf(of, 'redis_connected_slave_lag_seconds', {
        slave_port: String(replica.port),
        slave_state: 'online',
      }) ?? NaN) <= 2,
    );
    assert.equal(valueOf(by, 'redis_master_link_up'), 1);
    assert.equal(valueOf(by, 'redis_master_sync_in_progress', { master_host: '127.0.0.1', master_port }), 0);
    assert.ok((valueOf(by, 'redis_master_last_io_seconds_ago', { master_port }) ?? NaN) <= 15);
    assert.ok((valueOf(by, 'redis_slave_repl_offset', { master_port }) ?? 0) > 0);
    cli(replica, 'REPLICAOF', '127.0.0.1', '1');
    await until(() => field(replica, 'master_link_status') === 'down', 'a lost master');
    assert.equal(valueOf(await look(replica), 'redis_master_link_up'), 0);
    cli(replica, 'REPLICAOF', '127.0.0.1', master_port);
  });

  test('evictions and expired keys', async () => {
    cli(master, 'SET', 'short', '1', 'PX', '1');
    await until(() => cli(master, 'EXISTS', 'short') === '0', 'expiry');
    cli(
      master,
      'CONFIG',
      'SET',
      'maxmemory-policy',
      'allkeys-lru',
      'maxmemory',
      String(Number(field(master, 'used_memory')) + 200_000),
    );
    for (let i = 0; i < 40; i++) cli(master, 'SET', `big${i}`, 'x'.repeat(20_000));
    const samples = await look(master);
    assert.equal(valueOf(samples, 'redis_evicted_keys_total'), Number(field(master, 'evicted_keys')));
    assert.ok((valueOf(samples, 'redis_evicted_keys_total') ?? 0) > 0);
    assert.equal(valueOf(samples, 'redis_expired_keys_total'), 1);
    cli(master, 'CONFIG', 'SET', 'maxmemory', '0');
  });

  test('a snapshot that cannot be written, and one that can', async () => {
    // the name of the snapshot is taken by a directory
    mkdirSync(join(master.dir, 'dump.rdb'));
    cli(master, 'BGSAVE');
    await until(() => field(master, 'rdb_last_bgsave_status') === 'err', 'a failed snapshot');
    assert.equal(valueOf(await look(master), 'redis_rdb_last_bgsave_status'), 0);
    rmdirSync(join(master.dir, 'dump.rdb'));
    cli(master, 'BGSAVE');
    await until(() => field(master, 'rdb_last_bgsave_status') === 'ok', 'a snapshot');
    assert.equal(valueOf(await look(master), 'redis_rdb_last_bgsave_status'), 1);
    cli(master, 'CONFIG', 'SET', 'appendonly', 'yes');
    assert.equal(valueOf(await look(master), 'redis_aof_enabled'), 1);
    assert.equal(valueOf(await look(master), 'redis_aof_last_write_status'), 1);
  });

  test('connections turned away', async () => {
    cli(master, 'CONFIG', 'SET', 'maxclients', '3');
    const probe = runner(master.target);
    await round(probe);
    const waiting = runner(master.target);
    await round(waiting);
    const third = runner(master.target);
    await round(third);
    await round(runner(master.target));
    cli(master, 'PING');
    const samples = await round(probe);
    assert.ok((valueOf(samples, 'redis_rejected_connections_total') ?? 0) > 0);
    assert.equal(valueOf(samples, 'redis_config_maxclients'), 3);
    await Promise.all([probe, waiting, third].map((one) => one.close()));
  });
});
