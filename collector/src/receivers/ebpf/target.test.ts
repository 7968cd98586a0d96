import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { FailureError } from '@gumshoe/base/failure';
import { constants } from './layout.generated.ts';
import { resolveTarget } from './target.ts';
import type { TargetSelection } from './target.ts';

const folder = mkdtempSync(join(tmpdir(), 'gumshoe-target-'));
after(() => rmSync(folder, { recursive: true }));

function write(path: string, content: string): void {
  mkdirSync(join(folder, path, '..'), { recursive: true });
  writeFileSync(join(folder, path), content);
}

/** A hybrid machine: v2 at unified/, v1 at memory/; and a pure v2 one. */
for (const [pid, parent] of [
  [1, 0],
  [40, 1],
  [41, 40],
  [42, 41],
  [50, 1],
] as const) {
  // prettier-ignore
  write(`proc/${pid}/stat`, `${pid} (a (odd) name) S ${parent} ${pid} 0`);
}
write('hybrid/unified/cgroup.controllers', '');
write('hybrid/unified/shop.slice/api.service/cgroup.procs', '40\n');
write('hybrid/memory/shop.slice/api.service/cgroup.procs', '40\n');
write('hybrid/memory/old/cgroup.procs', '40\n');
write('hybrid/memory/old/inner/cgroup.procs', '50\n');
write('pure/cgroup.controllers', '');
write('pure/shop.slice/cgroup.procs', '');

const inode = (path: string) => statSync(join(folder, path), { bigint: true }).ino;
const resolve = (selection: Partial<TargetSelection>, cgroup = 'hybrid') =>
  resolveTarget(
    { cgroups: [], pids: [], netns: [], ...selection },
    { cgroup: join(folder, cgroup), proc: join(folder, 'proc') },
  );

test('nothing selected is the whole machine', () => {
  assert.deepEqual(resolve({}), { mode: constants.GS_TARGET_ALL, cgroupIds: [], pids: [], netns: [] });
});

test('a cgroup is told by the inode of its v2 folder, however it is written', () => {
  const id = inode('hybrid/unified/shop.slice');
  for (const path of [
    '/shop.slice',
    join(folder, 'hybrid/unified/shop.slice'),
    join(folder, 'hybrid/memory/shop.slice'),
  ]) {
    const { mode, cgroupIds } = resolve({ cgroups: [path] });
    assert.equal(mode, constants.GS_TARGET_CGROUP);
    assert.deepEqual(cgroupIds, [id], path);
  }
  assert.deepEqual(resolve({ cgroups: ['/shop.slice'] }, 'pure').cgroupIds, [inode('pure/shop.slice')]);
});

test('a cgroup of v1 only is its processes and their descendants', () => {
  const { mode, pids } = resolve({ cgroups: ['/old'] });
  assert.equal(mode, constants.GS_TARGET_PID);
  assert.deepEqual([...pids].sort(), [40, 41, 42, 50]);
});

test('processes come with their descendants', () => {
  assert.deepEqual([...resolve({ pids: [41] }).pids].sort(), [41, 42]);
});

test('network namespaces by number and by path', () => {
  const path = join(folder, 'proc/40/stat');
  assert.deepEqual(resolve({ netns: ['4026531840', path] }).netns, [4026531840, statSync(path).ino]);
});

test('what does not exist and mixed kinds are refused with a reason', () => {
  const reason = (selection: Partial<TargetSelection>) => {
    try {
      resolve(selection);
    } catch (error) {
      assert.ok(error instanceof FailureError);
      return `${error.failure.target}: ${error.failure.reason}`;
    }
    return 'accepted';
  };
  assert.equal(reason({ cgroups: ['/nope'] }), '/nope: no such cgroup');
  assert.equal(reason({ pids: [4711] }), '4711: no such process');
  assert.equal(reason({ netns: ['nope'] }), 'nope: no such network namespace');
  assert.match(reason({ pids: [40], netns: ['1'] }), /not several kinds/);
});
