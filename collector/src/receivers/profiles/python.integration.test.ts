import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { CPU_PROFILE_TYPE } from '@gumshoe/schema/tables/profiles';
import { unsupported } from '../ebpf/native.ts';
import { cannotObserve, Sandbox } from '../ebpf/testdata/sandbox.ts';
import { openProfileReceiver } from './open.ts';
import type { ProfileReceiver } from './receiver.ts';

/** A lambda that C calls: two C frames of the interpreter's loop where functions share one. Names in other alphabets. */
const BURN = `
def recalculate(rounds):
    total = 0
    for cent in range(rounds):
        total = (total * 31 + cent) % 1000003
    return total
class Orders:
    def größe(self):
        return recalculate(50000)
def serve():
    while True:
        sorted([2, 1], key=lambda one: Orders().größe())
serve()
`;
const VERSIONS = ['3.8', '3.9', '3.10', '3.11', '3.12', '3.13'];
const skip = cannotObserve() ?? unsupported()[0] ?? false;

/** The interpreter itself: what is found by name may be a script that chooses one. */
function interpreterOf(version: string): string | undefined {
  const print = 'import sys; print("%d.%d %s" % (sys.version_info[0], sys.version_info[1], sys.executable))';
  const tried = [`python${version}`, `/usr/bin/python${version}`];
  for (const command of tried) {
    // pyenv chooses by the environment
    const env = { ...process.env, PYENV_VERSION: version };
    const { stdout, status } = spawnSync(command, ['-c', print], { encoding: 'utf8', env });
    const [found, path] = stdout?.trim().split(' ') ?? [];
    if (status === 0 && found === version) return path;
  }
  return undefined;
}

let sandbox: Sandbox;
let receiver: ProfileReceiver;
const stacks = new Map<string, readonly string[]>();
const values = new Map<string, Map<string, number>>();

before(() => {
  if (skip) return;
  sandbox = new Sandbox('python');
  receiver = openProfileReceiver(
    { target: { cgroups: [sandbox.cgroup], pids: [], netns: [] }, frequency: 199 },
    {
      ownerOf: (_, cgroupId) => ({ serviceName: sandbox.units.get(cgroupId) ?? '', resource: {} }),
      onRows: (rows) => {
        for (const { Hash, Stack } of rows.stacks) stacks.set(Hash, Stack);
        for (const { ServiceName, Type, StackHash, Value } of rows.samples) {
          if (Type !== CPU_PROFILE_TYPE) continue;
          const of = values.get(ServiceName) ?? new Map<string, number>();
          values.set(ServiceName, of.set(StackHash, (of.get(StackHash) ?? 0) + Value));
        }
      },
    },
  );
});
after(async () => {
  await receiver?.stop();
  await sandbox?.stop();
});

for (const version of VERSIONS) {
  const python = skip ? undefined : interpreterOf(version);
  test(`functions of Python ${version}`, { skip: skip || (!python && 'not installed') }, async () => {
    const unit = `py${version.replace('.', '-')}`;
    sandbox.start(unit, [python!, '-c', BURN]);
    const burning = (): readonly (readonly [readonly string[], number])[] =>
      [...(values.get(unit) ?? [])]
        .map(([hash, value]) => [stacks.get(hash) ?? [], value] as const)
        .filter(([frames]) => frames.some((frame) => frame.startsWith('recalculate <string>:')));
    const seconds = (): number => burning().reduce((sum, [, value]) => sum + value, 0) / 1e9;
    for (let i = 0; i < 80 && seconds() < 0.3; i++) {
      await sleep(250);
      await receiver.collect();
    }
    await sandbox.end(unit);
    const [most] = burning().toSorted(([, a], [, b]) => b - a);
    assert.ok(most, 'recalculate was never seen');
    const own = most[0].filter((frame) => / <string>:\d+$/.test(frame));
    // before 3.11 code objects know their own name only
    const isQualified = Number(version.slice(2)) >= 11;
    const names = isQualified
      ? ['recalculate', 'Orders.größe', 'serve.<lambda>', 'serve', '<module>']
      : ['recalculate', 'größe', '<lambda>', 'serve', '<module>'];
    assert.deepEqual(
      own.map((frame) => frame.replace(/ <string>:\d+$/, '')),
      names,
    );
    assert.equal(own[0], 'recalculate <string>:2');
  });
}
