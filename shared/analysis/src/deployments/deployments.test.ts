import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { milliseconds, MINUTE, type TimeRange } from '@gumshoe/base/time';
import { buildWorld } from '@gumshoe/model/build/build-world';
import { noise, SeriesWriter, type Lifetime } from '@gumshoe/model/testdata/series-writer';
import { CONTAINER_METRICS as C, REQUEST_METRICS } from '@gumshoe/schema/metrics/container';
import { NODE_METRICS as N } from '@gumshoe/schema/metrics/node';
import { inspectWorld, type InspectedWorld } from '../inspect.ts';
import { compareDeployment } from './compare.ts';
import { findDeployments } from './find-deployments.ts';
import { rankDifference, shareDifference } from './significance.ts';

const FROM = 1_790_000_000_000;
const RANGE: TimeRange = { from: milliseconds(FROM), to: milliseconds(FROM + 60 * MINUTE) };
const STEP = 15_000;

interface Pod {
  readonly name: string;
  /** Minutes. */
  readonly from?: number;
  readonly to?: number;
  readonly image?: string;
  readonly cpu?: number;
  readonly memory?: number;
  /** Part of the memory by which it grows in an hour. */
  readonly growth?: number;
  /** Failed of 20 requests per second. */
  readonly failed?: number;
  readonly errors?: number;
  /** Failed of 40 queries per second. */
  readonly failedQueries?: number;
  /** Requests per second, 20 without. */
  readonly rate?: number;
}

function shopOf(pods: readonly Pod[], docker = false): InspectedWorld {
  const writer = new SeriesWriter(RANGE, STEP);
  const node = { machine_id: 'machine', system_uuid: 'u' };
  writer.gauge(N.info.name, { ...node, hostname: 'host', kernel_version: '6.1' }, () => 1);
  writer.counter(N.cpuUsage.name, { ...node, mode: 'idle' }, () => 1);
  const random = noise(3);
  const jitter = (value: number) => () => value * (0.98 + 0.04 * random());
  for (const {
    name,
    from,
    to,
    image = '',
    cpu = 0.1,
    memory = 1e8,
    growth = 0,
    failed = 0,
    errors = 0,
    failedQueries,
    rate = 20,
  } of pods) {
    const lifetime: Lifetime = {
      ...(from === undefined ? {} : { from: FROM + from * MINUTE }),
      ...(to === undefined ? {} : { to: FROM + to * MINUTE }),
    };
    const container_id = docker ? `/docker/${name}` : `/k8s/shop/${name}/web`;
    const labels = { ...node, container_id, app_id: '' };
    writer.gauge(C.info.name, { ...labels, image }, () => 1, lifetime);
    writer.counter(C.cpuUsage.name, labels, jitter(cpu), lifetime);
    const wobble = jitter(memory);
    const grown = (at: number): number => 1 + (growth * (at - (lifetime.from ?? FROM))) / (60 * MINUTE);
    writer.gauge(C.memoryRss.name, labels, (at) => wobble() * grown(at), lifetime);
    const { inbound } = REQUEST_METRICS.http;
    writer.counter(inbound.name, { ...labels, status: '200' }, jitter(rate - failed), lifetime);
    if (failed) writer.counter(inbound.name, { ...labels, status: '500' }, jitter(failed), lifetime);
    if (failedQueries !== undefined) {
      const query = { ...labels, destination: '10.9.9.9:5432', actual_destination: '10.9.9.9:5432' };
      const { count } = REQUEST_METRICS.postgres;
      writer.counter(count.name, { ...query, status: 'ok' }, jitter(40 - failedQueries), lifetime);
      writer.counter(count.name, { ...query, status: 'failed' }, () => failedQueries, lifetime);
    }
    const log = { ...labels, level: 'error', pattern_hash: 'p1', sample: 'cannot parse' };
    if (errors) writer.counter(C.logMessages.name, log, () => errors, lifetime);
  }
  return inspectWorld(buildWorld(writer.series, RANGE));
}

const OLD = 'web-7d4b9c6f5d';
const NEW = 'web-5c8b7d9f6c';
const rollout = (after: Partial<Pod> = {}): readonly Pod[] => [
  { name: `${OLD}-x2x9k`, to: 30 },
  { name: `${OLD}-b4c7d`, to: 31 },
  { name: `${NEW}-z6w8q`, from: 29, ...after },
  { name: `${NEW}-k9l2m`, from: 30, ...after },
];
const seen = (world: InspectedWorld) =>
  findDeployments(world.world).map(
    ({ version, state, rollback }) => `${version} ${state}${rollback ? ' (rollback)' : ''}`,
  );

