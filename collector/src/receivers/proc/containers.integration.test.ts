import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, describe, test } from 'node:test';
import { CONTAINER_METRICS } from '@gumshoe/schema/metrics/container';
import type { MetricDefinition } from '@gumshoe/schema/metrics/define';
import { ProcessTable } from '../../identity/processes.ts';
import { IntervalSamples } from '../../pipeline/registry.ts';
import { findMounts } from './cgroup-files.ts';
import { ContainerSource } from './containers.ts';

const C = CONTAINER_METRICS;
const CGROUPFS = '/sys/fs/cgroup';
const UNIT = `gumshoe-limits-${process.pid}.service`;
const LIMIT = 64 << 20;

/** Folders of a cgroup with limits (CPU 20 %, 64 MiB), in the hierarchies that hold the controllers. */
function limitedCgroup(): readonly string[] | undefined {
  const { controller, unified } = findMounts(CGROUPFS);
  try {
    const v1 = ['cpu', 'cpuacct', 'memory'].map(controller).filter((path) => path !== undefined);
    if (v1.length > 0) {
      const folders = [...new Set(v1)].map((path) => join(path, UNIT));
      for (const folder of folders) mkdirSync(folder);
      writeFileSync(join(controller('cpu') ?? '', UNIT, 'cpu.cfs_period_us'), '100000');
      writeFileSync(join(controller('cpu') ?? '', UNIT, 'cpu.cfs_quota_us'), '20000');
      writeFileSync(join(controller('memory') ?? '', UNIT, 'memory.limit_in_bytes'), String(LIMIT));
      return folders;
    }
    if (unified === undefined) return undefined;
    writeFileSync(join(unified, 'cgroup.subtree_control'), '+cpu +memory');
    const folder = join(unified, UNIT);
    mkdirSync(folder);
    writeFileSync(join(folder, 'cpu.max'), '20000 100000');
    writeFileSync(join(folder, 'memory.max'), String(LIMIT));
    return [folder];
  } catch {
    return undefined;
  }
}

/** Busy, then told to take more memory than it may, then ends. */
const HOG = `
import os, sys, threading, time
def spin():
    while True: pass
for _ in range(2): threading.Thread(target=spin, daemon=True).start()
keep = bytearray(b'x' * (20 << 20))
print('busy', flush=True)
sys.stdin.readline()
more = [bytearray(b'x' * (1 << 20)) for _ in range(256)]
`;

const folders = process.getuid?.() === 0 && existsSync('/usr/bin/python3') ? limitedCgroup() : undefined;

describe('a container under real limits', { skip: folders ? false : 'needs root and controllers' }, () => {
  const started: ChildProcess[] = [];
  const processes = new ProcessTable({
    procfs: '/proc',
    cgroupfs: CGROUPFS,
    filter: { accepts: (pid) => inCgroup().includes(pid), processes: () => inCgroup() },
    hostName: 'h',
    hostId: 'i',
    keepExitedFor: 60_000,
  });
  const source = new ContainerSource('/proc', CGROUPFS, processes);

  const inCgroup = (): number[] =>
    readFileSync(join(folders?.[0] ?? '', 'cgroup.procs'), 'utf8')
      .split('\n')
      .filter(Boolean)
      .map(Number);

  const start = async (): Promise<ChildProcess> => {
    const enter = (folders ?? []).map((folder) => `echo $$ > ${folder}/cgroup.procs`).join(' && ');
    const child = spawn('sh', ['-c', `${enter} && exec python3 -S -c "$0"`, HOG], {
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    started.push(child);
    await new Promise((resolve) => child.stdout?.once('data', resolve));
    return child;
  };
  const collect = () => {
    processes.scan(Date.now());
    const sink = new IntervalSamples({ machineLabels: {}, maxSeriesPerContainer: 1000 }, Date.now());
    Array.from(source.collect(sink, Date.now()));
    return (metric: MetricDefinition): number | undefined =>
      sink.samples.find((one) => one.metric === metric && one.labels['container_id'] === `/${UNIT}`)?.value;
  };
  const ended = async (child: ChildProcess): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null)
      await new Promise((resolve) => child.once('exit', resolve));
  };

  after(async () => {
    for (const child of started) {
      child.kill('SIGKILL');
      await ended(child);
    }
    for (const folder of folders ?? []) await removed(folder);
  });

  test('limits, usage, throttling, delay; a kill for memory; a restart', async () => {
    const hog = await start();
    collect();
    let found = collect();
    for (
      let tries = 0;
      tries < 600 && !((found(C.cpuThrottled) ?? 0) > 0.2 && (found(C.cpuDelay) ?? 0) > 0);
      tries++
    ) {
      await sleep(100);
      found = collect();
    }
    assert.equal(found(C.cpuLimit), 0.2);
    assert.equal(found(C.memoryLimit), LIMIT);
    assert.ok((found(C.cpuUsage) ?? 0) > 0);
    assert.ok((found(C.cpuThrottled) ?? 0) > 0.2, 'it wants more than it gets');
    assert.ok((found(C.cpuDelay) ?? 0) > 0, 'two threads share what there is');
    const rss = found(C.memoryRss) ?? 0;
    assert.ok(rss > 20 << 20 && rss < LIMIT, String(rss));
    assert.deepEqual([found(C.oomKills), found(C.restarts)], [0, 0]);

    hog.stdin?.end('more\n');
    await ended(hog);
    assert.equal(hog.signalCode, 'SIGKILL');
    await start();
    found = collect();
    assert.equal(found(C.oomKills), 1);
    assert.equal(found(C.restarts), 1);
  });
});

async function removed(folder: string): Promise<void> {
  for (let tries = 0; tries < 1200; tries++) {
    try {
      rmdirSync(folder);
      return;
    } catch {
      await sleep(50);
    }
  }
}
