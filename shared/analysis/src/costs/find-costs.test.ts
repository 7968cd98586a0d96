import assert from 'node:assert/strict';
import { test } from 'node:test';
import { milliseconds } from '@gumshoe/base/time';
import { buildWorld } from '@gumshoe/model/build/build-world';
import { SeriesWriter } from '@gumshoe/model/testdata/series-writer';
import { worldOf, type Unit } from '../testdata/two-zones.ts';
import { findCosts, type ApplicationCosts } from './find-costs.ts';
import { LIST_PRICES, type PriceSettings } from './prices.ts';

const GIB = 1024 ** 3;
const UNITS: readonly Unit[] = [
  { name: 'web', node: 'a', ip: '10.0.0.1' },
  { name: 'client', node: 'b', ip: '10.0.0.9', calls: '10.0.0.1:80' },
];
/** Each node has 4 cores and 8 GiB; each unit uses half a core and 1 GiB of 3; the client sends 1000 bytes/s. */
const world = worldOf(UNITS);

/** The first sample of a counter only opens it. */
const near = (value: number, expected: number) =>
  assert.ok(Math.abs(value / expected - 1) < 0.05, `${value} ${expected}`);
const clientOf = (applications: readonly ApplicationCosts[]): ApplicationCosts =>
  applications.find(({ application }) => application.endsWith('client'))!;

test('what is used is a share of what the nodes have, and what is left of limits is over-provisioned', () => {
  const client = clientOf(findCosts(world).applications);
  near(client.cpuShare, 0.5 / 8);
  near(client.memoryShare, 1 / 16);
  near(client.unusedMemory, 2 * GIB);
  assert.ok(Number.isNaN(client.unusedCpu), 'it has no limit of CPU');
  near(client.traffic.crossZone!, 1000);
  assert.deepEqual([client.traffic.internet, client.traffic.crossZoneExact], [0, true]);
});

test('without prices of one’s own list prices are taken, and it is said', () => {
  const { applications, nodes, prices } = findCosts(world);
  assert.ok(prices.assumed);
  const { monthly } = clientOf(applications);
  // 0.03465 USD for a core and 0.003938 for a GiB, 730 hours a month
  near(monthly.cpu, 12.65);
  near(monthly.memory, 2.87);
  near(monthly.unused, 5.75);
  // 1000 bytes/s to another zone are 2.4475 GiB a month, at a cent each
  near(monthly.traffic, 0.024475);
  // 4 cores and 8 GiB, of which three quarters and half are idle
  near(nodes[0]!.monthly, 101.18 + 23.0);
  near(nodes[0]!.monthlyIdle, 75.88 + 11.5);
});

test('a machine that the list of its cloud has costs what that says, unless it has a price of one’s own', () => {
  // 0.192 an hour for 4 cores and 8 GiB are 1.6 cents for each
  const priceOf = (type: string, prices?: PriceSettings) => {
    const { applications, nodes } = findCosts(worldOf(UNITS, 'on-demand', type), prices);
    return [clientOf(applications).monthly.cpu, nodes[0]!.monthly, nodes[0]!.price.source] as const;
  };
  const [cpu, node, source] = priceOf('m5.xlarge');
  near(cpu, 0.5 * 0.016 * 730);
  near(node, 0.192 * 730);
  assert.equal(source, 'list');
  assert.equal(priceOf('g5.xlarge')[2], 'parts');
  const machines = [{ instanceType: 'm5.*', hour: 0.12 }];
  const own = priceOf('m5.xlarge', { ...LIST_PRICES, machines });
  near(own[1], 0.12 * 730);
  assert.equal(own[2], 'configuration');
  const { listed: _, ...parts } = LIST_PRICES;
  assert.equal(priceOf('m5.xlarge', parts)[2], 'parts');
});

test('what pods ask for is allocated to them, and what they leave of it is over-provisioned', () => {
  const range = { from: milliseconds(1_790_000_000_000), to: milliseconds(1_790_000_600_000) };
  const writer = new SeriesWriter(range, 15_000);
  const pod = { namespace: 'shop', pod: 'web-0' };
  const container = { machine_id: 'm', system_uuid: 'u', container_id: '/k8s/shop/web-0/web' };
  writer.gauge(
    'kube_pod_info',
    { ...pod, uid: '1', node: 'n', created_by_kind: 'StatefulSet', created_by_name: 'web' },
    () => 1,
  );
  const asks = { ...pod, container: 'web' };
  writer.gauge('kube_pod_container_resource_requests', { ...asks, resource: 'cpu', unit: 'core' }, () => 2);
  writer.gauge(
    'kube_pod_container_resource_requests',
    { ...asks, resource: 'memory', unit: 'byte' },
    () => 4 * GIB,
  );
  writer.gauge('container_info', { ...container, image: '' }, () => 1);
  writer.counter('container_resources_cpu_usage_seconds_total', container, () => 0.5);
  writer.gauge('container_resources_memory_rss_bytes', container, () => GIB);
  const prices = { currency: 'USD', cpuCoreHour: 0.1, memoryGibHour: 0.01, crossZoneGib: 0, internetGib: 0 };
  const [web] = findCosts(buildWorld(writer.series, range), prices).applications;
  near(web!.cpuRequest, 2);
  near(web!.memoryRequest, 4 * GIB);
  near(web!.monthly.total, (0.5 * 0.1 + 0.01) * 730);
  near(web!.monthly.allocated, (2 * 0.1 + 4 * 0.01) * 730);
  near(web!.monthly.overProvisioned, (1.5 * 0.1 + 3 * 0.01) * 730);
  assert.ok(Number.isNaN(web!.monthly.unused), 'it has no limits');
  assert.ok(Number.isNaN(clientOf(findCosts(world).applications).monthly.allocated), 'nobody asks');
});

test('prices of one’s own, traffic between zones included', () => {
  const prices = { currency: 'EUR', cpuCoreHour: 0.04, memoryGibHour: 0.01, crossZoneGib: 1, internetGib: 0 };
  const { monthly } = findCosts(world, prices).applications[0]!;
  near(monthly.cpu, 14.6);
  near(monthly.memory, 7.3);
  // 1000 bytes/s are 2.4475 GiB in a month
  near(monthly.traffic, 2.4475);
  near(monthly.total, 24.35);
});

test('of a machine with a price a core costs as much as a GiB', () => {
  const prices: PriceSettings = {
    currency: 'USD',
    cpuCoreHour: 1,
    memoryGibHour: 1,
    crossZoneGib: 0,
    internetGib: 0,
    machines: [
      { instanceType: 'm5.*', lifeCycle: 'on-demand', hour: 9 },
      { instanceType: 'm5.*', lifeCycle: 'spot', hour: 0.12 },
    ],
  };
  // 0.12 an hour for 4 cores and 8 GiB is a cent for each: 0.5 cores and 1 GiB are 10.95 a month.
  const { applications, nodes } = findCosts(worldOf(UNITS, 'spot', 'm5.xlarge'), prices);
  near(clientOf(applications).monthly.total, 10.95);
  near(nodes[0]!.monthly, 87.6);
  const others = findCosts(worldOf(UNITS, 'spot', 'c5.xlarge'), prices);
  near(others.nodes[0]!.monthly, 12 * 730);
});
