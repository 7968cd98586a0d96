import assert from 'node:assert/strict';
import { test } from 'node:test';
import { identifyContainer } from './identity.ts';

const cases: readonly (readonly [id: string, kind: string, application: string, instance: string])[] = [
  ['/k8s/shop/checkout-7d4b9c6f5d-x2x9k/app', 'Deployment', 'checkout', 'checkout-7d4b9c6f5d-x2x9k'],
  ['/k8s/shop/db-0/postgres', 'StatefulSet', 'db', 'db-0'],
  ['/k8s/kube-system/proxy-x2x9k/proxy', 'DaemonSet', 'proxy', 'proxy-x2x9k'],
  ['/k8s/shop/standalone/app', 'Pod', 'standalone', 'standalone'],
  ['/k8s-cronjob/shop/report/app', 'CronJob', 'report', 'report/app'],
  ['/docker/redis', 'Container', 'redis', 'redis'],
  ['/docker/shop-api-2', 'Container', 'shop-api', 'shop-api-2'],
  ['/containerd/0123456789ab', 'Container', '0123456789ab', '0123456789ab'],
  ['/process/sshd', 'Process', 'sshd', 'sshd'],
  ['/swarm/shop/api/3', 'DockerSwarmService', 'api', 'api.3'],
  ['/gumshoe-demo-1.slice/api@1.service', 'SystemdUnit', 'api', 'api@1'],
  ['/gumshoe-demo-1.slice/orders.service', 'SystemdUnit', 'orders', 'orders'],
  ['/user.slice/make.scope', 'Process', 'make', 'make'],
];

for (const [id, kind, application, instance] of cases) {
  test(`${id} is ${kind} ${application}`, () => {
    const identity = identifyContainer(id);
    assert.deepEqual([identity.kind, identity.application, identity.instance], [kind, application, instance]);
  });
}

test('the host is part of what only a host tells apart', () => {
  assert.equal(identifyContainer('/system.slice/postgresql.service').hostBound, true);
  assert.equal(identifyContainer('/user.slice/make.scope').hostBound, true);
  assert.equal(identifyContainer('/shop.slice/postgresql.service').hostBound, false);
});

test('replicas of a template unit are one application', () => {
  const one = identifyContainer('/shop.slice/api@1.service');
  const two = identifyContainer('/other.slice/api@2.service');
  assert.equal(one.application, two.application);
  assert.notEqual(one.instance, two.instance);
});
