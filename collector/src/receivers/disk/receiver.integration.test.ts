import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  rmdirSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { CONTAINER_METRICS } from '@gumshoe/schema/metrics/container';
import { NODE_METRICS } from '@gumshoe/schema/metrics/node';
import { processFilter } from '../../identity/process-filter.ts';
import { ProcessTable } from '../../identity/processes.ts';
import { IntervalSamples } from '../../pipeline/registry.ts';
import { findMounts, readIo } from '../proc/cgroup-files.ts';
import type { DiskKernel } from './kernel.ts';
import { openDiskKernel } from './native.ts';
import { openDiskReceiver } from './open.ts';

const run = promisify(execFile);
const CGROUPFS = '/sys/fs/cgroup';
const BLOCK = 64 * 1024;
const UNIT = `gumshoe-disk-${process.pid}.service`;

/** Where the kernel charges I/O: blkio of v1, else v2 with the io controller on. */
function chargedRoot(): string | undefined {
  const { controller, unified } = findMounts(CGROUPFS);
  const root = controller('blkio') ?? unified;
  if (root === unified && root !== undefined)
    try {
      writeFileSync(join(root, 'cgroup.subtree_control'), '+io');
    } catch {
      return undefined;
    }
  return root;
}

function skipReason(): string | false {
  if (process.getuid?.() !== 0) return 'needs root';
  if (!existsSync('/sys/kernel/btf/vmlinux')) return 'this kernel has no BTF';
  if (!existsSync('/dev/loop-control')) return 'this kernel has no loop devices';
  const programs = ['/usr/sbin/losetup', '/sbin/losetup'];
  return programs.some((path) => existsSync(path)) ? false : 'losetup is not installed';
}

/** Figures of /proc/diskstats: the kernel's own count of the same requests. */
function diskstats(device: string) {
  const line = readFileSync('/proc/diskstats', 'utf8')
    .split('\n')
    .map((text) => text.trim().split(/\s+/))
    .find((fields) => fields[2] === device);
  const at = (index: number): number => Number(line?.[index] ?? NaN);
  return {
    read: { count: at(3), bytes: at(5) * 512 },
    write: { count: at(7), bytes: at(9) * 512 },
    discard: { count: at(14), bytes: at(16) * 512 },
    flush: { count: at(18), bytes: 0 },
  };
}

