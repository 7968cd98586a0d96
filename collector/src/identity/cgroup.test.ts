import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applicationType } from './application-type.ts';
import { containerPaths, identifyCgroup, parseCgroupFile } from './cgroup.ts';
import { containerIdOf, serviceNameOf, type OrchestratedNames } from './container-id.ts';

const ID = 'c0ffee'.padEnd(64, '0');
const OUTER = 'facade'.padEnd(64, '1');
const POD = '1b2c3d4e-1111-2222-3333-444455556666';
const POD_ = POD.replace(/-/g, '_');
const SHORT = ID.slice(0, 12);
const IN_POD = `/k8s/~/${POD}/${SHORT}`;
const HOUR = 3_600_000;
const NOW = Date.UTC(2026, 0, 1);

type Case = readonly [name: string, file: string, kind: string, containerId: string];

const docker: readonly Case[] = [
  ['v2, systemd driver', `0::/system.slice/docker-${ID}.scope`, 'docker', `/docker/${SHORT}`],
  ['v2, cgroupfs driver', `0::/docker/${ID}`, 'docker', `/docker/${SHORT}`],
  [
    'v1, cgroupfs driver',
    `4:memory:/docker/${ID}\n3:cpu,cpuacct:/docker/${ID}\n0::/`,
    'docker',
    `/docker/${SHORT}`,
  ],
  [
    'v1, systemd driver',
    `9:memory:/system.slice/docker-${ID}.scope\n1:name=systemd:/system.slice/docker-${ID}.scope`,
    'docker',
    `/docker/${SHORT}`,
  ],
  ['a slice of its own', `0::/shop.slice/docker-${ID}.scope`, 'docker', `/docker/${SHORT}`],
  [
    'rootless',
    `0::/user.slice/user-1000.slice/user@1000.service/user.slice/docker-${ID}.scope`,
    'docker',
    `/docker/${SHORT}`,
  ],
  ['in Docker', `0::/system.slice/docker-${OUTER}.scope/docker/${ID}`, 'docker', `/docker/${SHORT}`],
  [
    'systemd inside',
    `0::/system.slice/docker-${ID}.scope/system.slice/nginx.service`,
    'docker',
    `/docker/${SHORT}`,
  ],
  ['Amazon ECS, v1', `4:memory:/ecs/0123abcd/${ID}`, 'docker', `/docker/${SHORT}`],
  [
    'Amazon ECS, v2',
    `0::/ecstasks.slice/ecstasks-0123abcd.slice/docker-${ID}.scope`,
    'docker',
    `/docker/${SHORT}`,
  ],
];

const kubernetes: readonly Case[] = [
  [
    'containerd, v2, systemd driver',
    `0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${POD_}.slice/cri-containerd-${ID}.scope`,
    'containerd',
    IN_POD,
  ],
  ['containerd, v2, cgroupfs driver', `0::/kubepods/burstable/pod${POD}/${ID}`, 'containerd', IN_POD],
  [
    'containerd, v1, cgroupfs driver',
    `5:memory:/kubepods/besteffort/pod${POD}/${ID}\n0::/system.slice/containerd.service`,
    'containerd',
    IN_POD,
  ],
  [
    'containerd, v1, systemd driver',
    `11:cpu,cpuacct:/kubepods.slice/kubepods-pod${POD_}.slice/cri-containerd-${ID}.scope`,
    'containerd',
    IN_POD,
  ],
  [
    'containerd whose slice is missing',
    `0::/system.slice/containerd.service/kubepods-burstable-pod${POD_}.slice:cri-containerd:${ID}`,
    'containerd',
    IN_POD,
  ],
  [
    'CRI-O, systemd driver',
    `0::/kubepods.slice/kubepods-pod${POD_}.slice/crio-${ID}.scope/container`,
    'crio',
    IN_POD,
  ],
  ['CRI-O, cgroupfs driver', `4:memory:/kubepods/burstable/pod${POD}/crio-${ID}`, 'crio', IN_POD],
  [
    'cri-dockerd',
    `0::/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod${POD_}.slice/docker-${ID}.scope`,
    'docker',
    IN_POD,
  ],
  [
    'static pod',
    `0::/kubepods/burstable/pod${POD.replace(/-/g, '')}/${ID}`,
    'containerd',
    `/k8s/~/${POD.replace(/-/g, '')}/${SHORT}`,
  ],
  [
    'kind, v2',
    `0::/system.slice/docker-${OUTER}.scope/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod${POD_}.slice/cri-containerd-${ID}.scope`,
    'containerd',
    IN_POD,
  ],
  ['kind, v1', `4:memory:/docker/${OUTER}/kubelet/kubepods/burstable/pod${POD}/${ID}`, 'containerd', IN_POD],
  ['k3s', `0::/kubepods/besteffort/pod${POD}/${ID}`, 'containerd', IN_POD],
  [
    'gVisor sandbox',
    `0::/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod${POD_}.slice`,
    'sandbox',
    `/k8s/~/${POD}/sandbox`,
  ],
];

