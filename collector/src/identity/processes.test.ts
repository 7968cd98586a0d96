import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { ProcessChange, ProcessEvent } from '../receivers/ebpf/process-event.ts';
import { CgroupIndex } from './cgroup-index.ts';
import { ProcessTable } from './processes.ts';

const folder = mkdtempSync(join(tmpdir(), 'gumshoe-processes-'));
after(() => rmSync(folder, { recursive: true }));
const procfs = join(folder, 'proc');
const cgroupfs = join(folder, 'cgroup');

function putProcess(pid: number, unit: string): void {
  mkdirSync(join(procfs, String(pid)), { recursive: true });
  writeFileSync(
    join(procfs, String(pid), 'cgroup'),
    `4:memory:/shop.slice/${unit}\n0::/shop.slice/${unit}\n`,
  );
}

function putCgroup(unit: string): bigint {
  const path = join(cgroupfs, 'unified/shop.slice', unit);
  mkdirSync(path, { recursive: true });
  return statSync(path, { bigint: true }).ino;
}

function table(): ProcessTable {
  const filter = { accepts: () => true, processes: () => [] };
  return new ProcessTable({ procfs, cgroupfs, filter, hostName: 'h', hostId: 'm', keepExitedFor: 60 });
}

const event = (change: ProcessChange, tgid: number, cgroupId: bigint): ProcessEvent => ({
  change,
  tgid,
  cgroupId,
  time: 1n,
  parentTgid: 1,
  exitCode: 0,
  comm: 'x',
});

test('a live process belongs to its unit', () => {
  putProcess(10, 'api@1.service');
  const container = table().containerOf(10);
  assert.equal(container?.containerId, '/shop.slice/api@1.service');
  assert.equal(container?.serviceName, 'api');
  assert.deepEqual(container?.cgroups.controllers, { memory: '/shop.slice/api@1.service' });
});

test('a process that is gone before anybody looked belongs to the cgroup of its records', () => {
  const id = putCgroup('job.service');
  assert.equal(table().containerOf(77), undefined);
  assert.equal(table().spanOwnerOf(77, id)?.serviceName, 'job');
  const processes = table();
  processes.onProcess(event('exec', 78, id));
  assert.equal(processes.containerOf(78)?.containerId, '/shop.slice/job.service');
});

test('once a live process of the container is seen, its v1 cgroups are known too', () => {
  const processes = table();
  processes.spanOwnerOf(79, putCgroup('late.service'));
  putProcess(80, 'late.service');
  assert.deepEqual(processes.containerOf(80)?.cgroups.controllers, { memory: '/shop.slice/late.service' });
});

test('a process killed for lack of memory counts in its container', () => {
  const processes = table();
  const id = putCgroup('hungry.service');
  processes.onProcess(event('oom-kill', 81, id));
  processes.onProcess(event('exit', 81, id));
  assert.deepEqual(
    [...processes.all()].map(({ containerId, oomKills }) => [containerId, oomKills]),
    [['/shop.slice/hungry.service', 1]],
  );
});

test('a cgroup made after the last scan is found by the next one, not before', () => {
  const index = new CgroupIndex(cgroupfs);
  const first = putCgroup('first.service');
  assert.equal(index.pathOf(first, 0), '/shop.slice/first.service');
  const second = putCgroup('second.service');
  assert.equal(index.pathOf(second, 999), undefined);
  assert.equal(index.pathOf(second, 1000), '/shop.slice/second.service');
  assert.equal(index.pathOf(0n, 5000), undefined);
});

test('a cgroup that was noticed is known when it is gone, however deep it was made', async (t) => {
  const index = new CgroupIndex(cgroupfs);
  t.after(() => index.close());
  index.watch();
  assert.equal(index.pathOf(putCgroup('other.service'), 0), '/shop.slice/other.service');
  const short = putCgroup('short.service');
  const inner = putCgroup('short.service/inner');
  // the next scan is far: what is known now was noticed
  for (let i = 0; i < 3_000 && index.pathOf(inner, 1) === undefined; i++)
    await new Promise((resolve) => setTimeout(resolve, 10));
  rmSync(join(cgroupfs, 'unified/shop.slice/short.service'), { recursive: true });
  assert.equal(index.pathOf(short, 1), '/shop.slice/short.service');
  assert.equal(index.pathOf(inner, 5000), '/shop.slice/short.service/inner');
});

