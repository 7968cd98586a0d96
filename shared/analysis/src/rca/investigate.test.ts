import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Series } from '@gumshoe/base/series';
import { milliseconds } from '@gumshoe/base/time';
import { buildWorld } from '@gumshoe/model/build/build-world';
import type { ApplicationId } from '@gumshoe/model/entities';
import { inspectWorld, type InspectedWorld } from '../inspect.ts';
import * as faults from '../testdata/faults.ts';
import { SHOP_RANGE, shopSeries, type ShopOptions } from '../testdata/shop.ts';
import { NO_EXTRA_EVIDENCE } from './evidence-store.ts';
import { investigate } from './investigate.ts';
import type { Investigation } from './report.ts';
import { wantedEvidence } from './wanted.ts';

const inspect = (series: readonly Series[], range = SHOP_RANGE): InspectedWorld =>
  inspectWorld(buildWorld(series, range, { history: 0 }));
const run = (options: ShopOptions): Investigation => investigate(inspect(shopSeries(options)));
const unit = (name: string): ApplicationId => `_:SystemdUnit:${name}` as ApplicationId;

interface Scenario {
  readonly name: string;
  readonly options: ShopOptions;
  readonly kind: string;
  readonly application: string;
  readonly path: readonly string[];
}

const scenarios: readonly Scenario[] = [
  {
    name: 'locked table',
    options: { fault: faults.dbLock },
    kind: 'postgres-lock',
    application: 'postgres',
    path: ['frontend', 'api', 'orders', 'postgres'],
  },
  {
    name: 'stopped replicas',
    options: { fault: faults.killApi, faultTo: 190_000 },
    kind: 'instance-down',
    application: 'api',
    path: ['frontend', 'api'],
  },
  {
    name: 'stopped replicas, still down',
    options: { fault: faults.killApi },
    kind: 'instance-down',
    application: 'api',
    path: ['frontend', 'api'],
  },
  {
    name: 'burning function',
    options: { fault: faults.cpuHog },
    kind: 'cpu-hog',
    application: 'orders',
    path: ['frontend', 'api', 'orders'],
  },
  {
    name: 'sleeping Redis',
    options: { fault: faults.redisSlow },
    kind: 'redis-slow',
    application: 'redis',
    path: ['frontend', 'api', 'redis'],
  },
  {
    name: 'Redis in a script',
    options: { fault: faults.redisScript },
    kind: 'redis-slow',
    application: 'redis',
    path: ['frontend', 'api', 'redis'],
  },
  {
    name: 'refused way to PostgreSQL',
    options: { fault: faults.refusedPostgres },
    kind: 'tcp-refused',
    application: 'postgres',
    path: ['frontend', 'api', 'orders', 'postgres'],
  },
  {
    name: 'refused way to orders',
    options: { fault: faults.refusedOrders },
    kind: 'tcp-refused',
    application: 'orders',
    path: ['frontend', 'api', 'orders'],
  },
  {
    name: 'out of memory',
    options: { fault: faults.memoryOom, faultFrom: 100_000 },
    kind: 'memory-oom',
    application: 'orders',
    path: ['frontend', 'api', 'orders'],
  },
  {
    name: 'locked table behind timeouts',
    options: { fault: faults.dbLockTimeouts },
    kind: 'postgres-lock',
    application: 'postgres',
    path: ['frontend', 'api', 'orders', 'postgres'],
  },
  {
    name: 'stopped replicas that nobody tries any more',
    options: { fault: faults.killApiQuiet },
    kind: 'instance-down',
    application: 'api',
    path: ['frontend', 'api'],
  },
  {
    name: 'burning function on a busy machine',
    options: { fault: faults.cpuHogContended },
    kind: 'cpu-hog',
    application: 'orders',
    path: ['frontend', 'api', 'orders'],
  },
  {
    name: 'out of memory within seconds',
    options: { fault: faults.memoryOomFast },
    kind: 'memory-oom',
    application: 'orders',
    path: ['frontend', 'api', 'orders'],
  },
];

/** What must hold for every answer, whatever it says. */
function assertSound(report: Investigation): void {
  const text = JSON.stringify(report);
  assert.ok(!/NaN|Infinity|undefined/.test(text), text);
  assert.ok(!text.includes(':null'), 'a number that is not finite got into the report');
  report.causes.forEach((cause, i) => {
    assert.equal(cause.rank, i + 1);
    assert.ok(cause.score >= 0 && cause.score <= 1);
    assert.ok(cause.score <= (report.causes[i - 1]?.score ?? 1));
    assert.ok(cause.path.length > 0 && cause.path.at(-1) === cause.application);
    assert.ok(cause.evidence.length > 0 && cause.remediation.length > 0);
    assert.ok(cause.evidence.every((one) => /\d/.test(one.summary) && one.query.length > 0));
  });
  assert.ok(report.impacted.every((one) => one.impact >= 0 && one.impact <= 1));
}

