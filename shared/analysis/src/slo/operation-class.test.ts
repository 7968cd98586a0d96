import assert from 'node:assert/strict';
import { test } from 'node:test';
import { milliseconds, type TimeRange } from '@gumshoe/base/time';
import { buildWorld } from '@gumshoe/model/build/build-world';
import { SeriesWriter } from '@gumshoe/model/testdata/series-writer';
import {
  CONTAINER_METRICS as C,
  LATENCY_BOUNDS_SECONDS,
  REQUEST_METRICS,
  type Protocol,
} from '@gumshoe/schema/metrics/container';
import { NODE_METRICS as N } from '@gumshoe/schema/metrics/node';
import { REDIS_METRICS as R } from '@gumshoe/schema/metrics/redis';
import { inspectWorld } from '../inspect.ts';
import type { ObjectiveSettings } from './objectives.ts';

const RANGE: TimeRange = { from: milliseconds(1_790_000_000_000), to: milliseconds(1_790_003_600_000) };
const SET: ObjectiveSettings = { rules: [{ kind: 'latency', share: 0.99, threshold: 0.5 }] };

interface Traffic {
  readonly protocol: Protocol;
  /** Per second, and mean latency in seconds. */
  readonly parts: readonly (readonly [rate: number, latency: number])[];
  /** Per second, each of which takes so many seconds; from some time on. */
  readonly exact?: readonly (readonly [rate: number, seconds: number, from?: number])[];
  /** Blocking commands per second, as the probe counts them. */
  readonly blocking?: number;
  readonly openFor?: number;
}

/** What the latency objective of a server says whose only client is a worker. */
function latencyOf(
  { protocol, parts, exact = [], blocking, openFor = 0 }: Traffic,
  settings: ObjectiveSettings = SET,
) {
  const writer = new SeriesWriter(RANGE, 15_000);
  const node = { machine_id: 'machine', system_uuid: 'u' };
  writer.gauge(N.info.name, { ...node, hostname: 'host', kernel_version: '6.1' }, () => 1);
  writer.counter(N.cpuUsage.name, { ...node, mode: 'idle' }, () => 1);
  const labels = (name: string) => ({ ...node, container_id: `/shop.slice/${name}.service`, app_id: '' });
  for (const name of ['server', 'worker']) {
    writer.gauge(C.info.name, { ...labels(name), image: '', systemd_type: 'simple' }, () => 1);
    writer.counter(C.cpuUsage.name, labels(name), () => 0.1);
  }
  const destination = '10.0.0.1:6379';
  writer.gauge(C.tcpListen.name, { ...labels('server'), listen_addr: destination, proxy: '' }, () => 1);
  const to = { ...labels('worker'), destination, actual_destination: destination };
  const metrics = REQUEST_METRICS[protocol];
  const total = [...parts, ...exact].reduce((sum, [rate]) => sum + rate, 0);
  writer.counter(metrics.count.name, { ...to, status: 'ok' }, () => total);
  writer.counter(C.tcpConnects.name, to, () => 0.1);
  writer.gauge(metrics.inFlightAge.name, to, () => openFor);
  const merged = new SeriesWriter(RANGE, 15_000);
  for (const [rate, latency] of parts)
    merged.histogram(
      metrics.duration.name,
      to,
      () => rate,
      () => latency,
    );
  for (const [rate, seconds, from = 0] of exact)
    for (const bound of [...LATENCY_BOUNDS_SECONDS, Infinity])
      merged.counter(
        `${metrics.duration.name}_bucket`,
        { ...to, le: bound === Infinity ? '+Inf' : String(bound) },
        (at) => (seconds <= bound && at >= from ? rate : 0),
      );
  const sums = new Map<string, Float64Array>();
  for (const one of merged.series) {
    const key = JSON.stringify(one.labels);
    const before = sums.get(key);
    sums.set(
      key,
      one.values.map((value, i) => value + (before?.[i] ?? 0)),
    );
  }
  for (const [key, values] of sums)
    writer.series.push({
      labels: JSON.parse(key) as Record<string, string>,
      timestamps: merged.series[0]!.timestamps,
      values,
    });
  if (blocking !== undefined) {
    const redis = { address: destination };
    writer.gauge(R.up.name, redis, () => 1);
    writer.counter(R.commands.name, { ...redis, cmd: 'blpop' }, () => blocking);
    writer.counter(R.commands.name, { ...redis, cmd: 'get' }, () => total - blocking);
    writer.gauge(R.blockedClients.name, redis, () => 1);
  }
  const { applications } = inspectWorld(buildWorld(writer.series, RANGE), { objectives: settings });
  const server = applications.find(({ application }) => application.name === 'server')!;
  return server.serviceLevel.slos.find(({ kind }) => kind === 'latency')!;
}

test('pops that wait are not slow, and other slow commands are', () => {
  const pops: Traffic = {
    protocol: 'redis',
    parts: [
      [20, 0.001],
      [2, 30],
    ],
    blocking: 2,
    openFor: 25,
  };
  assert.deepEqual([latencyOf(pops).health, latencyOf(pops).breaches.length], ['ok', 0]);
  const unprobed: Traffic = { protocol: 'redis', parts: pops.parts };
  assert.equal(latencyOf(unprobed).health, 'critical', 'without the probe nobody can tell');
  const slow: Traffic = {
    ...pops,
    parts: [
      [20, 0.001],
      [2, 30],
      [8, 5],
    ],
  };
  assert.equal(latencyOf(slow).health, 'critical');
});

