// What the probes write is what the inspections read: real servers, looked at for half an hour of a made-up clock.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Finding } from '@gumshoe/analysis/finding';
import { inspectWorld } from '@gumshoe/analysis/inspect';
import { labelsKey, type Series } from '@gumshoe/base/series';
import { milliseconds } from '@gumshoe/base/time';
import { buildWorld } from '@gumshoe/model/build/build-world';
import pg from 'pg';
import type { Sample } from '../export/samples.ts';
import { round, runner } from './testdata/rounds.ts';
import {
  problemWith,
  startMariadb,
  startMemcached,
  startPostgres,
  startRedis,
  type Server,
} from './testdata/servers.ts';

const FROM = 1_790_000_000_000;
const PACE = 60_000;
const ROUNDS = 20;
const problem = problemWith('postgres', 'redis', 'mysql', 'memcached');

/** Of a cache that nobody asks, misses are not known. */
const EXPECTED: Readonly<Record<string, readonly string[]>> = {
  postgres: [
    'postgres-availability',
    'postgres-latency',
    'postgres-connections',
    'postgres-idle-in-transaction',
    'postgres-locks',
    'postgres-checkpoints',
    'postgres-wal-archiving',
    'postgres-wraparound',
    'postgres-bloat',
    'postgres-autovacuum',
    'postgres-stale-statistics',
  ],
  mysql: ['mysql-availability', 'mysql-connections', 'mysql-locks'],
  redis: [
    'redis-availability',
    'redis-latency',
    'redis-evictions',
    'redis-blocked-clients',
    'redis-rejected-connections',
    'redis-persistence',
  ],
  memcached: ['memcached-availability', 'memcached-evictions'],
};

/** Samples of several rounds as series, with the container that listens on the address. */
function seriesOf(samples: readonly Sample[], address: string): readonly Series[] {
  const container = { machine_id: 'm1', system_uuid: 'u1', container_id: '/shop.slice/app.service' };
  const instants = Array.from({ length: ROUNDS }, (_, i) => FROM + i * PACE);
  const own: Sample[] = instants.flatMap((timestamp) =>
    [
      { __name__: 'container_info', ...container, image: 'database' },
      { __name__: 'container_net_tcp_listen_info', ...container, listen_addr: address, proxy: '' },
    ].map((labels) => ({ labels, value: 1, timestamp })),
  );
  const groups = Map.groupBy([...samples, ...own], ({ labels }) => labelsKey(labels));
  return [...groups.values()].map((group) => ({
    labels: group[0]!.labels,
    timestamps: Float64Array.from(group, ({ timestamp }) => timestamp),
    values: Float64Array.from(group, ({ value }) => value),
  }));
}

async function inspect({ target }: Server): Promise<ReadonlyMap<string, Finding>> {
  const probe = runner(target);
  const samples: Sample[] = [];
  for (let i = 0; i < ROUNDS; i++) samples.push(...(await round(probe, 5000, FROM + i * PACE)));
  await probe.close();
  assert.ok(probe.status().up, JSON.stringify(probe.status()));
  const range = { from: milliseconds(FROM), to: milliseconds(FROM + (ROUNDS - 1) * PACE) };
  const { applications } = inspectWorld(buildWorld(seriesOf(samples, target.address), range));
  const app = applications.find(({ application }) => application.name === 'app');
  return new Map(app?.findings.map((finding) => [finding.inspection, finding]));
}

describe('inspections of probed servers', { skip: problem ?? false }, () => {
  let servers: readonly Server[] = [];
  let session: pg.Client;

  before(async () => {
    servers = await Promise.all([
      startPostgres(
        `CREATE TABLE items AS SELECT i AS id, 'x' || i AS name FROM generate_series(1, 200000) i; SELECT pg_stat_force_next_flush(); ANALYZE items; SELECT pg_switch_wal();`,
        ['archive_mode=on', 'archive_command=/bin/true'],
      ),
      startMariadb('', ['--performance-schema=ON']),
      startRedis(),
      startMemcached(),
    ]);
    const { address, user, password } = servers[0]!.target;
    session = new pg.Client({
      host: '127.0.0.1',
      port: Number(address.split(':')[1]),
      user,
      password,
      database: 'postgres',
    });
    await session.connect();
  });

  after(async () => {
    await session?.end();
    await Promise.all(servers.map((server) => server.stop()));
  });

  for (const [type, expected] of Object.entries(EXPECTED))
    test(`${type}: every inspection of what is measured speaks, and all is well`, async () => {
      const findings = await inspect(servers.find(({ target }) => target.type === type)!);
      assert.deepEqual(
        expected.filter((id) => !findings.has(id)),
        [],
        'silent',
      );
      const bad = [...findings.values()].filter(({ health }) => health !== 'ok' && health !== 'unknown');
      assert.deepEqual(
        bad.map(({ message }) => message),
        [],
      );
    });
});