for (const { name, options, kind, application, path } of scenarios) {
  for (const probes of [true, false]) {
    for (const interval of [3_000, 5_000]) {
      test(`${name}: ranked first, ${probes ? 'with' : 'without'} probes, ${interval / 1000} s`, () => {
        const report = run({ ...options, probes, interval });
        assertSound(report);
        const [top, second] = report.causes;
        assert.equal(top?.kind, kind, JSON.stringify(report.causes.map((one) => [one.kind, one.score])));
        assert.equal(top.application, unit(application));
        assert.deepEqual(top.path, path.map(unit));
        assert.ok(top.score >= 0.5, `score ${top.score}`);
        assert.ok(top.score > 1.3 * (second?.score ?? 0), `second is ${second?.kind} ${second?.score}`);
        assert.ok(report.impacted.some((one) => one.application === unit('frontend')));
        assert.match(report.summary, /Most likely cause/);
      });
    }
  }
}

test('a healthy shop has neither impact nor causes', () => {
  const report = run({});
  assert.deepEqual([report.impacted, report.causes], [[], []]);
  assert.match(report.summary, /All objectives of 5 applications with traffic hold/);
});

test('an empty world says that it knows nothing', () => {
  const report = investigate(inspect([]));
  assertSound(report);
  assert.match(report.summary, /no data/);
});

test('the blocking query is named with the probe, and its absence is said without', () => {
  const seen = run({ fault: faults.dbLock });
  assert.match(seen.causes[0]!.title, /LOCK TABLE orders/);
  const blind = run({ fault: faults.dbLock, probes: false });
  assert.ok(blind.causes[0]!.score < seen.causes[0]!.score);
  assert.ok(blind.notExamined.some((one) => one.subject.includes('postgres') && /probe/.test(one.reason)));
});

