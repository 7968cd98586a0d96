import assert from 'node:assert/strict';
import { test } from 'node:test';
import { milliseconds, type TimeRange } from '@gumshoe/base/time';
import { SeriesWriter } from '../testdata/series-writer.ts';
import { syntheticSeries } from '../testdata/synthetic-series.ts';
import { meanOf } from '../columns.ts';
import { buildWorld, stepFor } from './build-world.ts';

const FROM = 1_790_000_000_000;
const range = (seconds: number): TimeRange => ({
  from: milliseconds(FROM),
  to: milliseconds(FROM + seconds * 1000),
});
const node = { machine_id: 'm1', system_uuid: 'u1' };
const unit = (name: string) => ({ ...node, container_id: `/shop.slice/${name}.service`, app_id: '' });

/** A writer with a node that reports all the time. */
function started(seconds: number, interval = 5000): SeriesWriter {
  const writer = new SeriesWriter(range(seconds), interval);
  writer.gauge('node_info', { ...node, hostname: 'host1' }, () => 1);
  return writer;
}

function container(writer: SeriesWriter, name: string, lifetime = {}): void {
  writer.counter('container_resources_cpu_usage_seconds_total', unit(name), () => 0.1, lifetime);
}

const listen = (writer: SeriesWriter, name: string, address: string, lifetime = {}): void =>
  writer.gauge('container_net_tcp_listen_info', { ...unit(name), listen_addr: address }, () => 1, lifetime);

test('no samples make an empty world', () => {
  const world = buildWorld([], range(60));
  assert.deepEqual([world.applications.length, world.dependencies.length, world.nodes.length], [0, 0, 0]);
  assert.equal(world.observed, undefined);
});

test('every service of a mesh is found with its instances and its calls', () => {
  const options = { services: 7, instances: 2, range: range(300), step: 15_000, seed: 3 };
  const world = buildWorld(syntheticSeries(options), range(300));
  assert.equal(world.applications.length, 7);
  assert.ok(world.applications.every((one) => one.instances.length === 2));
  assert.ok(world.applications.every((one) => one.instances.every(({ state }) => state === 'up')));
  assert.equal(world.dependencies.length, 6);
  assert.equal(world.interval, 15_000);
  assert.equal(world.grid.step, 15_000);
});

test('the order of series does not matter', () => {
  const series = syntheticSeries({ services: 4, instances: 2, range: range(200), step: 10_000, seed: 5 });
  const turned = [...series].reverse();
  assert.deepEqual(buildWorld(series, range(200)), buildWorld(turned, range(200)));
});

test('rates come out as they were written', () => {
  const writer = started(120);
  container(writer, 'web');
  writer.counter('container_http_inbound_requests_total', { ...unit('web'), status: '200' }, () => 40);
  writer.counter('container_http_inbound_requests_total', { ...unit('web'), status: '503' }, () => 10);
  const world = buildWorld(writer.series, range(120));
  const http = world.applications[0]!.inbound[0]!;
  assert.ok(Math.abs(meanOf(http.rate, world.window) - 50) < 1e-6);
  assert.ok(Math.abs(meanOf(http.failed, world.window) - 10) < 1e-6);
  assert.deepEqual([...http.failedByStatus.keys()], ['503']);
});

test('a status that appears during the watch is counted from its first request', () => {
  const writer = started(120);
  container(writer, 'web');
  writer.counter(
    'container_http_inbound_requests_total',
    { ...unit('web'), status: '502' },
    () => 6,
    { from: FROM + 60_000 },
    0,
  );
  const world = buildWorld(writer.series, range(120));
  const { failed } = world.applications[0]!.inbound[0]!;
  const total = failed.reduce((sum, value) => sum + (value || 0), 0) * (world.grid.step / 1000);
  assert.ok(Math.abs(total - 13 * 5 * 6) < 1, `counted ${total}`);
});

test('a server that is gone keeps its name on its clients’ edges', () => {
  const writer = started(120);
  container(writer, 'web');
  container(writer, 'api', { to: FROM + 50_000 });
  listen(writer, 'api', '10.0.0.2:3000', { to: FROM + 50_000 });
  const to = { ...unit('web'), destination: '10.0.0.2:3000' };
  writer.counter('container_net_tcp_failed_connects_total', to, () => 2, { from: FROM + 60_000 });
  const world = buildWorld(writer.series, range(120));
  const api = world.applications.find((one) => one.name === 'api')!;
  assert.equal(api.instances[0]!.state, 'down');
  assert.equal(api.instances[0]!.downtimes[0]!.from, FROM + 50_000);
  assert.equal(world.dependencies[0]!.server, api.id);
  assert.ok(meanOf(world.dependencies[0]!.tcp.failedConnects, world.window) > 1);
});

test('a server that stopped listening is down although its container lives', () => {
  const writer = started(120);
  container(writer, 'api');
  writer.gauge('container_net_tcp_listen_info', { ...unit('api'), listen_addr: '10.0.0.2:3000' }, (at) =>
    at < FROM + 60_000 ? 1 : 0,
  );
  const world = buildWorld(writer.series, range(120));
  assert.equal(world.applications[0]!.instances[0]!.state, 'down');
});

