import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { processFilter } from '../../identity/process-filter.ts';
import { ProcessTable } from '../../identity/processes.ts';
import { NO_OPT_OUTS } from '../../identity/runtimes/container.ts';
import { IntervalSamples } from '../../pipeline/registry.ts';
import { ContainerSource } from './containers.ts';

test('a restart is counted when even the oldest process is younger; delay adds up across processes', (t) => {
  const root = mkdtempSync(join(tmpdir(), 'gumshoe-proc-'));
  t.after(() => rmSync(root, { recursive: true }));
  const [procfs, cgroupfs] = [join(root, 'proc'), join(root, 'cgroup')];
  for (const dir of [procfs, cgroupfs]) mkdirSync(dir);
  const processes = new ProcessTable({
    procfs,
    cgroupfs,
    filter: processFilter({ cgroups: [], pids: [], netns: [] }, procfs, cgroupfs),
    hostName: 'h',
    hostId: 'i',
    keepExitedFor: 60_000,
  });
  const source = new ContainerSource(procfs, cgroupfs, processes);
  const run = (pid: number, startTicks: number, delayNs: number): void => {
    const dir = join(procfs, String(pid));
    mkdirSync(dir, { recursive: true });
    // a name with spaces and parentheses must not shift the fields
    const fields = ['S', '1', ...Array.from({ length: 17 }, () => '0'), String(startTicks), '0'];
    writeFileSync(join(dir, 'stat'), `${pid} (a) b) ${fields.join(' ')}\n`);
    writeFileSync(join(dir, 'cmdline'), 'redis-server\0');
    writeFileSync(join(dir, 'cgroup'), '0::/system.slice/cache.service\n');
    writeFileSync(join(dir, 'schedstat'), `1 ${delayNs} 3\n`);
  };
  const end = (pid: number): void => rmSync(join(procfs, String(pid)), { recursive: true });
  const collect = (now: number, name: string): number | undefined => {
    processes.scan(now);
    const sink = new IntervalSamples({ machineLabels: {}, maxSeriesPerContainer: 1000 }, now);
    Array.from(source.collect(sink, now));
    return sink.samples.find((one) => one.metric.name === name)?.value;
  };
  const restarts = 'container_restarts_total';
  run(10, 500, 0);
  assert.equal(collect(1000, restarts), 0);
  run(11, 900, 0);
  assert.equal(collect(2000, restarts), 0, 'a new worker is no restart');
  end(11);
  run(12, 950, 0);
  assert.equal(collect(3000, restarts), 0, 'a replaced worker is no restart');
  end(10);
  end(12);
  run(20, 2000, 1_000_000_000);
  assert.equal(collect(4000, restarts), 1);
  run(20, 2000, 3_000_000_000);
  assert.equal(collect(5000, 'container_resources_cpu_delay_seconds_total'), 2);
  assert.equal(collect(6000, restarts), 1);
});