test('a client that came with the trouble is named', () => {
  const redis = run({ fault: faults.redisScript }).causes[0]!;
  assert.match(redis.title, /EVAL from reporting/);
  assert.ok(redis.evidence.some((one) => /reporting \(first seen at/.test(one.summary)));
  const lock = run({ fault: faults.dbLock }).causes[0]!;
  assert.ok(lock.evidence.some((one) => /New clients of postgres: migration/.test(one.summary)));
});

test('why connections fail is in the title where somebody counts it', () => {
  const titleWith = (errorType?: string): string => {
    const fault: faults.Fault = (when) => {
      const { edges = {} } = faults.refusedOrders(when);
      const told = Object.entries(edges).map(([edge, course]) => [
        edge,
        course.refused && errorType !== undefined ? { ...course, errorType } : course,
      ]);
      return { edges: Object.fromEntries(told) };
    };
    return run({ fault }).causes[0]!.title;
  };
  assert.match(titleWith(), /fail although it is up: the way is blocked/);
  assert.match(titleWith('refused'), /are refused although it is up: something on the way rejects them/);
  assert.match(titleWith('timed_out'), /time out although it is up: packets are lost on the way/);
  assert.match(titleWith('other'), /the way is blocked/);
});

test('innocent suspects are listed as cleared', () => {
  const { cleared } = run({ fault: faults.dbLock });
  assert.ok(cleared.some((one) => one.application === unit('redis')));
  assert.ok(cleared.some((one) => one.application === unit('orders') && /cpu/.test(one.signal)));
});

test('hanging requests are seen although nobody observes the users', () => {
  const series = shopSeries({ fault: faults.dbLock });
  const unobserved = series.filter((one) => !one.labels.container_id?.includes('loadgen'));
  const report = investigate(inspect(unobserved));
  assert.ok(report.impacted.some((one) => one.application === unit('frontend')));
  assert.equal(report.causes[0]?.kind, 'postgres-lock');
});

test('two unconnected impacts are both followed', () => {
  const other = shopSeries({ fault: faults.redisSlow, name: 'other', seed: 99 }).map(renamed);
  const report = investigate(inspect([...shopSeries({ fault: faults.cpuHog }), ...other]));
  assertSound(report);
  const top = report.causes.slice(0, 2).map((one) => [one.kind, one.application]);
  assert.deepEqual(
    new Map(top as [string, ApplicationId][]),
    new Map([
      ['cpu-hog', unit('orders')],
      ['redis-slow', unit('other-redis')],
    ]),
  );
});

test('recovery is told', () => {
  const report = run({ fault: faults.killApi, faultTo: 190_000 });
  assert.ok(report.impacted.every((one) => one.until !== undefined));
  assert.match(report.summary, /recovered at/);
});

test('the function that grew in the profile is named', () => {
  const inspected = inspect(shopSeries({ fault: faults.cpuHog }));
  const wanted = wantedEvidence(inspected);
  assert.ok(wanted.some((one) => one.signal === 'profile' && one.application === unit('orders')));
  assert.ok(wanted.every((one) => one.baseline.to <= one.range.from));
  const frames = [{ frame: 'burn (orders.py:12)', baseline: 0, current: 0.93, self: 0.9 }];
  const extra = { ...NO_EXTRA_EVIDENCE, frames: new Map([[unit('orders'), frames]]) };
  const [top] = investigate(inspected, { extra }).causes;
  assert.match(top!.title, /burn \(orders\.py:12\)/);
  assert.ok(top!.evidence.some((one) => one.kind === 'profile' && one.summary.includes('93 %')));
});

test('an investigation can start from one application', () => {
  const inspected = inspect(shopSeries({ fault: faults.dbLock }));
  const report = investigate(inspected, { application: unit('orders') });
  assert.deepEqual(new Set(report.impacted.map((one) => one.application)), new Set([unit('orders')]));
  assert.deepEqual(report.causes[0]!.path, [unit('orders'), unit('postgres')]);
  const calm = investigate(inspected, { application: unit('redis') });
  assert.deepEqual(calm.causes, []);
  assert.match(calm.summary, /objectives of redis hold/);
});

test('trouble without any visible cause is said to be that; its place is named', () => {
  const slow: faults.Fault = (when) => {
    const late = (good: number) => ({
      latency: (at: number) => (at > when.from ? 2 : good),
    });
    return { edges: { 'loadgen→frontend': late(0.02) } };
  };
  const report = run({ fault: slow });
  assertSound(report);
  assert.equal(report.impacted.length, 1);
  assert.deepEqual(
    report.causes.map((one) => [one.application, one.kind]),
    [
      [unit('frontend'), 'self-time'],
      [unit('frontend'), 'service-slow'],
    ],
  );
  assert.match(report.summary, /No cause is visible in the collected signals, but its place is: frontend/);
});

test('same samples, same answer, in any order', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...Object.values(faults.FAULTS)),
      fc.infiniteStream(fc.nat()),
      (fault, keys) => {
        const series = shopSeries({ fault });
        const shuffled = series
          .map((one) => ({ one, key: keys.next().value }))
          .sort((a, b) => a.key - b.key)
          .map(({ one }) => one);
        assert.deepEqual(investigate(inspect(shuffled)), investigate(inspect(series)));
      },
    ),
    { numRuns: 12 },
  );
});

test('a healthy stranger in the world does not change the first cause', () => {
  for (const { options } of scenarios) {
    const series = shopSeries(options);
    const stranger = shopSeries({ name: 'other', seed: 99 });
    const alone = investigate(inspect(series)).causes[0]!;
    const together = investigate(inspect([...series, ...stranger.map(renamed)])).causes[0]!;
    assert.deepEqual([together.kind, together.application], [alone.kind, alone.application]);
  }
});

/** The other shop's units get names of their own, so that its applications are others. */
function renamed(series: Series): Series {
  const id = series.labels.container_id;
  if (id === undefined) return series;
  return { ...series, labels: { ...series.labels, container_id: id.replace('.slice/', '.slice/other-') } };
}

test('whatever the moment and strength of the samples, scores stay within 0..1 and numbers finite', () => {
  const options = fc.record({
    fault: fc.constantFrom(...Object.values(faults.FAULTS)),
    faultFrom: fc.integer({ min: 0, max: 240_000 }),
    length: fc.integer({ min: 0, max: 200_000 }),
    interval: fc.constantFrom(2_000, 5_000, 15_000, 30_000),
    probes: fc.boolean(),
  });
  fc.assert(
    fc.property(options, ({ fault, faultFrom, length, interval, probes }) => {
      assertSound(run({ fault, faultFrom, faultTo: faultFrom + length, interval, probes }));
    }),
    { numRuns: 60 },
  );
});

test('a window that begins in the middle of the trouble still has an answer', () => {
  const series = shopSeries({ fault: faults.killApi, faultFrom: 100_000 });
  const range = { from: milliseconds(SHOP_RANGE.from + 160_000), to: SHOP_RANGE.to };
  const inspected = inspectWorld(buildWorld(series, range, { history: 160_000 }));
  assert.equal(investigate(inspected).causes[0]?.kind, 'instance-down');
});