test('a new ReplicaSet that replaces the old one is a deployment, with its times', () => {
  const [deployment, ...more] = findDeployments(shopOf(rollout()).world);
  assert.equal(more.length, 0);
  const { version, previousVersion, state, startedAt, finishedAt, instances } = deployment!;
  assert.deepEqual([version, previousVersion, state, instances.length], [NEW, OLD, 'deployed', 2]);
  assert.ok(Math.abs(startedAt - FROM - 29 * MINUTE) <= STEP);
  assert.ok(Math.abs(finishedAt! - FROM - 31 * MINUTE) <= STEP);
});

test('scaling and a pod that is replaced by its own ReplicaSet deploy nothing', () => {
  assert.deepEqual(
    seen(
      shopOf([
        { name: `${OLD}-x2x9k`, to: 20 },
        { name: `${OLD}-b4c7d` },
        { name: `${OLD}-z6w8q`, from: 21 },
      ]),
    ),
    [],
  );
});

test('in progress, stuck, cancelled by a rollback', () => {
  const old = [{ name: `${OLD}-x2x9k` }, { name: `${OLD}-b4c7d` }];
  assert.deepEqual(seen(shopOf([...old, { name: `${NEW}-z6w8q`, from: 58.5 }])), [`${NEW} in progress`]);
  assert.deepEqual(seen(shopOf([...old, { name: `${NEW}-z6w8q`, from: 40 }])), [`${NEW} stuck`]);
  assert.deepEqual(seen(shopOf([...old, { name: `${NEW}-z6w8q`, from: 20, to: 30 }])), [`${NEW} cancelled`]);
  const back: readonly Pod[] = [
    { name: `${OLD}-x2x9k`, to: 20 },
    { name: `${NEW}-z6w8q`, from: 19, to: 40 },
    { name: `${OLD}-b4c7d`, from: 39 },
  ];
  assert.deepEqual(seen(shopOf(back)), [`${NEW} deployed`, `${OLD} deployed (rollback)`]);
});

test('without ReplicaSets a change of the image is a deployment', () => {
  const pods: readonly Pod[] = [
    { name: 'billing', image: 'billing:1', to: 30 },
    { name: 'billing', image: 'billing:2', from: 30.25 },
  ];
  const [deployment] = findDeployments(shopOf(pods, true).world);
  assert.deepEqual([deployment!.version, deployment!.previousVersion], ['billing:2', 'billing:1']);
});

test('what got worse is told with its significance, and what did not is not', () => {
  const world = shopOf(rollout({ cpu: 0.2, memory: 1.01e8, failed: 1, errors: 0.1 }));
  const [deployment] = findDeployments(world.world);
  const { differences, newErrors, outcome } = compareDeployment(world, deployment!);
  const outcomes = Object.fromEntries(differences.map((one) => [one.metric, one.outcome]));
  assert.deepEqual(outcomes, {
    errors: 'worse',
    'cpu-per-request': 'worse',
    memory: 'same',
    'memory-per-request': 'same',
    'oom-kills': 'same',
    restarts: 'same',
    'log-errors': 'worse',
    slow: outcomes.slow,
  });
  assert.deepEqual([newErrors.length, newErrors[0]?.sample, outcome], [1, 'cannot parse', 'worse']);
  const cpu = differences.find(({ metric }) => metric === 'cpu-per-request')!;
  assert.ok(Math.abs(cpu.before - 0.005) < 0.0005 && Math.abs(cpu.after - 0.01) < 0.001, cpu.message);
});

test('what it calls got worse at the same time: the deployment is not blamed', () => {
  const [oldPods, newPods] = [rollout().slice(0, 2), rollout().slice(2)];
  const world = shopOf([
    ...oldPods.map((pod) => ({ ...pod, failedQueries: 0.1 })),
    ...newPods.map((pod) => ({ ...pod, failed: 2, failedQueries: 4 })),
  ]);
  const { differences, outcome } = compareDeployment(world, findDeployments(world.world)[0]!);
  const errors = differences.find(({ metric }) => metric === 'errors')!;
  assert.deepEqual([errors.outcome, outcome], ['unclear', 'unclear']);
  assert.match(
    errors.message,
    /^failed requests: 0 % before, 10 % after: more, but requests to .* fail more \(0\.25 % before, 10 % after\)$/,
  );
});

test('twice the requests with twice the errors in logs, CPU and memory are no change per request', () => {
  const old = rollout()
    .slice(0, 2)
    .map((pod) => ({ ...pod, errors: 0.05 }));
  const busy = { rate: 40, cpu: 0.2, memory: 2e8, errors: 0.1 };
  const world = shopOf([...old, ...rollout(busy).slice(2)]);
  const { differences } = compareDeployment(world, findDeployments(world.world)[0]!);
  const of = (metric: string) => differences.find((one) => one.metric === metric)!;
  for (const metric of ['cpu-per-request', 'memory-per-request', 'log-errors'])
    assert.equal(of(metric).outcome, 'same', of(metric).message);
  // 0.05 errors and 20 requests a second are 2.5 of a thousand
  assert.ok(Math.abs(of('log-errors').before - 2.5) < 0.3, of('log-errors').message);
  assert.match(of('log-errors').message, /errors in logs per 1000 requests/);
});

