import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applicationType } from './application-type.ts';
import { identifyCgroup, parseCgroupFile } from './cgroup.ts';
import { parseConntrack } from './conntrack.ts';
import { containerIdOf, serviceNameOf } from './container-id.ts';

const ID = 'c0ffee'.padEnd(64, '0');
const POD = '1b2c3d4e-1111-2222-3333-444455556666';

const table: readonly (readonly [string, string, string, string])[] = [
  [
    'docker, v2, systemd driver',
    `0::/system.slice/docker-${ID}.scope`,
    'docker',
    `/docker/${ID.slice(0, 12)}`,
  ],
  [
    'docker, v1, cgroupfs',
    `4:memory:/docker/${ID}\n3:cpu,cpuacct:/docker/${ID}\n0::/`,
    'docker',
    `/docker/${ID.slice(0, 12)}`,
  ],
  [
    'containerd, Kubernetes v2',
    `0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${POD.replace(/-/g, '_')}.slice/cri-containerd-${ID}.scope`,
    'containerd',
    `/k8s/~/${POD}/${ID.slice(0, 12)}`,
  ],
  [
    'containerd, Kubernetes v1 cgroupfs',
    `5:memory:/kubepods/besteffort/pod${POD}/${ID}\n0::/system.slice/containerd.service`,
    'containerd',
    `/k8s/~/${POD}/${ID.slice(0, 12)}`,
  ],
  [
    'CRI-O',
    `0::/kubepods.slice/kubepods-pod${POD.replace(/-/g, '_')}.slice/crio-${ID}.scope/container`,
    'crio',
    `/k8s/~/${POD}/${ID.slice(0, 12)}`,
  ],
  ['Podman', `0::/machine.slice/libpod-${ID}.scope/container`, 'podman', `/podman/${ID.slice(0, 12)}`],
  ['LXC', '0::/lxc.payload.web1/init.scope', 'lxc', '/lxc/web1'],
  ['systemd unit', '0::/system.slice/nginx.service', 'systemd', '/system.slice/nginx.service'],
  [
    'systemd template unit in a nested slice',
    '0::/shop.slice/shop-back.slice/api@1.service',
    'systemd',
    '/shop.slice/shop-back.slice/api@1.service',
  ],
  [
    'escaped unit',
    '0::/system.slice/system-my\\x2dapp.slice/my\\x2dapp.service/sub',
    'systemd',
    '/system.slice/system-my-app.slice/my-app.service',
  ],
  ['login session', '0::/user.slice/user-0.slice/session-3.scope', 'process', '/process/bash'],
  ['no cgroup', '0::/', 'process', '/process/bash'],
];
for (const [name, file, kind, id] of table)
  test(`identity: ${name}`, () => {
    const identity = identifyCgroup(parseCgroupFile(file));
    assert.equal(identity?.kind, kind);
    assert.equal(identity && containerIdOf(identity, 'bash'), id);
  });

test('a monitor of containers is none', () => {
  assert.equal(identifyCgroup(parseCgroupFile(`0::/system.slice/crio-conmon-${ID}.scope`)), undefined);
});

test('service names are those of workloads', () => {
  assert.equal(serviceNameOf('/k8s/shop/api-7d4b9c6f5-x2x4z/api'), '/k8s/shop/api');
  assert.equal(serviceNameOf('/k8s/shop/postgres-0/postgres'), '/k8s/shop/postgres');
  assert.equal(serviceNameOf('/k8s/shop/agent-b7x2q/agent'), '/k8s/shop/agent');
  assert.equal(serviceNameOf('/gumshoe.slice/api@1.service'), 'api');
  assert.equal(serviceNameOf('/docker/c0ffee'), 'c0ffee');
});

test('software is recognised from its command line', () => {
  assert.equal(applicationType('postgres: walwriter \0'), 'postgres');
  assert.equal(applicationType('nginx: master process /usr/sbin/nginx -c x'), 'nginx');
  assert.equal(applicationType('/usr/bin/python3\0orders.py\0'), 'python');
  assert.equal(applicationType('/opt/node/bin/node\0api.mjs'), 'nodejs');
  assert.equal(applicationType('java\0-Xmx1g\0kafka.Kafka\0'), 'kafka');
  assert.equal(applicationType('/usr/bin/unknown'), undefined);
});

test('conntrack: only translated TCP connections count', () => {
  const text = `ipv4     2 tcp      6 431999 ESTABLISHED src=10.0.0.2 dst=10.96.0.1 sport=40000 dport=443 src=192.168.1.10 dst=10.0.0.2 sport=6443 dport=40000 [ASSURED] mark=0 use=1
ipv4     2 tcp      6 100 ESTABLISHED src=10.0.0.2 dst=10.0.0.3 sport=40001 dport=80 src=10.0.0.3 dst=10.0.0.2 sport=80 dport=40001 mark=0 use=1
ipv4     2 udp      17 29 src=10.0.0.2 dst=10.96.0.10 sport=1 dport=53 src=10.0.0.9 dst=10.0.0.2 sport=53 dport=1 use=1`;
  assert.deepEqual(parseConntrack(text), [{ destination: '10.96.0.1:443', actual: '192.168.1.10:6443' }]);
});
