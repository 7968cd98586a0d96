import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MappedFile } from './mapped-files.ts';
import type { Recognition } from './recognised.ts';
import { TlsTargets } from './targets.ts';

const LIBRARY: MappedFile = {
  identity: '1:10',
  mapped: '/usr/lib/libssl.so.3',
  path: '/proc/5/map_files/a-b',
  isExecutable: false,
};
const PROBES = [
  { program: 'tls_openssl_read', offset: 16 },
  { program: 'tls_openssl_return', offset: 32 },
];

interface Settings {
  readonly found?: Recognition;
  readonly refuse?: string;
  readonly deny?: readonly string[];
}

function make({ found, refuse, deny = [] }: Settings = {}) {
  const attached: string[] = [];
  const changes: string[] = [];
  const targets = new TlsTargets({
    hold: ({ path }) => ({ path, release: () => {} }),
    recognise: () => found ?? { kind: 'recognised', build: 'OpenSSL 3 (shared)', probes: PROBES },
    attach: (program, path, offset) => {
      if (program === refuse) return { ok: false, reason: 'Operation not permitted (EPERM)' };
      const name = `${program} ${path} ${offset}`;
      attached.push(name);
      return { ok: true, detach: () => void attached.splice(attached.indexOf(name), 1) };
    },
    deny,
    linger: 1000,
    maxHitsPerSecond: 100,
    suspicion: 60_000,
    onChange: ({ state, reason }) => changes.push(`${state} ${reason}`.trim()),
  });
  return { targets, attached, changes };
}

test('one file is attached once, whoever maps it, and let go of some time behind its last process', () => {
  const { targets, attached, changes } = make();
  targets.use(5, [LIBRARY], 0);
  targets.use(6, [{ ...LIBRARY, path: '/proc/6/map_files/c-d' }], 10);
  assert.deepEqual(attached, [
    'tls_openssl_read /proc/5/map_files/a-b 16',
    'tls_openssl_return /proc/5/map_files/a-b 32',
  ]);
  assert.deepEqual([...targets.users()], [5, 6]);
  targets.exited(5, 0, 20);
  targets.exited(6, 0, 30);
  targets.prune(1000);
  assert.equal(attached.length, 2);
  targets.prune(1030);
  assert.deepEqual([attached, targets.status(), changes], [[], [], ['attached']]);
});

test('a file that is expected to be used is attached for a while', () => {
  const { targets, attached } = make();
  targets.expect([LIBRARY], 0);
  targets.expect([LIBRARY], 600);
  targets.prune(1500);
  assert.equal(attached.length, 2);
  targets.prune(1600);
  assert.equal(attached.length, 0);
});

test('what is denied, refused or no TLS at all is not touched', () => {
  const denied = make({ deny: ['/opt/**', '/usr/lib/libssl.so*'] });
  denied.targets.use(5, [LIBRARY], 0);
  assert.deepEqual(denied.targets.status(), [
    {
      path: '/usr/lib/libssl.so.3',
      build: 'OpenSSL 3 (shared)',
      state: 'denied',
      reason: 'the configuration denies /usr/lib/libssl.so*',
      processes: 1,
      probes: 0,
    },
  ]);
  const unknown = make({
    found: { kind: 'refused', build: 'OpenSSL', reason: 'SSL_read: it never returns' },
  });
  unknown.targets.use(5, [LIBRARY], 0);
  assert.deepEqual(unknown.changes, ['refused SSL_read: it never returns']);
  const plain = make({ found: { kind: 'none' } });
  plain.targets.use(5, [LIBRARY], 0);
  assert.deepEqual(plain.targets.status(), []);
  assert.deepEqual([...denied.attached, ...unknown.attached, ...plain.attached], []);
});

test('a probe that the kernel refuses takes back the others', () => {
  const { targets, attached } = make({ refuse: 'tls_openssl_return' });
  targets.use(5, [LIBRARY], 0);
  assert.deepEqual(attached, []);
  assert.equal(targets.status()[0]?.reason, 'tls_openssl_return at 0x20: Operation not permitted (EPERM)');
});

test('a crash soon behind the attachment detaches for good; a later one, or another end, does not', () => {
  for (const [exitCode, at, state] of [
    [11, 59_000, 'detached'],
    [5 | 0x80, 100, 'detached'],
    [11, 61_000, 'attached'],
    [9, 100, 'attached'],
    [1 << 8, 100, 'attached'],
  ] as const) {
    const { targets, attached } = make();
    targets.use(5, [LIBRARY], 0);
    targets.exited(5, exitCode, at);
    assert.equal(targets.status()[0]?.state, state, `${exitCode} at ${at}`);
    assert.equal(attached.length, state === 'attached' ? 2 : 0);
    targets.prune(at + 2000);
    targets.use(7, [LIBRARY], at + 3000);
    assert.equal(targets.status()[0]?.state, state);
  }
});

test('probes that are hit too often are given up, with the figure', () => {
  const { targets, attached } = make();
  targets.use(5, [LIBRARY], 0);
  targets.use(6, [LIBRARY], 0);
  targets.rates(
    new Map([
      [5, 60],
      [6, 40],
      [9, 500],
    ]),
  );
  assert.equal(attached.length, 2);
  targets.rates(
    new Map([
      [5, 61],
      [6, 40],
    ]),
  );
  assert.equal(attached.length, 0);
  assert.equal(targets.status()[0]?.reason, 'its probes were hit 101 times a second, more than 100');
});
