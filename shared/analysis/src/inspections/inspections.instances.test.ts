import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Course, Lifetime, SeriesWriter } from '@gumshoe/model/testdata/series-writer';
import { AREA_RANGE, changesOf, findingOf, NODE, smallWorld } from './testdata/small-world.ts';

const { from, to } = AREA_RANGE;
const LATER = to - 300_000;

function pod(writer: SeriesWriter, name: string, lifetime: Lifetime = {}): void {
  const labels = { ...NODE, container_id: `/k8s/shop/${name}/main`, app_id: '' };
  writer.counter('container_resources_cpu_usage_seconds_total', labels, () => 0.1, lifetime);
  writer.gauge('container_info', { ...labels, image: 'web:1' }, () => 1, lifetime);
}

const pods = (...all: readonly (readonly [name: string, lifetime?: Lifetime])[]) =>
  smallWorld((writer) => {
    // the node itself goes on reporting
    writer.counter('node_resources_cpu_usage_seconds_total', { ...NODE, mode: 'idle' }, () => 4);
    for (const [name, lifetime] of all) pod(writer, name, lifetime);
  });

const availability = (application: string, series: ReturnType<typeof pods>) =>
  findingOf('instance-availability', series, { application });

test('three quarters of the instances must be up', () => {
  const stateful = (down: number) =>
    pods(...[0, 1, 2, 3].map((i) => [`db-${i}`, i < down ? { to: LATER } : {}] as const));
  assert.equal(availability('db', stateful(0))?.health, 'ok');
  assert.equal(availability('db', stateful(1))?.health, 'ok', 'exactly 75 %');
  const half = availability('db', stateful(2));
  assert.equal(half?.health, 'warning');
  assert.match(half?.message ?? '', /2 of 4 instances are up; down: db-0 since/);
  assert.equal(availability('db', stateful(4))?.health, 'critical');
});

test('of a DaemonSet every instance must be up', () => {
  // names of a DaemonSet's pods end in five characters of their own
  const agents = (down: boolean) =>
    pods(
      ...['b4x9z', 'c5w8k', 'd6v7m', 'f7t6n', 'g8s5p'].map(
        (end, i) => [`agent-${end}`, down && i === 0 ? { to: LATER } : {}] as const,
      ),
    );
  assert.equal(availability('agent', agents(false))?.health, 'ok');
  assert.equal(availability('agent', agents(true))?.health, 'warning');
});

test('availability does not flap while an instance misses a sample now and then', () => {
  const absent = { from: to - 400_000, to: to - 380_000 };
  assert.equal(changesOf('instance-availability', pods(['db-0', { absent }]), 'db'), 0);
});

test('a rollout that takes long is told with its figures', () => {
  const rollout = (since: number, ended: boolean) =>
    pods(
      ['web-7d4b9c6f5d-b4x9z', ended ? { to: since + 60_000 } : {}],
      ['web-7d4b9c6f5d-c5w8k'.replace('c5w8k', 'd6v7m'), ended ? { to: since + 60_000 } : {}],
      ['web-5b8c7d9f6c-c5w8k', { from: since }],
    );
  const status = (series: ReturnType<typeof pods>) =>
    findingOf('deployment-status', series, { application: 'web' });
  const stuck = status(rollout(LATER, false));
  assert.equal(stuck?.health, 'warning');
  assert.match(
    stuck?.message ?? '',
    /rollout of web-5b8c7d9f6c began at .* last new instance came 4\.\d+ min ago .* 1 new and 2 old/,
  );
  assert.equal(status(rollout(to - 120_000, false))?.health, 'ok', 'not three minutes yet');
  assert.equal(status(rollout(LATER, true))?.health, 'ok', 'it came to its end');
  assert.equal(findingOf('deployment-status', smallWorld()), undefined);
});

const APP = { ...NODE, container_id: '/shop.slice/app.service', app_id: '' };

test('restarts and kills are counted over the window', () => {
  const counted = (metric: string, times: number) =>
    smallWorld((writer) =>
      writer.counter(metric, APP, (at) =>
        at > from + 600_000 && at <= from + 600_000 + times * 15_000 ? 1 / 15 : 0,
      ),
    );
  const restarts = (times: number) =>
    findingOf('instance-restarts', counted('container_restarts_total', times));
  assert.equal(restarts(1)?.health, 'ok');
  assert.equal(restarts(2)?.health, 'warning');
  assert.match(restarts(2)?.message ?? '', /app restarted 2 times/);
  const kills = (times: number) => findingOf('memory-oom', counted('container_oom_kills_total', times));
  assert.equal(kills(0)?.health, 'ok');
  assert.equal(kills(1)?.health, 'warning');
  for (const id of ['instance-restarts', 'memory-oom']) assert.equal(findingOf(id, smallWorld()), undefined);
});

/** What kube-state-metrics says of a StatefulSet whose pods we see too. */
function wanted(desired: number, available: Course) {
  const labels = { namespace: 'shop', statefulset: 'db' };
  const running = pods(['db-0'], ['db-1']);
  const extra = smallWorld((writer) => {
    writer.gauge('kube_statefulset_replicas', labels, () => desired);
    writer.gauge('kube_statefulset_status_replicas_ready', labels, available);
  });
  return [...running, ...extra.filter((one) => one.labels['__name__']!.startsWith('kube_'))];
}

test('what Kubernetes wants counts where it is known, but not for one look', () => {
  const finding = availability(
    'db',
    wanted(4, () => 2),
  );
  assert.equal(finding?.health, 'warning');
  assert.match(finding.message, /2 of 4 wanted pods are available; 2 of 2 instances are up/);
  assert.equal(
    availability(
      'db',
      wanted(4, () => 3),
    )?.health,
    'ok',
  );
  assert.equal(
    availability(
      'db',
      wanted(4, () => 0),
    )?.health,
    'critical',
  );
  const growing: Course = (at) => (at > to - 30_000 ? 1 : 4);
  assert.equal(availability('db', wanted(4, growing))?.health, 'ok');
  assert.equal(
    availability(
      'db',
      wanted(0, () => 0),
    )?.health,
    'ok',
    'scaled to nothing',
  );
});

test('a managed database is as available as its cloud says', () => {
  const rds = (status: string) =>
    smallWorld((writer) => {
      const id = 'eu-west-1/orders-db';
      const labels = {
        rds_instance_id: id,
        engine: 'postgres',
        ipv4: '10.9.9.9',
        port: '5432',
        cluster_id: '',
      };
      writer.gauge('aws_rds_info', labels, () => 1);
      writer.gauge('aws_rds_status', { rds_instance_id: id, status }, () => 1);
    });
  assert.equal(availability('orders-db', rds('available'))?.health, 'ok');
  assert.equal(availability('orders-db', rds('failed'))?.health, 'critical');
});