test("what a runtime says of a container: its image, its ports on the machine; a unit's facts", (t) => {
  const root = mkdtempSync(join(tmpdir(), 'gumshoe-proc-'));
  t.after(() => rmSync(root, { recursive: true }));
  const [procfs, cgroupfs] = [join(root, 'proc'), join(root, 'cgroup')];
  const id = 'c0ffee'.padEnd(64, '0');
  mkdirSync(cgroupfs);
  const run = (pid: number, cgroup: string): void => {
    mkdirSync(join(procfs, String(pid)), { recursive: true });
    writeFileSync(join(procfs, String(pid), 'stat'), '1 (nginx) S 1\n');
    writeFileSync(join(procfs, String(pid), 'cmdline'), 'nginx: master process\0');
    writeFileSync(join(procfs, String(pid), 'cgroup'), `0::${cgroup}\n`);
  };
  run(10, `/system.slice/docker-${id}.scope`);
  run(11, '/system.slice/web.service');
  const port = (hostIp: string, hostPort: number, protocol: string) => ({
    hostIp,
    hostPort,
    containerPort: 80,
    protocol,
  });
  const web = {
    id,
    name: 'web',
    image: 'nginx:1.25',
    labels: {},
    names: { by: 'name', name: 'web' },
    isPause: false,
    volumes: {},
    published: [port('192.0.2.7', 8080, 'tcp'), port('192.0.2.7', 8081, 'udp')],
    logPath: '',
    optOuts: NO_OPT_OUTS,
  } as const;
  const processes = new ProcessTable({
    procfs,
    cgroupfs,
    filter: { accepts: () => true, processes: () => [10, 11] },
    hostName: 'h',
    hostId: 'i',
    keepExitedFor: 60_000,
    runtimeContainer: (runtimeId) => (runtimeId === id ? web : undefined),
    unitFacts: () => ({ type: 'notify', triggeredBy: ['web.socket'] }),
  });
  processes.scan(1000);
  const sink = new IntervalSamples({ machineLabels: {}, maxSeriesPerContainer: 1000 }, 1000);
  Array.from(new ContainerSource(procfs, cgroupfs, processes).collect(sink, 1000));
  const found = (metric: string) =>
    sink.samples
      .filter((one) => one.metric.name === metric)
      .map(({ labels }) =>
        Object.fromEntries(Object.entries(labels).filter(([name]) => !['__name__', 'app_id'].includes(name))),
      );
  const unit = { container_id: '/system.slice/web.service', image: '' };
  assert.deepEqual(found('container_info'), [
    { container_id: '/docker/web', image: 'nginx:1.25', systemd_triggered_by: '', systemd_type: '' },
    { ...unit, systemd_triggered_by: 'web.socket', systemd_type: 'notify' },
  ]);
  assert.deepEqual(found('container_net_tcp_listen_info'), [
    { container_id: '/docker/web', listen_addr: '192.0.2.7:8080', proxy: 'dockerd' },
  ]);
  assert.deepEqual(
    found('container_application_type').map((labels) => labels['application_type']),
    ['nginx', 'nginx'],
  );
});

test('a container that crashes for want of memory counts every kill and every start, across cgroups and pauses', (t) => {
  const root = mkdtempSync(join(tmpdir(), 'gumshoe-proc-'));
  t.after(() => rmSync(root, { recursive: true }));
  const [procfs, cgroupfs] = [join(root, 'proc'), join(root, 'cgroup')];
  const pod = '/kubepods/pod1b2c3d4e-1111-2222-3333-444455556666';
  for (const dir of [procfs, cgroupfs]) mkdirSync(dir);
  writeFileSync(join(cgroupfs, 'cgroup.controllers'), 'memory\n');
  let alive: number[] = [];
  const processes = new ProcessTable({
    procfs,
    cgroupfs,
    filter: { accepts: () => true, processes: () => alive },
    hostName: 'h',
    hostId: 'i',
    keepExitedFor: 60_000,
    kubernetesNames: () => ({ namespace: 'shop', pod: 'api-0', container: 'api' }),
  });
  const source = new ContainerSource(procfs, cgroupfs, processes);
  const run = (pid: number, start: number, kills: number): void => {
    const cgroup = `${pod}/${String(pid).padEnd(64, '0')}`;
    mkdirSync(join(procfs, String(pid)), { recursive: true });
    mkdirSync(join(cgroupfs, cgroup), { recursive: true });
    const fields = ['S', '1', ...Array.from({ length: 17 }, () => '0'), String(start), '0'];
    writeFileSync(join(procfs, String(pid), 'stat'), `${pid} (api) ${fields.join(' ')}\n`);
    writeFileSync(join(procfs, String(pid), 'comm'), 'api\n');
    writeFileSync(join(procfs, String(pid), 'cgroup'), `0::${cgroup}\n`);
    writeFileSync(join(cgroupfs, cgroup, 'memory.events'), `oom_kill ${kills}\n`);
    alive = [pid];
  };
  const collect = (now: number): readonly (number | undefined)[] => {
    processes.scan(now);
    const sink = new IntervalSamples({ machineLabels: {}, maxSeriesPerContainer: 1000 }, now);
    Array.from(source.collect(sink, now));
    const value = (name: string) => sink.samples.find((one) => one.metric.name === name)?.value;
    return [value('container_oom_kills_total'), value('container_restarts_total')];
  };
  const minute = 60_000;
  run(10, 100, 1);
  assert.deepEqual(collect(minute), [1, 0]);
  alive = [];
  assert.deepEqual(collect(2 * minute), [undefined, undefined]);
  collect(4 * minute);
  run(20, 30_000, 1);
  assert.deepEqual(collect(6 * minute), [2, 1], 'five minutes later, in a cgroup of its own');
  run(20, 30_000, 3);
  assert.deepEqual(collect(7 * minute), [4, 1]);
});