test('what the same requests and instances cost a month before and after', () => {
  const world = shopOf(rollout({ cpu: 0.2, memory: 2e8 }));
  const { differences } = compareDeployment(world, findDeployments(world.world)[0]!, {
    currency: 'EUR',
    cpuCoreHour: 0.04,
    memoryGibHour: 0.01,
    crossZoneGib: 0,
    internetGib: 0,
  });
  const of = (metric: string) => differences.find((one) => one.metric === metric)!;
  const near = (value: number, expected: number) =>
    assert.ok(Math.abs(value / expected - 1) < 0.03, `${value}`);
  // 40 requests/s of 5 ms, then of 10 ms: 0.2 and 0.4 cores of 0.04 an hour, 730 hours
  near(of('cpu-per-request').monthly!.before, 5.84);
  near(of('cpu-per-request').monthly!.after, 11.68);
  assert.match(of('cpu-per-request').message, /more \(5\.\d\d → 11\.\d\d EUR a month\)$/);
  // two instances of 1e8 and of 2e8 bytes: 0.1863 and 0.3725 GiB of 0.01
  near(of('memory').monthly!.before, 1.36);
  near(of('memory').monthly!.after, 2.72);
});

test('memory that grows steadily since is a leak, what filled at first or grew before is none', () => {
  const early = (before: number, after: number) => {
    const old = { to: 25, growth: before };
    const young = { growth: after };
    const world = shopOf([
      { name: `${OLD}-x2x9k`, ...old },
      { name: `${OLD}-b4c7d`, ...old },
      { name: `${NEW}-z6w8q`, from: 24, ...young },
      { name: `${NEW}-k9l2m`, from: 25, ...young },
    ]);
    const { differences } = compareDeployment(world, findDeployments(world.world)[0]!);
    return differences.find(({ metric }) => metric === 'memory-leak')!;
  };
  const leak = early(0, 0.5);
  assert.equal(leak.outcome, 'worse', leak.message);
  // Grown by a half in an hour: of the mean between minute 10 and 35 after its start, 1.19, that is 42 %.
  assert.ok(leak.before < 5 && Math.abs(leak.after - 42) < 6, leak.message);
  assert.match(leak.message, /^steady growth of memory an hour: .* before, 4\d.* % after: more$/);
  assert.equal(early(0, 0).outcome, 'same');
  assert.equal(early(0.5, 0.5).outcome, 'same');
  assert.equal(early(0.5, 0).outcome, 'better');
});

test('the same again changes nothing, and a deployment of a minute ago proves nothing', () => {
  const world = shopOf(rollout());
  assert.equal(compareDeployment(world, findDeployments(world.world)[0]!).outcome, 'same');
  const fresh = shopOf([
    { name: `${OLD}-x2x9k`, to: 59 },
    { name: `${NEW}-z6w8q`, from: 58.5, cpu: 3 },
  ]);
  assert.equal(compareDeployment(fresh, findDeployments(fresh.world)[0]!).outcome, 'unknown');
});

test('noise is hardly ever significant, swapped sides change the sign, a shift is found', () => {
  const sides = { before: { lo: 0, hi: 40 }, after: { lo: 40, hi: 80 } };
  let alarms = 0;
  for (let seed = 1; seed <= 200; seed++) {
    const random = noise(seed * 7919);
    const column = Float64Array.from({ length: 80 }, () => random());
    if (Math.abs(rankDifference(column, sides.before, sides.after)) >= 3) alarms++;
  }
  assert.equal(alarms, 0);
  const values = fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 8, maxLength: 40 });
  fc.assert(
    fc.property(values, values, (a, b) => {
      const column = Float64Array.from([...a, ...b]);
      const [x, y] = [
        { lo: 0, hi: a.length },
        { lo: a.length, hi: column.length },
      ];
      assert.ok(Math.abs(rankDifference(column, x, y) + rankDifference(column, y, x)) < 1e-9);
    }),
  );
  const shifted = Float64Array.from({ length: 80 }, (_, i) => (i % 7) + (i >= 40 ? 20 : 0));
  assert.ok(rankDifference(shifted, sides.before, sides.after) > 3);
  assert.ok(shareDifference({ bad: 10, total: 10_000 }, { bad: 60, total: 10_000 }) > 3);
  assert.ok(Number.isNaN(shareDifference({ bad: 0, total: 3 }, { bad: 3, total: 3 })));
});
