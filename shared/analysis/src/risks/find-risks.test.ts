import assert from 'node:assert/strict';
import { test } from 'node:test';
import { milliseconds, type TimeRange } from '@gumshoe/base/time';
import { buildWorld } from '@gumshoe/model/build/build-world';
import { SeriesWriter } from '@gumshoe/model/testdata/series-writer';
import type { World } from '@gumshoe/model/world';
import { CLOUD_METRICS } from '@gumshoe/schema/metrics/cloud';
import { CONTAINER_METRICS as C, REQUEST_METRICS } from '@gumshoe/schema/metrics/container';
import { KUBERNETES_METRICS as K } from '@gumshoe/schema/metrics/kubernetes';
import { NODE_METRICS as N } from '@gumshoe/schema/metrics/node';
import { findCosts } from '../costs/find-costs.ts';
import { MONTH_HOURS } from '../costs/prices.ts';
import { findRisks, type RiskDismissal } from './find-risks.ts';
import { isPublicAddress } from './public-address.ts';

const RANGE: TimeRange = { from: milliseconds(1_790_000_000_000), to: milliseconds(1_790_000_600_000) };
const GIB = 1024 ** 3;

interface Unit {
  readonly name: string;
  readonly node: string;
  readonly ip: string;
  readonly type?: string;
  /** `ip:port` it sends requests to. */
  readonly calls?: string;
}

/** Two zones with a node each; units that listen on port 80 and use half a core and 1 GiB. */
function worldOf(units: readonly Unit[], lifeCycle = 'on-demand'): World {
  const writer = new SeriesWriter(RANGE, 15_000);
  for (const node of ['a', 'b']) {
    const labels = { machine_id: `machine-${node}`, system_uuid: node };
    writer.gauge(N.info.name, { ...labels, hostname: `host-${node}`, kernel_version: '6.1' }, () => 1);
    const cloud = {
      provider: 'aws',
      region: 'r',
      availability_zone: `zone-${node}`,
      instance_life_cycle: lifeCycle,
    };
    writer.gauge(CLOUD_METRICS.info.name, { ...labels, ...cloud, public_ipv4: '' }, () => 1);
    writer.gauge(N.cpuCores.name, labels, () => 4);
    writer.counter(N.cpuUsage.name, { ...labels, mode: 'user' }, () => 1);
    writer.counter(N.cpuUsage.name, { ...labels, mode: 'idle' }, () => 3);
    writer.gauge(N.memoryTotal.name, labels, () => 8 * GIB);
    writer.gauge(N.memoryAvailable.name, labels, () => 4 * GIB);
  }
  for (const { name, node, ip, type, calls } of units) {
    const labels = {
      machine_id: `machine-${node}`,
      system_uuid: node,
      container_id: `/shop.slice/${name}.service`,
      app_id: '',
    };
    writer.gauge(C.info.name, { ...labels, image: '', systemd_type: 'simple' }, () => 1);
    if (type) writer.gauge(C.applicationType.name, { ...labels, application_type: type }, () => 1);
    writer.counter(C.cpuUsage.name, labels, () => 0.5);
    writer.gauge(C.memoryRss.name, labels, () => GIB);
    writer.gauge(C.memoryLimit.name, labels, () => 3 * GIB);
    writer.gauge(C.tcpListen.name, { ...labels, listen_addr: `${ip}:80`, proxy: '' }, () => 1);
    if (!calls) continue;
    const to = { ...labels, destination: calls, actual_destination: calls };
    writer.counter(REQUEST_METRICS.http.count.name, { ...to, status: '200' }, () => 10);
    writer.counter(C.tcpConnects.name, to, () => 1);
    writer.gauge(C.tcpActive.name, to, () => 1);
    writer.counter(C.tcpBytesSent.name, to, () => 1000);
  }
  return buildWorld(writer.series, RANGE);
}

const risks = (
  units: readonly Unit[],
  dismissals?: readonly RiskDismissal[],
  lifeCycle?: string,
): readonly string[] =>
  findRisks(worldOf(units, lifeCycle), dismissals).map(
    ({ kind, application, dismissed }) =>
      `${application.split(':').at(-1)} ${kind}${dismissed ? ` (${dismissed})` : ''}`,
  );

test('a database that listens to the internet, alone', () => {
  assert.deepEqual(risks([{ name: 'db', node: 'a', ip: '8.8.8.8', type: 'postgres' }]), [
    'db db-internet-exposure',
    'db unreplicated-database',
  ]);
  assert.deepEqual(risks([{ name: 'web', node: 'a', ip: '8.8.8.8', type: 'nginx' }]), []);
  assert.deepEqual(
    risks(
      [{ name: 'db', node: 'a', ip: '10.0.0.1', type: 'postgres' }],
      [{ application: 'd*', kind: 'unreplicated-database', reason: 'test data' }],
    ),
    ['db unreplicated-database (test data)'],
  );
});

