import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const ROOT = join(import.meta.dirname, '..', '..');
const UNIT = readFileSync(join(import.meta.dirname, 'gumshoe-collector.service'), 'utf8');
const DAEMON_SET = readFileSync(join(ROOT, 'build/kubernetes/collector-daemonset.yaml'), 'utf8');

const listed = (name: string): string[] =>
  new RegExp(`^${name}=(.*)$`, 'm').exec(UNIT)?.[1]?.replaceAll('CAP_', '').split(' ') ?? [];

test('the unit and the DaemonSet ask for the same capabilities', () => {
  const inCluster = /add: \[([^\]]+)\]/.exec(DAEMON_SET)?.[1]?.split(', ');
  assert.deepEqual(listed('AmbientCapabilities'), inCluster);
  assert.deepEqual(listed('CapabilityBoundingSet'), inCluster);
});

const skip = process.getuid?.() === 0 ? false : 'needs root to give privileges up';

interface Lost {
  readonly subject: string;
  readonly seen: string;
}

/** What the doctor finds missing with these capabilities and none else. */
function lostWith(names: readonly string[]): readonly Lost[] {
  const capabilities = names.map((name) => `+${name.toLowerCase()}`);
  const done = spawnSync(
    'setpriv',
    [
      ...['--reuid=65534', '--regid=65534', '--clear-groups', '--no-new-privs'],
      `--inh-caps=${capabilities.join(',')}`,
      `--ambient-caps=${capabilities.join(',')}`,
      `--bounding-set=-all,${capabilities.join(',')}`,
      ...[process.execPath, join(ROOT, 'collector/src/main.ts'), 'doctor', '--json'],
    ],
    { encoding: 'utf8', timeout: 120_000 },
  );
  assert.notEqual(done.stdout, '', done.stderr);
  const { findings } = JSON.parse(done.stdout) as {
    findings: (Lost & { readonly state: string })[];
  };
  const lost = findings.filter(({ state }) => state === 'lost');
  assert.equal(done.status, lost.length > 0 ? 1 : 0);
  return lost;
}

test(
  'with those capabilities alone nothing is lost but what the kernel gives CAP_SYS_ADMIN only',
  { skip },
  () => {
    const lost = lostWith(listed('AmbientCapabilities'));
    const uprobes = lost.filter(({ seen }) => seen.includes('the kernel refuses uprobes'));
    assert.deepEqual(
      lost.filter((one) => !uprobes.includes(one)),
      [],
    );
    assert.ok(uprobes.every(({ subject }) => subject === 'receiver tls'));
  },
);

test('with CAP_SYS_ADMIN as well nothing is lost', { skip }, () => {
  assert.deepEqual(lostWith([...listed('AmbientCapabilities'), 'SYS_ADMIN']), []);
});
