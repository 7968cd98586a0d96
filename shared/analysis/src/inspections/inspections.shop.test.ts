import assert from 'node:assert/strict';
import { test } from 'node:test';
import { milliseconds, type TimeRange } from '@gumshoe/base/time';
import { buildWorld } from '@gumshoe/model/build/build-world';
import { SeriesWriter } from '@gumshoe/model/testdata/series-writer';
import type { Finding } from '../finding.ts';
import { inspectWorld } from '../inspect.ts';
import * as faults from '../testdata/faults.ts';
import { SHOP_RANGE, shopSeries, type ShopOptions } from '../testdata/shop.ts';

function findingsOf(options: ShopOptions, name: string): readonly Finding[] {
  const inspected = inspectWorld(buildWorld(shopSeries(options), SHOP_RANGE));
  return inspected.applications.find((one) => one.application.name === name)!.findings;
}

const fired = (options: ShopOptions, name: string): readonly string[] =>
  findingsOf(options, name)
    .filter((one) => one.health === 'warning' || one.health === 'critical')
    .map((one) => one.inspection);

test('a healthy shop raises nothing', () => {
  for (const name of ['frontend', 'api', 'orders', 'postgres', 'redis', 'loadgen']) {
    assert.deepEqual(fired({}, name), [], name);
  }
});

test('a locked table shows at PostgreSQL, by its clients and by the probe', () => {
  const found = fired({ fault: faults.dbLock }, 'postgres');
  assert.ok(found.includes('postgres-latency') && found.includes('postgres-locks'), found.join());
  assert.ok(fired({ fault: faults.dbLock }, 'frontend').includes('slo-latency'));
});

test('a blocked Redis shows at Redis although it is fast inside', () => {
  assert.ok(fired({ fault: faults.redisSlow, probes: false }, 'redis').includes('redis-latency'));
});

test('stopped replicas make the application critical', () => {
  const inspected = inspectWorld(buildWorld(shopSeries({ fault: faults.killApi }), SHOP_RANGE));
  const api = inspected.applications.find((one) => one.application.name === 'api')!;
  assert.equal(api.health, 'critical');
  const finding = api.findings.find((one) => one.inspection === 'instance-availability')!;
  assert.equal(finding.value, 0);
  assert.match(finding.message, /0 of 2 instances are up; down: api@1/);
});

test('kills for lack of memory are counted', () => {
  const options = { fault: faults.memoryOom, faultFrom: 100_000 };
  const finding = findingsOf(options, 'orders').find((one) => one.inspection === 'memory-oom')!;
  assert.equal(finding.health, 'warning');
  assert.equal(finding.value, 3);
});

test('refused connections show at the client', () => {
  assert.ok(fired({ fault: faults.refusedPostgres }, 'orders').includes('network-connects'));
});

const HOUR: TimeRange = {
  from: milliseconds(1_790_000_000_000),
  to: milliseconds(1_790_003_600_000),
};
const unit = { machine_id: 'm', container_id: '/shop.slice/app.service', app_id: '' };

/** Findings of one container whose memory follows a course over an hour. */
function leakFinding(rss: (minute: number) => number): Finding | undefined {
  const writer = new SeriesWriter(HOUR, 15_000);
  writer.counter('container_resources_cpu_usage_seconds_total', unit, () => 0.1);
  writer.gauge('container_resources_memory_rss_bytes', unit, (at) => rss((at - HOUR.from) / 60_000));
  const inspected = inspectWorld(buildWorld(writer.series, HOUR));
  return inspected.applications[0]!.findings.find((one) => one.inspection === 'memory-leak');
}

test('steady growth is a leak, also after a restart; a plateau is none', () => {
  assert.equal(leakFinding((minute) => 200e6 + 3e6 * minute)?.health, 'warning');
  assert.equal(leakFinding((minute) => 200e6 + 100e6 * Math.min(1, minute / 20))?.health, 'ok');
  assert.equal(leakFinding(() => 200e6)?.health, 'ok');
  assert.equal(leakFinding((minute) => (minute < 50 ? 200e6 + 3e6 * minute : 100e6))?.health, 'warning');
});

test('a full disk and a busy CPU are named with their numbers', () => {
  const writer = new SeriesWriter(HOUR, 15_000);
  writer.counter('container_resources_cpu_usage_seconds_total', unit, () => 0.95);
  writer.gauge('container_resources_cpu_limit_cores', unit, () => 1);
  const mount = { ...unit, mount_point: '/data', device: 'sda', volume: '' };
  writer.gauge('container_resources_disk_size_bytes', mount, () => 100);
  writer.gauge('container_resources_disk_used_bytes', mount, () => 91);
  const { findings } = inspectWorld(buildWorld(writer.series, HOUR)).applications[0]!;
  const by = (id: string) => findings.find((one) => one.inspection === id)!;
  assert.match(by('storage-space').message, /\/data of app is 91 % full/);
  assert.match(by('cpu-container').message, /app uses 95 % of its CPU limit/);
});
