import assert from 'node:assert/strict';
import { test } from 'node:test';
import { worldOf, type Unit } from '../testdata/two-zones.ts';
import { findCosts, type ApplicationCosts } from './find-costs.ts';
import type { PriceSettings } from './prices.ts';

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
  assert.equal(monthly.traffic, 0);
  // 4 cores and 8 GiB, of which three quarters and half are idle
  near(nodes[0]!.monthly, 101.18 + 23.0);
  near(nodes[0]!.monthlyIdle, 75.88 + 11.5);
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