const others: readonly Case[] = [
  ['containerd, namespace default', `0::/default/${ID}`, 'containerd', `/containerd/${SHORT}`],
  ['nerdctl', `0::/system.slice/nerdctl-${ID}.scope`, 'containerd', `/containerd/${SHORT}`],
  ['Podman, root', `0::/machine.slice/libpod-${ID}.scope/container`, 'podman', `/podman/${SHORT}`],
  [
    'Podman, root, in a pod',
    `0::/machine.slice/machine-libpod_pod_${OUTER}.slice/libpod-${ID}.scope`,
    'podman',
    `/podman/${SHORT}`,
  ],
  [
    'Podman, rootless',
    `0::/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-${ID}.scope/container`,
    'podman',
    `/podman/${SHORT}`,
  ],
  [
    'Podman, rootless, in a pod',
    `0::/user.slice/user-1000.slice/user@1000.service/user.slice/user-libpod_pod_${OUTER}.slice/libpod-${ID}.scope`,
    'podman',
    `/podman/${SHORT}`,
  ],
  ['Podman, cgroupfs driver', `9:memory:/libpod_parent/libpod-${ID}`, 'podman', `/podman/${SHORT}`],
  [
    'Podman, split under a unit (Quadlet)',
    `0::/system.slice/web.service/libpod-payload-${ID}`,
    'podman',
    `/podman/${SHORT}`,
  ],
  ['LXC', '0::/lxc.payload.web1/init.scope', 'lxc', '/lxc/web1'],
  ['LXC, a unit inside', '0::/lxc.payload.web1/system.slice/nginx.service', 'lxc', '/lxc/web1'],
  ['LXC, v1', '4:memory:/lxc/web1', 'lxc', '/lxc/web1'],
  ['LXC, newer', '0::/lxc.payload/web1', 'lxc', '/lxc/web1'],
  ['Proxmox', '0::/lxc/101/ns/system.slice/postgresql.service', 'lxc', '/lxc/101'],
  ['Docker in LXC', `0::/lxc.payload.web1/docker/${ID}`, 'docker', `/docker/${SHORT}`],
  [
    'systemd-nspawn',
    '0::/machine.slice/systemd-nspawn@debian.service/payload/system.slice/nginx.service',
    'nspawn',
    '/nspawn/debian',
  ],
  ['Nomad, v2', `0::/nomad.slice/share.slice/${POD}.server.scope`, 'nomad', `/nomad/~/~/~/${POD}/server`],
  ['Nomad, v2, before 1.7', `0::/nomad.slice/${POD}.server.scope`, 'nomad', `/nomad/~/~/~/${POD}/server`],
  ['Nomad, v1', `4:memory:/nomad/${POD}.server`, 'nomad', `/nomad/~/~/~/${POD}/server`],
  ['Talos, init', '0::/init', 'talos', '/talos/init'],
  ['Talos, a service', '0::/system/apid', 'talos', '/talos/apid'],
  ['Talos, the kubelet', '0::/podruntime/kubelet', 'talos', '/talos/kubelet'],
];