describe('disk receiver, real requests on a loop device', { skip: skipReason() }, () => {
  let folder = '';
  let path = '';
  let device = '';
  let kernel: DiskKernel;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'gumshoe-disk-'));
    const image = join(folder, 'image');
    writeFileSync(image, '');
    truncateSync(image, 64 << 20);
    path = execFileSync('losetup', ['--find', '--show', '--direct-io=on', image], {
      encoding: 'utf8',
    }).trim();
    device = basename(path);
    kernel = openDiskKernel();
  });
  after(() => {
    kernel.close();
    if (path) execFileSync('losetup', ['--detach', path]);
    rmSync(folder, { recursive: true });
  });

  const ours = () => {
    const number = readFileSync(`/sys/block/${device}/dev`, 'utf8').trim();
    return kernel.statistics().filter((one) => one.device === number);
  };
  const dd = (...operands: readonly string[]): Promise<unknown> => run('dd', [...operands, 'status=none']);

  test('attaches', () => {
    assert.deepEqual(
      kernel.programs.map(({ program, attached, reason }) => [program, attached, reason]),
      [['disk_complete', true, '']],
    );
  });

  test('counts what /proc/diskstats counts, and every request has its latency', async () => {
    const before = diskstats(device);
    await dd('if=/dev/zero', `of=${path}`, `bs=${BLOCK}`, 'count=100', 'oflag=direct');
    await dd(`if=${path}`, 'of=/dev/null', 'bs=4096', 'count=250', 'iflag=direct');
    await dd('if=/dev/zero', `of=${path}`, 'bs=4096', 'count=5', 'oflag=direct', 'conv=fsync');
    await run('blkdiscard', ['--offset', String(8 << 20), '--length', String(1 << 20), path]);
    const expected = diskstats(device);
    for (const operation of ['read', 'write', 'discard'] as const) {
      const found = ours().filter((one) => one.operation === operation);
      const sum = (pick: (one: (typeof found)[number]) => number): number =>
        found.reduce((total, one) => total + pick(one), 0);
      const count = expected[operation].count - before[operation].count;
      assert.equal(
        sum((one) => one.count),
        count,
        `${operation}: requests`,
      );
      assert.equal(
        sum((one) => one.bytes),
        expected[operation].bytes - before[operation].bytes,
        `${operation}: bytes`,
      );
      assert.ok(count > 0, operation);
      assert.equal(
        sum((one) => one.buckets.reduce((a, b) => a + b, 0)),
        count,
        `${operation}: latencies`,
      );
      assert.ok(sum((one) => one.duration) > 0);
      assert.equal(
        sum((one) => one.errors),
        0,
      );
    }
    const flushes = ours().filter((one) => one.operation === 'flush');
    assert.ok(flushes.reduce((total, one) => total + one.count, 0) >= 1, 'fsync asks the device to flush');
    assert.equal(kernel.lost(), 0);
  });

  const root = chargedRoot();
  test(
    'requests belong to the container that the kernel charges, and the sums outlive it',
    { skip: root ? false : 'no cgroup controller charges I/O here' },
    async () => {
      const cgroup = join(root ?? '', UNIT);
      mkdirSync(cgroup);
      const child = execFile('sh', [
        '-c',
        `echo $$ > ${cgroup}/cgroup.procs; dd if=/dev/zero of=${path} bs=${BLOCK} count=32 oflag=direct status=none; echo done; exec sleep 60`,
      ]);
      const processes = new ProcessTable({
        procfs: '/proc',
        cgroupfs: CGROUPFS,
        filter: processFilter({ cgroups: [], pids: [child.pid ?? 0], netns: [] }, '/proc', CGROUPFS),
        hostName: 'h',
        hostId: 'i',
        keepExitedFor: 60_000,
      });
      try {
        await new Promise((resolve) => child.stdout?.once('data', resolve));
        processes.scan(Date.now());
        // the v1 controller that charges I/O names a unit for the table to find
        const container = [...processes.all()][0];
        assert.equal(container?.containerId, `/${UNIT}`);
        const { receiver } = openDiskReceiver({
          procfs: '/proc',
          cgroupfs: CGROUPFS,
          containers: () => processes.all(),
          kernel,
        });
        const collect = () => {
          const sink = new IntervalSamples({ machineLabels: {}, maxSeriesPerContainer: 1000 }, Date.now());
          receiver.collect(sink);
          return (name: string, labels: Readonly<Record<string, string>>): number | undefined =>
            sink.samples.find(
              (one) =>
                one.labels['__name__'] === name &&
                Object.entries({ device, operation: 'write', ...labels }).every(
                  ([key, value]) => (one.labels[key] ?? '') === value,
                ),
            )?.value;
        };
        const first = collect();
        const own = { container_id: `/${UNIT}` };
        assert.equal(first(CONTAINER_METRICS.diskIoBytes.name, own), 32 * BLOCK);
        assert.equal(first(`${CONTAINER_METRICS.diskIoDuration.name}_count`, own), 32);
        assert.equal(first(`${CONTAINER_METRICS.diskIoDuration.name}_bucket`, { ...own, le: '+Inf' }), 32);
        // each figure comes from one place: the cgroup where it counts, else from here
        const counts = readIo(container?.cgroups ?? { unified: '', controllers: {} }, findMounts(CGROUPFS));
        const ofCgroup = { ...own, operation: '' };
        const expected = counts.length > 0 ? undefined : 32;
        assert.equal(first(CONTAINER_METRICS.diskWrites.name, ofCgroup), expected);
        const bytes = first(CONTAINER_METRICS.diskWrittenBytes.name, ofCgroup);
        assert.equal(bytes, counts.length > 0 ? undefined : 32 * BLOCK);
        const total = first(NODE_METRICS.diskIoBytes.name, {}) ?? 0;
        assert.ok(total >= 32 * BLOCK);

        child.kill();
        await new Promise((resolve) => child.once('close', resolve));
        await removed(cgroup);
        processes.scan(Date.now());
        processes.scan(Date.now() + 120_000);
        collect();
        const last = collect();
        assert.equal(last(CONTAINER_METRICS.diskIoBytes.name, own), undefined);
        assert.equal(last(NODE_METRICS.diskIoBytes.name, {}), total, 'a counter never goes back');
      } finally {
        child.kill();
        if (existsSync(cgroup)) await removed(cgroup);
      }
    },
  );
});

/** A cgroup can be removed once the kernel has let go of its last process. */
async function removed(cgroup: string): Promise<void> {
  for (let tries = 0; tries < 1200; tries++) {
    try {
      rmdirSync(cgroup);
      return;
    } catch {
      await sleep(50);
    }
  }
}
