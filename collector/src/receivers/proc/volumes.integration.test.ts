import assert from 'node:assert/strict';
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statfsSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { processFilter } from '../../identity/process-filter.ts';
import { ProcessTable } from '../../identity/processes.ts';
import { BlockDevices } from './block-devices.ts';
import { SpaceProbe } from './space.ts';
import { Volumes } from './volumes.ts';

const CGROUPFS = '/sys/fs/cgroup';
const DEAD = fileURLToPath(new URL('testdata/dead-file-system.py', import.meta.url));

function skipReason(): string | false {
  if (process.getuid?.() !== 0) return 'needs root';
  if (!existsSync('/dev/loop-control')) return 'this kernel has no loop devices';
  if (!existsSync('/dev/fuse')) return 'this kernel has no FUSE';
  const missing = ['/usr/sbin/mkfs.ext4', '/usr/bin/unshare', '/usr/bin/python3'].find(
    (path) => !existsSync(path),
  );
  return missing ? `${missing} is not installed` : false;
}

describe('volumes of a process with mounts of its own', { skip: skipReason() }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'gumshoe-volumes-'));
  const [data, dead] = [join(folder, 'data'), join(folder, 'dead')];
  let child: ChildProcess;
  let processes: ProcessTable;
  before(async () => {
    for (const dir of [data, dead]) mkdirSync(dir);
    const image = join(folder, 'image');
    writeFileSync(image, '');
    truncateSync(image, 32 << 20);
    execFileSync('/usr/sbin/mkfs.ext4', ['-q', image]);
    const script = `mount -o loop ${image} ${data} && dd if=/dev/zero of=${data}/file bs=1M count=5 status=none && exec python3 ${DEAD} ${dead}`;
    child = spawn('unshare', ['--mount', 'sh', '-c', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    await new Promise((resolve, reject) => {
      child.stdout?.once('data', resolve);
      child.once('exit', () => reject(new Error('nothing was mounted')));
    });
    processes = new ProcessTable({
      procfs: '/proc',
      cgroupfs: CGROUPFS,
      filter: processFilter({ cgroups: [], pids: [child.pid ?? 0], netns: [] }, '/proc', CGROUPFS),
      hostName: 'h',
      hostId: 'i',
      keepExitedFor: 60_000,
    });
    processes.scan(Date.now());
  });
  after(async () => {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null)
      await new Promise((resolve) => child.once('close', resolve));
    rmSync(folder, { recursive: true });
  });

  test('space is what the file system says; one that never answers holds up nobody', async () => {
    const probe = new SpaceProbe(300);
    const volumes = new Volumes('/proc', new BlockDevices('/proc'), probe);
    const containers = [...processes.all()];
    assert.equal(containers.length, 1);
    const id = containers[0]?.containerId ?? '';
    await volumes.refresh(containers);
    const found = new Map(volumes.of(id).map((volume) => [volume.mountPoint, volume]));

    const truth = statfsSync(join('/proc', String(child.pid), 'root', data));
    const disk = found.get(data);
    assert.deepEqual(disk?.space, {
      size: truth.blocks * truth.bsize,
      used: (truth.blocks - truth.bfree) * truth.bsize,
      reserved: (truth.bfree - truth.bavail) * truth.bsize,
    });
    assert.ok((disk?.space?.used ?? 0) > 5 << 20);
    assert.match(disk?.device ?? '', /^loop\d+$/);
    assert.equal(readFileSync(`/sys/block/${disk?.device}/dev`, 'utf8').trim(), disk?.number);

    assert.ok(found.has(dead), 'the mount is known');
    assert.equal(found.get(dead)?.space, undefined);
    assert.equal(volumes.stuck.size, 1);
    await volumes.refresh(containers);
    assert.equal(volumes.stuck.size, 1, 'it is not asked again');
    assert.ok(volumes.of(id).find(({ mountPoint }) => mountPoint === data)?.space, 'the others are');

    // its server ends: the kernel answers for it
    child.kill('SIGKILL');
    for (let tries = 0; volumes.stuck.size > 0 && tries < 1200; tries++) await sleep(50);
    assert.equal(volumes.stuck.size, 0);
  });
});
