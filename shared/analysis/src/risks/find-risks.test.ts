import assert from 'node:assert/strict';
import { test } from 'node:test';
import { milliseconds, type TimeRange } from '@gumshoe/base/time';
import { buildWorld } from '@gumshoe/model/build/build-world';
import { SeriesWriter } from '@gumshoe/model/testdata/series-writer';
import { CLOUD_METRICS } from '@gumshoe/schema/metrics/cloud';
import { CONTAINER_METRICS as C } from '@gumshoe/schema/metrics/container';
import { KUBERNETES_METRICS as K } from '@gumshoe/schema/metrics/kubernetes';
import { NODE_METRICS as N } from '@gumshoe/schema/metrics/node';
import { worldOf, type Unit } from '../testdata/two-zones.ts';
import { findRisks, type RiskDismissal } from './find-risks.ts';
import { isPublicAddress } from './public-address.ts';

const RANGE: TimeRange = { from: milliseconds(1_790_000_000_000), to: milliseconds(1_790_000_600_000) };

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

test('queues must not be seen from the internet either; what replicates must', () => {
  const alone = (type: string, ip: string) => risks([{ name: 'store', node: 'a', ip, type }]);
  for (const type of ['kafka', 'rabbitmq', 'nats', 'mongodb', 'mysql', 'redis', 'elasticsearch'])
    assert.ok(alone(type, '8.8.8.8').includes('store db-internet-exposure'), type);
  for (const type of ['postgres', 'mysql', 'redis', 'valkey', 'mongodb', 'elasticsearch', 'opensearch'])
    assert.deepEqual(alone(type, '10.0.0.1'), ['store unreplicated-database'], type);
  for (const type of ['memcached', 'kafka', 'nginx']) assert.deepEqual(alone(type, '10.0.0.1'), [], type);
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
  assert.deepEqual(risks([first, second('c'), client]), ['web single-az-app']);
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