test('a silent source makes its instances unknown, not down', () => {
  const writer = new SeriesWriter(range(60), 5000);
  container(writer, 'api');
  const world = buildWorld(writer.series, range(180));
  assert.equal(world.applications[0]!.instances[0]!.state, 'unknown');
  assert.equal(world.gaps.length, 1);
  assert.equal(world.gaps[0]!.to, undefined);
});

test('an address that changed hands leads to each owner in its time', () => {
  const writer = started(200);
  for (const name of ['web', 'old', 'new']) container(writer, name);
  listen(writer, 'old', '10.0.0.2:80', { to: FROM + 90_000 });
  listen(writer, 'new', '10.0.0.2:80', { from: FROM + 100_000 });
  const to = { ...unit('web'), destination: '10.0.0.2:80', actual_destination: '10.0.0.2:80' };
  writer.counter('container_http_requests_total', { ...to, status: '200' }, () => 10);
  const world = buildWorld(writer.series, range(200));
  const [toNew, toOld] = world.dependencies;
  const early = { lo: 2, hi: 15 };
  const late = { lo: 25, hi: world.window.hi };
  assert.deepEqual(
    world.dependencies.map((one) => world.byId.get(one.server)!.name),
    ['new', 'old'],
  );
  assert.ok(Number.isNaN(meanOf(toNew!.requests[0]!.rate, early)));
  assert.ok(Math.abs(meanOf(toOld!.requests[0]!.rate, early) - 10) < 1e-6);
  assert.ok(Math.abs(meanOf(toNew!.requests[0]!.rate, late) - 10) < 1e-6);
  assert.ok(Number.isNaN(meanOf(toOld!.requests[0]!.rate, late)));
});

test('destinations nobody is known to serve are external services, by name where DNS told it', () => {
  const writer = started(60);
  container(writer, 'web');
  const to = (destination: string) => ({ ...unit('web'), destination, actual_destination: '' });
  writer.counter('container_net_tcp_successful_connects_total', to('93.184.216.34:443'), () => 1);
  writer.counter('container_net_tcp_successful_connects_total', to('198.51.100.9:443'), () => 1);
  writer.gauge('ip_to_fqdn', { ...node, ip: '93.184.216.34', fqdn: 'example.org' }, () => 1);
  const names = buildWorld(writer.series, range(60)).dependencies.map((one) => one.server);
  assert.deepEqual(names, ['_:ExternalService:198.51.100.9:443', '_:ExternalService:example.org:443']);
});

test('a replaced pod is no outage', () => {
  const writer = started(200);
  const pod = (name: string) => ({ ...node, container_id: `/k8s/shop/${name}/app`, app_id: '' });
  const cpu = 'container_resources_cpu_usage_seconds_total';
  writer.counter(cpu, pod('web-7d4b9c6f5d-aaaaa'.replaceAll('a', 'b')), () => 0.1, { to: FROM + 90_000 });
  writer.counter(cpu, pod('web-5c6b8d7f9d-ccccc'), () => 0.1, { from: FROM + 95_000 });
  const world = buildWorld(writer.series, range(200));
  const states = world.applications[0]!.instances.map(({ state }) => state);
  assert.deepEqual(states.sort(), ['replaced', 'up']);
});

test('a job that ended is finished, a server that ended is down', () => {
  const writer = started(200);
  container(writer, 'migration', { from: FROM + 50_000, to: FROM + 120_000 });
  container(writer, 'api', { to: FROM + 120_000 });
  listen(writer, 'api', '10.0.0.2:80', { to: FROM + 120_000 });
  const world = buildWorld(writer.series, range(200));
  const states = world.applications.map((one) => [one.name, one.instances[0]!.state]);
  assert.deepEqual(states, [
    ['api', 'down'],
    ['migration', 'finished'],
  ]);
});

test('probed databases belong to who listens on their address', () => {
  const writer = started(60);
  container(writer, 'postgres');
  listen(writer, 'postgres', '10.0.0.6:5432');
  const address = { address: '10.0.0.6:5432' };
  writer.gauge('pg_up', address, () => 1);
  writer.gauge('pg_lock_awaiting_queries', { ...address, blocking_query: 'LOCK TABLE t' }, () => 3);
  const [application] = buildWorld(writer.series, range(60)).applications;
  assert.equal(application!.type, 'postgres');
  assert.equal(application!.postgres[0]!.lockWaits[0]!.blockingQuery, 'LOCK TABLE t');
});

test('the step follows the samples and bounds the number of cells', () => {
  assert.equal(stepFor(range(300), 2_000), 5_000);
  assert.equal(stepFor(range(3600), 15_000), 15_000);
  assert.ok((24 * 3600 * 1000) / stepFor(range(24 * 3600), 15_000) <= 1000);
});
