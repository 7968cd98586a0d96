import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { CPU_PROFILE_TYPE } from '@gumshoe/schema/tables/profiles';
import { unsupported } from '../ebpf/native.ts';
import { cannotObserve, Sandbox } from '../ebpf/testdata/sandbox.ts';
import { openProfileReceiver } from './open.ts';
import type { ProfileReceiver, ProfileRows } from './receiver.ts';

const PYTHON = '/usr/bin/python3';
const BURN_PYTHON = `
def recalculate_discounts(rounds):
    total = 0
    for cent in range(rounds):
        total = (total * 31 + cent) % 1000003
    return total

class Orders:
    def handle(self):
        return recalculate_discounts(100_000)

def serve():
    while True:
        sorted([2, 1], key=lambda one: Orders().handle())

import threading
threading.Thread(target=serve, daemon=True).start()
threading.Event().wait()
`;
const BURN_NODE = `
function countPrimes(limit) { let found = 0; for (let i = 2; i < limit; i++) { let prime = 1;
  for (let j = 2; j * j <= i; j++) if (i % j === 0) { prime = 0; break; } found += prime; } return found; }
console.log('started');
for (;;) countPrimes(200_000);
`;
const pythonVersion = spawnSync(PYTHON, ['-c', 'import sys; print(sys.version_info[:2])'], {
  encoding: 'utf8',
});
const skip = cannotObserve() ?? unsupported()[0] ?? false;
const skipPython = skip || (pythonVersion.stdout?.trim() !== '(3, 11)' && `${PYTHON} is not CPython 3.11`);

let sandbox: Sandbox;
let receiver: ProfileReceiver;
let outsider: ChildProcess;
const batches: ProfileRows[] = [];
const stacksByHash = new Map<string, readonly string[]>();

before(async () => {
  if (skip) return;
  sandbox = new Sandbox('profile');
  receiver = openProfileReceiver(
    { target: { cgroups: [sandbox.cgroup], pids: [], netns: [] }, frequency: 199 },
    {
      ownerOf: (tgid, cgroupId) => {
        const name = sandbox.units.get(cgroupId) ?? `stranger ${tgid}`;
        return { serviceName: name, resource: { 'container.id': name } };
      },
      onRows: (rows) => {
        batches.push(rows);
        for (const { ServiceName, Hash, Stack } of rows.stacks)
          stacksByHash.set(`${ServiceName} ${Hash}`, Stack);
      },
    },
  );
  outsider = spawn(process.execPath, ['-e', BURN_NODE], { stdio: 'ignore' });
});

after(async () => {
  await receiver?.stop();
  outsider?.kill('SIGKILL');
  await sandbox?.stop();
});

interface Profile {
  readonly total: number;
  readonly stacks: readonly { readonly frames: readonly string[]; readonly value: number }[];
}

function profileOf(service: string): Profile {
  const stacks = batches.flatMap(({ samples }) =>
    samples
      .filter((sample) => sample.ServiceName === service && sample.Type === CPU_PROFILE_TYPE)
      .map(({ StackHash, Value }) => ({
        frames: stacksByHash.get(`${service} ${StackHash}`)!,
        value: Value,
      })),
  );
  return { stacks, total: stacks.reduce((sum, stack) => sum + stack.value, 0) };
}

/** Collects until the service has burnt a second of CPU that satisfies the condition. */
async function collectUntil(what: string, condition: () => boolean): Promise<void> {
  for (let attempt = 0; attempt < 480; attempt++) {
    await sleep(250);
    await receiver.collect();
    if (condition()) return;
  }
  assert.fail(`waited in vain: ${what}`);
}

const shareOf = ({ stacks, total }: Profile, holds: (frames: readonly string[]) => boolean): number =>
  stacks.filter(({ frames }) => holds(frames)).reduce((sum, { value }) => sum + value, 0) / total;

test('the programs are attached', { skip }, () => {
  assert.deepEqual(
    receiver.programs.map(({ program, attached, reason }) => [program, attached, reason]),
    [
      ['cpu_sample', true, ''],
      ['offcpu_switch', true, ''],
      ['offcpu_wakeup', true, ''],
      ['offcpu_settle', true, ''],
      ['memory_fault', true, ''],
    ],
  );
});

test('a Python function that burns CPU is named, with its callers', { skip: skipPython }, async () => {
  sandbox.start('orders', [PYTHON, '-c', BURN_PYTHON], { unprivileged: true });
  await collectUntil('Python frames', () =>
    profileOf('orders').stacks.some(({ frames }) => frames.includes('recalculate_discounts <string>:2')),
  );
  batches.length = 0;
  await collectUntil('a second of CPU', () => profileOf('orders').total > 1e9);
  await sandbox.end('orders');
  const profile = profileOf('orders');
  const callers = ['Orders.handle <string>:9', 'serve.<lambda> <string>:14', 'serve <string>:12'];
  const burning = shareOf(profile, (frames) => frames.includes('recalculate_discounts <string>:2'));
  assert.ok(burning > 0.9, `recalculate_discounts has ${burning} of the samples`);
  const deepest = profile.stacks.find(({ frames }) => frames[0] === 'recalculate_discounts <string>:2');
  const own = deepest?.frames.slice(1).filter((one) => one.includes('<string>'));
  assert.deepEqual(own, callers);
});

test('JavaScript functions are named by a perf map, native ones by symbols', { skip }, async () => {
  const child = sandbox.start('api', [process.execPath, '--perf-basic-prof', '-e', BURN_NODE]);
  await once(child.stdout!, 'data');
  const map = `/tmp/perf-${child.pid}.map`;
  const burns = (frame: string): boolean => frame.startsWith('JS:') && frame.includes('countPrimes');
  await collectUntil('JavaScript frames', () => profileOf('api').total > 1e9);
  await sandbox.end('api');
  const profile = profileOf('api');
  const burning = shareOf(profile, (frames) => frames.some(burns));
  assert.ok(burning > 0.5, `countPrimes has ${burning} of the samples`);
  const native = shareOf(profile, (frames) => frames.includes('node::Start'));
  assert.ok(native > 0.5, `node::Start is at the bottom of ${native} of the samples`);
  if (existsSync(map)) rmSync(map);
});

test('CPU time in the kernel shows the kernel’s functions', { skip }, async () => {
  const hidden = /^0+ /.test(readFileSync('/proc/kallsyms', 'latin1').slice(0, 40));
  sandbox.start('reader', ['dd', 'if=/dev/zero', 'of=/dev/null', 'bs=64k'], { unprivileged: true });
  await collectUntil('half a second of CPU', () => profileOf('reader').total > 5e8);
  await sandbox.end('reader');
  const wanted = hidden ? '[kernel]' : 'read_zero';
  const inKernel = shareOf(profileOf('reader'), (frames) => frames.some((frame) => frame.includes(wanted)));
  assert.ok(inKernel > 0.3, `${wanted} has ${inKernel} of the samples`);
});

test('nobody outside the target is sampled', { skip }, () => {
  const services = new Set(batches.flatMap(({ samples }) => samples.map((sample) => sample.ServiceName)));
  assert.deepEqual(
    [...services].filter((name) => name.startsWith('stranger')),
    [],
  );
  assert.equal(receiver.totals.ownerless, 0);
  assert.equal(receiver.totals.counters[CPU_PROFILE_TYPE]?.samplesLost, 0);
});
