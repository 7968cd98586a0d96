// When the silence of a probe says something about its server, and what a slow probe may not do.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { milliseconds } from '@gumshoe/base/time';
import { buildWorld } from '@gumshoe/model/build/build-world';
import { SeriesWriter, type Lifetime } from '@gumshoe/model/testdata/series-writer';
import { inspectWorld } from '../inspect.ts';
import { lastOfQuery } from './testdata/evidence-check.ts';
import { listening, probed } from './testdata/database-world.ts';
import { APP, AREA_RANGE, findingOf, NODE, smallWorld } from './testdata/small-world.ts';

const LATE = AREA_RANGE.to - 600_000;

/** What is said of a server whose probe lives as given. */
const availability = (lifetime: Lifetime, answers = 1) =>
  findingOf(
    'redis-availability',
    smallWorld((writer) =>
      writer.gauge('redis_up', { address: listening(writer, 6379) }, () => answers, lifetime),
    ),
  );

test('a probe that fell silent although its server is there counts as failing, and since when is said', () => {
  assert.equal(availability({})?.health, 'ok');
  const finding = availability({ to: LATE });
  assert.equal(finding?.health, 'warning');
  assert.match(finding.message, /10\.1\.1\.3:6379 fails: it has been silent since \d\d:\d\d:\d\d UTC/);
  assert.equal(availability({ absent: { from: LATE, to: LATE + 300_000 } })?.health, 'ok', 'it came back');
});

test('silence of everything says nothing about the server', () => {
  const writer = new SeriesWriter({ from: AREA_RANGE.from, to: milliseconds(LATE) }, 15_000);
  writer.gauge('node_info', { ...NODE, hostname: 'node-1' }, () => 1);
  writer.gauge('container_info', { ...APP, image: 'image:1' }, () => 1);
  writer.gauge('redis_up', { address: listening(writer, 6379) }, () => 1);
  assert.notEqual(findingOf('redis-availability', writer.series)?.health, 'warning');
});

test('where nobody watches the server, what its probe says counts, and its silence does not', () => {
  const health = (answer: number, life: Lifetime = {}) => {
    const writer = new SeriesWriter(AREA_RANGE, 15_000);
    const address = '10.1.1.3:6379';
    writer.gauge('container_net_tcp_listen_info', { ...APP, listen_addr: address }, () => 1, life);
    writer.gauge('redis_up', { address }, (at) => (at < LATE ? 1 : answer), life);
    return findingOf('redis-availability', writer.series)?.health;
  };
  assert.equal(health(0), 'warning');
  assert.equal(health(1), 'ok');
  assert.notEqual(health(1, { to: LATE }), 'warning');
});

test('a server that was taken away is not missed', () => {
  const pod = (name: string) => ({
    ...APP,
    container_id: `/k8s/shop/${name}/redis`,
    app_id: '/k8s/shop/cache',
  });
  const series = smallWorld((writer) => {
    const pods = [
      ['cache-7d4b9c6f5d-aaaaa', '10.1.2.1:6379', { to: LATE }],
      ['cache-7d4b9c6f5d-bbbbb', '10.1.2.2:6379', { from: LATE }],
    ] as const;
    for (const [name, address, life] of pods) {
      writer.gauge('container_info', { ...pod(name), image: 'redis' }, () => 1, life);
      const listen = { ...pod(name), listen_addr: address, proxy: '' };
      writer.gauge('container_net_tcp_listen_info', listen, () => 1, life);
      writer.gauge('redis_up', { address }, () => 1, life);
    }
  });
  const finding = findingOf('redis-availability', series, { application: 'cache' });
  assert.equal(finding?.health, 'ok', finding?.message);
  assert.equal(finding.instances.length, 1);
});

test('a probe that comes round once a minute is judged as well as one every 15 s', () => {
  const waiting = (value: number) =>
    findingOf(
      'mysql-connections',
      smallWorld((writer) => {
        const slow = new SeriesWriter(AREA_RANGE, 60_000);
        const target = { address: listening(writer, 3306) };
        slow.gauge('mysql_up', target, () => 1);
        slow.gauge('mysql_connections_max', target, () => 100);
        slow.gauge('mysql_connections_current', target, () => value);
        writer.series.push(...slow.series);
      }),
    )?.health;
  assert.deepEqual([waiting(95), waiting(85)], ['warning', 'ok']);
});

test('each server of an application is judged by itself', () => {
  const finding = findingOf(
    'mysql-replication-lag',
    smallWorld((writer) => {
      for (const [port, lag] of [
        [3306, 0],
        [3307, 90],
        [3308, 45],
      ] as const) {
        const target = { address: listening(writer, port) };
        writer.gauge('mysql_replication_lag_seconds', { ...target, source_server_id: '1' }, () => lag);
      }
    }),
  );
  assert.equal(finding?.value, 90);
  assert.deepEqual(
    finding.instances.map(({ value, health }) => [value, health]),
    [
      [90, 'warning'],
      [45, 'warning'],
      [0, 'ok'],
    ],
  );
});

test('of two clusters with one address, each is judged and shown by its own samples', () => {
  const series = ['east', 'west'].flatMap((cluster, i) =>
    smallWorld((writer) => {
      const target = { address: listening(writer, 3306) };
      writer.gauge('mysql_connections_max', target, () => 100);
      writer.gauge('mysql_connections_current', target, () => (i === 0 ? 10 : 95));
    }).map((one) => ({
      ...one,
      labels: { ...one.labels, cluster, ...(one.labels.machine_id ? { machine_id: `m-${cluster}` } : {}) },
    })),
  );
  const values = inspectWorld(buildWorld(series, AREA_RANGE)).applications.flatMap(
    ({ application, findings }) =>
      findings
        .filter(({ inspection }) => inspection === 'mysql-connections')
        .map(({ value, evidence }) => [application.cluster, value, lastOfQuery(series, evidence[0]!.query)]),
  );
  assert.deepEqual(values, [
    ['east', 10, 10],
    ['west', 95, 95],
  ]);
});

test('an exporter that does not look for locks says nothing of them', () => {
  for (const [inspection, up, info, port] of [
    ['postgres-locks', 'pg_up', 'pg_info', 5432],
    ['mysql-locks', 'mysql_up', 'mysql_info', 3306],
  ] as const) {
    const health = (looks: boolean) =>
      findingOf(
        inspection,
        smallWorld((writer) => {
          const target = probed(writer, up, port);
          if (looks) writer.gauge(info, { ...target, server_version: '16' }, () => 1);
        }),
      )?.health;
    assert.deepEqual([health(false), health(true)], [undefined, 'ok']);
  }
});