const units: readonly Case[] = [
  ['unit', '0::/system.slice/nginx.service', 'systemd', '/system.slice/nginx.service'],
  [
    'unit, v1',
    '4:memory:/system.slice/nginx.service\n1:name=systemd:/system.slice/nginx.service',
    'systemd',
    '/system.slice/nginx.service',
  ],
  [
    'unit known to systemd only',
    '4:memory:/\n1:name=systemd:/system.slice/nginx.service\n0::/',
    'systemd',
    '/system.slice/nginx.service',
  ],
  [
    'template in a nested slice',
    '0::/shop.slice/shop-back.slice/api@1.service',
    'systemd',
    '/shop.slice/shop-back.slice/api@1.service',
  ],
  [
    'escaped',
    '0::/system.slice/system-my\\x2dapp.slice/my\\x2dapp.service/sub',
    'systemd',
    '/system.slice/system-my-app.slice/my-app.service',
  ],
  ['runtime slice', '0::/runtime.slice/kubelet.service', 'systemd', '/runtime.slice/kubelet.service'],
  [
    "a user's unit",
    '0::/user.slice/user-1000.slice/user@1000.service/app.slice/sync.service',
    'systemd',
    '/user.slice/user-1000.slice/user@1000.service/app.slice/sync.service',
  ],
  [
    "a user's manager",
    '0::/user.slice/user-1000.slice/user@1000.service/init.scope',
    'systemd',
    '/user.slice/user-1000.slice/user@1000.service',
  ],
  [
    'deleted while it runs',
    '0::/system.slice/nginx.service (deleted)',
    'systemd',
    '/system.slice/nginx.service',
  ],
  ['login session', '0::/user.slice/user-0.slice/session-3.scope', 'process', '/process/web-1/bash'],
  [
    "an application of a user's session",
    '0::/user.slice/user-1000.slice/user@1000.service/app.slice/app-code-1.scope',
    'process',
    '/process/web-1/bash',
  ],
  ['pid 1', '0::/init.scope', 'process', '/process/web-1/bash'],
  ['no cgroup', '0::/', 'process', '/process/web-1/bash'],
];

const process = { comm: 'bash', host: 'web-1' };
for (const [family, cases] of Object.entries({ docker, kubernetes, others, units }))
  for (const [name, file, kind, id] of cases)
    test(`identity, ${family}: ${name}`, () => {
      const identity = identifyCgroup(parseCgroupFile(file));
      assert.equal(identity?.kind, kind);
      assert.equal(identity && containerIdOf(identity, process, undefined, NOW), id);
    });

test('in a cgroup namespace paths are told relative to the reader', () => {
  const base = `/kubepods/besteffort/pod${POD}/${OUTER}`;
  const sibling = parseCgroupFile(`0::/../../pod${POD}/${ID}`, base);
  assert.equal(sibling.unified, `/kubepods/besteffort/pod${POD}/${ID}`);
  assert.equal(parseCgroupFile('0::/', base).unified, base);
  assert.equal(
    parseCgroupFile('0::/../../../../system.slice/nginx.service', base).unified,
    '/system.slice/nginx.service',
  );
  const blind = identifyCgroup(parseCgroupFile(`0::/../cri-containerd-${ID}.scope`));
  assert.deepEqual([blind?.kind, blind?.id], ['containerd', ID], 'without a base the name is still there');
});

test('names of those who schedule win over ids', () => {
  const identity = identifyCgroup(parseCgroupFile(`0::/kubepods/burstable/pod${POD}/${ID}`));
  assert.ok(identity);
  const named = (names: OrchestratedNames): string => containerIdOf(identity, process, names, NOW);
  const pod = (name: string): string =>
    named({ by: 'kubernetes', namespace: 'shop', pod: name, container: 'api' });
  assert.equal(pod('api-7d4b9c6f5-x2x4z'), '/k8s/shop/api-7d4b9c6f5-x2x4z/api');
  const minutes = (offset: number): number => Math.round((NOW + offset) / 60_000);
  assert.equal(pod(`report-${minutes(-HOUR)}-x2x4z`), '/k8s-cronjob/shop/report/api');
  assert.equal(
    pod(`report-${minutes(-24 * 8 * HOUR)}-x2x4z`),
    `/k8s/shop/report-${minutes(-24 * 8 * HOUR)}-x2x4z/api`,
  );
  assert.equal(named({ by: 'swarm', stack: '', service: 'web', task: '2' }), '/swarm/_/web/2');
  const nomad = { namespace: 'default', job: 'shop', group: 'api', allocation: POD, task: 'server' };
  assert.equal(named({ by: 'nomad', ...nomad }), `/nomad/default/shop/api/${POD}/server`);
  assert.equal(named({ by: 'name', name: 'web' }), '/containerd/web');
});