test('a cgroup that was gone before anybody noticed is known by who saw it made', () => {
  const processes = table();
  processes.askOfCgroups((id) => (id === 4711n ? '/shop.slice/blink.service' : undefined));
  processes.onProcess(event('exec', 82, 4711n));
  assert.equal(processes.containerOf(82)?.containerId, '/shop.slice/blink.service');
  assert.equal(processes.spanOwnerOf(83, 4712n), undefined);
});

test('a container gets its names when they become known, and keeps its processes', () => {
  const pod = '1b2c3d4e-1111-2222-3333-444455556666';
  const id = 'c0ffee'.padEnd(64, '0');
  const docker = 'facade'.padEnd(64, '0');
  for (const [pid, cgroup] of [
    [90, `/kubepods/pod${pod}/${id}`],
    [91, `/system.slice/docker-${docker}.scope`],
  ] as const) {
    mkdirSync(join(procfs, String(pid)), { recursive: true });
    writeFileSync(join(procfs, String(pid), 'cgroup'), `0::${cgroup}\n`);
    writeFileSync(join(procfs, String(pid), 'comm'), 'api\n');
  }
  let known = false;
  const processes = new ProcessTable({
    procfs,
    cgroupfs,
    filter: { accepts: () => true, processes: () => [90, 91] },
    hostName: 'h',
    hostId: 'm',
    keepExitedFor: 60,
    kubernetesNames: () => (known ? { namespace: 'shop', pod: 'api-0', container: 'api' } : undefined),
    runtimeContainer: (runtimeId) =>
      known && runtimeId === docker
        ? {
            id: docker,
            name: 'web',
            image: 'shop:1',
            labels: {},
            names: { by: 'name', name: 'web' },
            isPause: false,
            volumes: {},
            published: [],
            logPath: '',
            optOuts: { logs: false, traces: true, profiles: false },
          }
        : undefined,
  });
  const ids = (): readonly (readonly [string, readonly number[]])[] =>
    [...processes.all()].map(({ containerId, pids }) => [containerId, [...pids]] as const);
  processes.scan(1);
  assert.deepEqual(ids(), [
    [`/k8s/~/${pod}/${id.slice(0, 12)}`, [90]],
    [`/docker/${docker.slice(0, 12)}`, [91]],
  ]);
  known = true;
  processes.scan(2);
  assert.deepEqual(ids(), [
    ['/k8s/shop/api-0/api', [90]],
    ['/docker/web', [91]],
  ]);
  assert.equal(processes.spanOwnerOf(91), undefined, 'it does not want to be traced');
  assert.equal(processes.profileOwnerOf(91)?.serviceName, 'web');
  processes.scan(3);
  assert.equal(ids().length, 2);
});

test('a container that its orchestrator starts again is the same one, in its new cgroup', () => {
  const pod = '/kubepods/pod1b2c3d4e-1111-2222-3333-444455556666';
  const start = (pid: number, id: string): void => {
    mkdirSync(join(procfs, String(pid)), { recursive: true });
    writeFileSync(join(procfs, String(pid), 'cgroup'), `0::${pod}/${id.padEnd(64, '0')}/inner\n`);
    writeFileSync(join(procfs, String(pid), 'comm'), 'api\n');
  };
  let alive = [100];
  const processes = new ProcessTable({
    procfs,
    cgroupfs,
    filter: { accepts: () => true, processes: () => alive },
    hostName: 'h',
    hostId: 'm',
    keepExitedFor: 60_000,
    kubernetesNames: () => ({ namespace: 'shop', pod: 'api-0', container: 'api' }),
  });
  start(100, 'aaa');
  processes.scan(1);
  alive = [101];
  start(101, 'bbb');
  processes.scan(2);
  const [container, ...others] = [...processes.all()];
  assert.equal(others.length, 0);
  assert.deepEqual([container?.containerId, [...(container?.pids ?? [])]], ['/k8s/shop/api-0/api', [101]]);
  assert.equal(container?.identity.id, 'bbb'.padEnd(64, '0'));
  assert.equal(container?.cgroups.unified, `${pod}/${'bbb'.padEnd(64, '0')}`);
});