/** A database pod behind a service of the given type. */
const behindService = (type: string, ingress: string, publicAddress: string): readonly string[] => {
  const writer = new SeriesWriter(RANGE, 15_000);
  const node = { machine_id: 'm', system_uuid: 'u' };
  const container = { ...node, container_id: '/k8s/shop/db-0/postgres', app_id: '/k8s/shop/db' };
  const service = { namespace: 'shop', service: 'db', uid: 'x' };
  writer.gauge(N.info.name, { ...node, hostname: 'host', kernel_version: '6.1' }, () => 1);
  writer.gauge(CLOUD_METRICS.info.name, { ...node, provider: 'aws', public_ipv4: publicAddress }, () => 1);
  writer.gauge(C.info.name, { ...container, image: 'postgres:15' }, () => 1);
  writer.gauge(C.applicationType.name, { ...container, application_type: 'postgres' }, () => 1);
  writer.gauge(C.tcpListen.name, { ...container, listen_addr: '10.0.0.1:5432', proxy: '' }, () => 1);
  writer.gauge(K.serviceInfo.name, { ...service, cluster_ip: '10.9.0.1' }, () => 1);
  writer.gauge(K.serviceType.name, { ...service, type }, () => 1);
  writer.gauge(K.servicePort.name, { ...service, port_number: '5432', node_port: '31432' }, () => 1);
  if (ingress !== '')
    writer.gauge(
      K.serviceIngress.name,
      { ...service, ip: '', hostname: '', [/[a-z]/.test(ingress) ? 'hostname' : 'ip']: ingress },
      () => 1,
    );
  return findRisks(buildWorld(writer.series, RANGE))
    .filter(({ kind }) => kind === 'db-internet-exposure')
    .map(({ message }) => message);
};

test('a database behind a service that leads in from the internet', () => {
  const [message = ''] = behindService('LoadBalancer', '8.8.4.4', '');
  assert.match(
    message,
    /^db \(postgres\) is served by LoadBalancer shop\/db at 8\.8\.4\.4, which the internet/,
  );
  assert.match(
    behindService('LoadBalancer', 'a1.elb.amazonaws.com', '')[0] ?? '',
    /at a1\.elb\.amazonaws\.com/,
  );
  assert.match(
    behindService('NodePort', '', '8.8.8.8')[0] ?? '',
    /NodePort shop\/db at port 31432 of 8\.8\.8\.8/,
  );
});

test('and one behind a service that does not', () => {
  assert.deepEqual(behindService('LoadBalancer', '10.0.3.4', '8.8.8.8'), []);
  assert.deepEqual(behindService('LoadBalancer', 'internal-a1.elb.amazonaws.com', ''), []);
  assert.deepEqual(behindService('NodePort', '', ''), []);
  assert.deepEqual(behindService('NodePort', '', '10.0.0.9'), []);
  assert.deepEqual(behindService('ClusterIP', '', '8.8.8.8'), []);
});

test('a replica that is connected is a replica, whatever it is called', () => {
  const replica: Unit = {
    name: 'standby',
    node: 'b',
    ip: '10.0.0.2',
    type: 'postgres',
    calls: '10.0.0.1:80',
  };
  const found = risks([{ name: 'db', node: 'a', ip: '10.0.0.1', type: 'postgres' }, replica]);
  assert.deepEqual(
    found.filter((one) => one.includes('unreplicated')),
    [],
  );
});

test('what somebody uses and runs once, on one node, or on spot nodes', () => {
  const client: Unit = { name: 'client', node: 'b', ip: '10.0.0.9', calls: '10.0.0.1:80' };
  assert.deepEqual(risks([{ name: 'web@1', node: 'a', ip: '10.0.0.1' }, client]), [
    'web single-instance-app',
  ]);
  const second = (node: string): Unit => ({ name: 'web@2', node, ip: '10.0.0.2' });
  const first: Unit = { name: 'web@1', node: 'a', ip: '10.0.0.1' };
  assert.deepEqual(risks([first, second('a'), client]), ['web single-node-app']);
  assert.deepEqual(risks([first, second('b'), client]), []);
  assert.deepEqual(risks([first, second('b'), client], [], 'spot'), ['web spot-only-app']);
});

test('addresses of the internet', () => {
  for (const ip of ['8.8.8.8', '172.32.0.1', '2a00:1450::1', '::ffff:8.8.8.8'])
    assert.ok(isPublicAddress(ip), ip);
  for (const ip of [
    '10.1.2.3',
    '172.16.0.1',
    '192.168.1.1',
    '127.0.0.1',
    '100.64.3.2',
    '::1',
    'fe80::1',
    'fd00::1',
    '2001:db8::1',
    '999.1.1.1',
    'db',
  ])
    assert.ok(!isPublicAddress(ip), ip);
});

test('costs are shares of what the nodes have, and amounts with prices', () => {
  const client: Unit = { name: 'client', node: 'b', ip: '10.0.0.9', calls: '10.0.0.1:80' };
  const world = worldOf([{ name: 'web', node: 'a', ip: '10.0.0.1' }, client]);
  const near = (value: number, expected: number) =>
    assert.ok(Math.abs(value / expected - 1) < 0.05, `${value} ${expected}`);
  const plain = findCosts(world).applications.find(({ application }) => application.endsWith('client'))!;
  near(plain.cpuShare, 0.5 / 8);
  near(plain.memoryShare, 1 / 16);
  near(plain.traffic.crossZone!, 1000);
  near(plain.unusedMemory, 2 * GIB);
  assert.ok(Number.isNaN(plain.unusedCpu));
  assert.deepEqual(
    [plain.monthly, plain.traffic.internet, plain.traffic.crossZoneExact],
    [undefined, 0, true],
  );
  const prices = { currency: 'EUR', cpuCoreHour: 0.04, memoryGibHour: 0.01, crossZoneGib: 1, internetGib: 0 };
  const { applications, nodes } = findCosts(world, prices);
  const [dearest] = applications;
  near(dearest!.monthly!.cpu, 0.5 * 0.04 * MONTH_HOURS);
  near(dearest!.monthly!.memory, 0.01 * MONTH_HOURS);
  near(dearest!.monthly!.traffic, (1000 * 3600 * MONTH_HOURS) / GIB);
  near(nodes[0]!.monthly!, (4 * 0.04 + 8 * 0.01) * MONTH_HOURS);
  near(nodes[0]!.idleCpu, 0.75);
});
