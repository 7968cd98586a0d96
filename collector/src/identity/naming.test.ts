import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { cgroupBase } from './cgroup-namespace.ts';
import { parseCgroupFile } from './cgroup.ts';
import { nameContainer, type NameSources } from './naming.ts';
import { isPauseContainer, namesFromLabels, NO_OPT_OUTS, optOutsOf } from './runtimes/container.ts';
import { isSystemService } from './system-services.ts';
import { UnitFiles } from './unit-files.ts';

const ID = 'c0ffee'.padEnd(64, '0');
const POD = '1b2c3d4e-1111-2222-3333-444455556666';

function folder(t: TestContext, files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), 'gumshoe-naming-'));
  t.after(() => rmSync(root, { recursive: true }));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  return root;
}

const idOf = (cgroup: string, sources: NameSources, comm = 'x', cmdline = ''): string | undefined =>
  nameContainer(
    parseCgroupFile(`0::${cgroup}`),
    { comm: () => comm, cmdline: () => cmdline },
    'web-1',
    sources,
    Date.UTC(2026, 0, 1),
  )?.containerId;

const runtimeContainer = (labels: Readonly<Record<string, string>>, name: string) => (id: string) =>
  id === ID
    ? {
        id,
        name,
        image: 'i',
        labels,
        names: namesFromLabels(labels, name),
        isPause: isPauseContainer(labels, name),
        volumes: {},
        published: [],
        logPath: '',
        optOuts: NO_OPT_OUTS,
      }
    : undefined;

test('a runtime names what its cgroup only numbers', () => {
  const docker = `/system.slice/docker-${ID}.scope`;
  assert.equal(idOf(docker, {}), `/docker/${ID.slice(0, 12)}`);
  assert.equal(idOf(docker, { runtimeContainer: runtimeContainer({}, 'web') }), '/docker/web');
  const swarm = {
    'com.docker.swarm.service.name': 'shop_api',
    'com.docker.swarm.task.name': 'shop_api.3.k1x',
    'com.docker.stack.namespace': 'shop',
  };
  assert.equal(
    idOf(docker, { runtimeContainer: runtimeContainer(swarm, 'shop_api.3.k1x') }),
    '/swarm/shop/api/3',
  );
  const nomad = {
    'com.hashicorp.nomad.alloc_id': POD,
    'com.hashicorp.nomad.job_name': 'shop',
    'com.hashicorp.nomad.task_group_name': 'api',
    'com.hashicorp.nomad.task_name': 'server',
  };
  assert.equal(
    idOf(docker, { runtimeContainer: runtimeContainer(nomad, 'x') }),
    `/nomad/default/shop/api/${POD}/server`,
  );
});

test('the process that keeps a pod alive is nobody', () => {
  const cgroup = `/kubepods/pod${POD}/${ID}`;
  assert.equal(idOf(cgroup, {}, 'pause'), undefined);
  const sandbox = { 'io.cri-containerd.kind': 'sandbox', 'io.kubernetes.pod.name': 'api-1' };
  assert.equal(idOf(cgroup, { runtimeContainer: runtimeContainer(sandbox, 'x') }), undefined);
  assert.equal(idOf('/system.slice/pause.service', {}, 'pause'), '/system.slice/pause.service');
});

test('a sandbox is named by the id that ends its command line', () => {
  const labels = { 'io.kubernetes.pod.name': 'api-0', 'io.kubernetes.pod.namespace': 'shop' };
  assert.equal(
    idOf(
      `/kubepods/pod${POD}`,
      { runtimeContainer: runtimeContainer(labels, '') },
      'exe',
      `runsc-sandbox\0boot\0${ID}\0`,
    ),
    '/k8s/shop/api-0/sandbox',
  );
});

test('housekeeping of the machine is left out: by name, by type, by what starts it', (t) => {
  const root = folder(t, {
    'usr/lib/systemd/system/web.service': '[Service]\nType=notify\n',
    'usr/lib/systemd/system/cleanup.service': '[Service]\nType=oneshot\n',
    'usr/lib/systemd/system/backup.service': '[Service]\nExecStart=/bin/backup\n',
    'usr/lib/systemd/system/idle.service': '[Service]\nExecStart=/bin/idle\n',
    'usr/lib/systemd/system/idle.timer': '[Timer]\n',
    'usr/lib/systemd/system/worker@.service': '[Service]\nType=forking\n',
    'etc/systemd/system/worker@.service.d/type.conf': '[Service]\nType=simple\n',
    'usr/lib/systemd/system/bus.service': '[Service]\nBusName=org.example\n',
    'etc/systemd/system/sockets.target.wants/.keep': '',
    'etc/systemd/system/timers.target.wants/.keep': '',
  });
  symlinkSync('/nowhere/backup.timer', join(root, 'etc/systemd/system/timers.target.wants/backup.timer'));
  symlinkSync('/nowhere/web.socket', join(root, 'etc/systemd/system/sockets.target.wants/web.socket'));
  const files = new UnitFiles(root);
  const unitFacts = (unit: string) => files.factsOf(unit);
  assert.deepEqual(unitFacts('web.service'), { type: 'notify', triggeredBy: ['web.socket'] });
  assert.deepEqual(unitFacts('worker@3.service'), { type: 'simple', triggeredBy: [] });
  const shown = (unit: string): boolean => idOf(`/system.slice/${unit}`, { unitFacts }) !== undefined;
  assert.equal(shown('web.service'), true);
  assert.equal(shown('idle.service'), true, 'a timer that nothing wants starts nothing');
  assert.equal(shown('worker@3.service'), true);
  for (const unit of ['cleanup', 'backup', 'bus', 'systemd-journald', 'dbus-broker', 'getty@tty1', 'snapd'])
    assert.equal(shown(`${unit}.service`), false, unit);
  assert.equal(
    idOf('/system.slice/cron.service', { unitFacts, skipSystemServices: false }),
    '/system.slice/cron.service',
  );
  for (const own of ['cronicle', 'cron-report', 'ntp-exporter'])
    assert.equal(isSystemService(`${own}.service`, { type: '', triggeredBy: [] }), false, own);
});

test('who opts out is heard, by label', () => {
  assert.deepEqual(optOutsOf({ 'gumshoe.io/logs': 'disabled', 'gumshoe.io/profiles': 'enabled' }), {
    logs: true,
    traces: false,
    profiles: false,
  });
});

test("the collector's own cgroup is found where /proc speaks relative to it", (t) => {
  const root = folder(t, {
    'proc/1/cgroup': '0::/../../init.scope\n',
    'cgroup/cgroup.controllers': 'cpu\n',
    'cgroup/cgroup.procs': '1\n',
    'cgroup/kubepods/cgroup.procs': '',
    'cgroup/kubepods/pod1/cgroup.procs': '41\n42\n',
  });
  assert.equal(cgroupBase(join(root, 'proc'), join(root, 'cgroup'), 42), '/kubepods/pod1');
  writeFileSync(join(root, 'proc/1/cgroup'), '0::/init.scope\n');
  assert.equal(cgroupBase(join(root, 'proc'), join(root, 'cgroup'), 42), '');
});