test('a hierarchy in which a container shares its group with others is left out', () => {
  const paths = (text: string) => {
    const cgroups = parseCgroupFile(text);
    const identity = identifyCgroup(cgroups);
    assert.ok(identity);
    return containerPaths(cgroups, identity);
  };
  assert.deepEqual(
    paths(
      '5:memory:/system.slice\n3:cpu,cpuacct:/\n2:pids:/system.slice/a.service\n0::/system.slice/a.service/inner',
    ),
    { unified: '/system.slice/a.service', controllers: { pids: '/system.slice/a.service' } },
  );
  assert.deepEqual(paths(`4:memory:/docker/${ID}/inner\n0::/system.slice/containerd.service`), {
    unified: '',
    controllers: { memory: `/docker/${ID}` },
  });
  assert.deepEqual(paths('4:memory:/user.slice\n0::/user.slice/session-1.scope'), {
    unified: '/user.slice/session-1.scope',
    controllers: { memory: '/user.slice' },
  });
});

test('a monitor of containers is none', () => {
  assert.equal(identifyCgroup(parseCgroupFile(`0::/machine.slice/libpod-conmon-${ID}.scope`)), undefined);
  assert.equal(identifyCgroup(parseCgroupFile('0::/lxc.monitor.web1')), undefined);
  assert.equal(identifyCgroup(parseCgroupFile(`0::/system.slice/crio-conmon-${ID}.scope`)), undefined);
});

test('service names are those of workloads', () => {
  assert.equal(serviceNameOf('/k8s/shop/api-7d4b9c6f5-x2x4z/api'), '/k8s/shop/api');
  assert.equal(serviceNameOf('/k8s/shop/postgres-0/postgres'), '/k8s/shop/postgres');
  assert.equal(serviceNameOf('/k8s/shop/agent-b7x2q/agent'), '/k8s/shop/agent');
  assert.equal(serviceNameOf('/gumshoe.slice/api@1.service'), 'api');
  assert.equal(serviceNameOf('/docker/c0ffee'), 'c0ffee');
  assert.equal(serviceNameOf('/k8s-cronjob/shop/report/job'), '/k8s-cronjob/shop/report');
  assert.equal(serviceNameOf('/swarm/shop/api/3'), '/swarm/shop/api');
  assert.equal(serviceNameOf('/process/web-1/sshd'), 'sshd');
});

test('software is recognised from its command line', () => {
  assert.equal(applicationType('postgres: walwriter \0'), 'postgres');
  assert.equal(applicationType('nginx: master process /usr/sbin/nginx -c x'), 'nginx');
  assert.equal(applicationType('/usr/bin/python3\0orders.py\0'), 'python');
  assert.equal(applicationType('/opt/node/bin/node\0api.mjs'), 'nodejs');
  assert.equal(applicationType('java\0-Xmx1g\0kafka.Kafka\0'), 'kafka');
  assert.equal(applicationType('/usr/lib/erlang/bin/beam.smp\0-s\0rabbit\0boot'), 'rabbitmq');
  assert.equal(applicationType('/opt/couchbase/bin/beam.smp\0ns_server'), 'couchbase');
  assert.equal(applicationType('clickhouse-keeper\0--config'), 'clickhouse');
  assert.equal(applicationType('php-fpm8.2\0'), 'php');
  assert.equal(applicationType('/usr/bin/unknown'), undefined);
});