test('fetches of Kafka wait for records: no latency objective is judged on them', () => {
  const fetches = latencyOf({ protocol: 'kafka', parts: [[10, 0.6]] });
  assert.deepEqual([fetches.requests, fetches.health, fetches.breaches.length], [0, 'unknown', 0]);
});

test('a promise of minutes is judged as far as the histogram goes, and says how far that is', () => {
  const promise = (threshold: number): ObjectiveSettings => ({
    rules: [{ kind: 'latency', share: 0.9, threshold }],
  });
  const report: Traffic = { protocol: 'http', parts: [[5, 40]] };
  assert.equal(latencyOf(report, promise(10)).health, 'critical');
  const minute = latencyOf(report, promise(59));
  assert.ok(minute.compliance > 0.7 && minute.compliance < 0.8, `${minute.compliance}`);
  const beyond = latencyOf(report, promise(300));
  assert.deepEqual([beyond.health, beyond.failed], ['unknown', 0]);
  assert.ok(beyond.undecided! > 0.2 && beyond.undecided! < 0.25, `${beyond.undecided}`);
  assert.equal(latencyOf({ protocol: 'http', parts: [[5, 1]] }, promise(300)).health, 'ok');
});

test('limits of half a minute and more are told apart by buckets of 30 and 60 s', () => {
  const promise = (threshold: number): ObjectiveSettings => ({
    rules: [{ kind: 'latency', share: 0.99, threshold }],
  });
  const report: Traffic = {
    protocol: 'http',
    parts: [],
    exact: [
      [3, 20],
      [1, 45],
    ],
  };
  const good = (threshold: number): number =>
    Number(latencyOf(report, promise(threshold)).compliance.toFixed(6));
  // 20 s lie between 10 and 30 s, 45 s between 30 and 60 s; of a bucket the part below the limit counts as fast.
  assert.deepEqual([good(10), good(20), good(30), good(45), good(60)], [0, 0.375, 0.75, 0.875, 1]);
});

test('one slow request of three in an hour alarms nobody', () => {
  const rare = latencyOf({
    protocol: 'http',
    parts: [
      [2 / 3600, 0.01],
      [1 / 3600, 20],
    ],
  });
  assert.deepEqual([rare.health, rare.breaches.length], ['ok', 0]);
});

/** Answers in a few milliseconds, beside requests that are held open. */
const polls = (protocol: Protocol, ...exact: NonNullable<Traffic['exact']>): Traffic => ({
  protocol,
  parts: [[20, 0.005]],
  exact,
});
const MIDDLE = RANGE.from + 2_000_000;

test('long polls, and cursors of MongoDB that wait for changes, are not slow', () => {
  const long = latencyOf({ ...polls('http', [2, 30.01]), openFor: 28 });
  assert.deepEqual([long.health, long.breaches.length, Math.round(long.requests / 3600)], ['ok', 0, 20]);
  assert.equal(latencyOf(polls('mongodb', [1, 1.002])).health, 'ok');
  assert.equal(latencyOf(polls('redis', [3, 10.05])).health, 'ok', 'without the probe as well');
});

test('beside them the slow ones still count', () => {
  const beside = latencyOf(polls('http', [2, 30.01], [4, 2, MIDDLE]));
  assert.deepEqual([beside.health, beside.breaches.length], ['critical', 1]);
  const more = latencyOf(polls('http', [2, 30.01], [4, 30.01, MIDDLE]));
  assert.equal(more.health, 'warning', 'three times as many as ever wait');
});

test('requests that begin to take long, take any time, or are all there is, do not wait by design', () => {
  // 9 % of the requests since the middle: 9x, which is a warning for as long as it is not 6x over all of the window
  assert.equal(latencyOf(polls('http', [2, 30.01, MIDDLE])).health, 'warning');
  assert.equal(latencyOf(polls('http', [1, 2], [1, 8], [1, 30.01])).health, 'critical');
  assert.equal(latencyOf({ protocol: 'http', parts: [], exact: [[2, 30.01]] }).health, 'critical');
  assert.equal(latencyOf(polls('http', [2, 2])).health, 'critical', 'too short for a poll');
  assert.equal(latencyOf(polls('postgres', [2, 30.01])).health, 'critical', 'no such thing in this protocol');
});

test('whoever promises seconds means requests that take them', () => {
  const reports = polls('http', [2, 30.01]);
  const promise = (threshold: number): ObjectiveSettings => ({
    rules: [{ kind: 'latency', share: 0.99, threshold }],
  });
  assert.equal(latencyOf(reports, promise(4)).compliance, 1);
  // 2 of 22 requests a second take 30 s
  const broken = latencyOf(reports, promise(5));
  assert.ok(Math.abs(broken.compliance - 20 / 22) < 1e-6, `${broken.compliance}`);
  assert.equal(broken.health, 'critical');
  assert.equal(latencyOf(reports, { rules: [] }).health, 'ok', 'nobody promised anything');
});

test('a few slow requests prove nothing, and neither does a share that chance explains', () => {
  const hourly = (fast: number, slow: number): Traffic => ({
    protocol: 'http',
    parts: [],
    exact: [
      [fast / 3600, 0.01],
      [slow / 3600, 4],
    ],
  });
  // Lower ends of Wilson's 95 % interval: of 12 in 1000 0.69 %, of 20 in 1000 1.30 %; 4 are too few whatever they are of.
  assert.equal(latencyOf(hourly(988, 12)).health, 'ok');
  assert.equal(latencyOf(hourly(980, 20)).health, 'warning');
  assert.equal(latencyOf(hourly(16, 4)).health, 'ok');
});
