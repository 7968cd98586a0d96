import assert from 'node:assert/strict';
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { FailureError, type FailureCode } from '@gumshoe/base/failure';
import type { Reader, SshConnection } from '@gumshoe/engine/ports';
import { openConnection, type HostKeyQuestion } from '../open.ts';
import { freePort } from '../prometheus/differential/server.ts';

const SSHD = '/usr/sbin/sshd';
const EMBEDDED = fileURLToPath(new URL('../../../../collector/src/embedded/main.ts', import.meta.url));
const LIMITS = { maxRows: 10, timeoutMs: 20_000 };
const PASSPHRASE = 'passphrase of this test';
const skip = !existsSync(SSHD)
  ? `${SSHD} is not installed`
  : userInfo().uid !== 0
    ? 'sshd needs root to open sessions'
    : false;

const directory = mkdtempSync(join(tmpdir(), 'gumshoe-ssh-'));
const file = (name: string): string => join(directory, name);
const children: ChildProcess[] = [];

function keep(child: ChildProcess): ChildProcess {
  children.push(child);
  return child;
}

/** A TCP relay that can be cut, in front of sshd. */
class Relay {
  port = 0;
  private readonly to: number;
  private server: Server | undefined;
  private readonly sockets = new Set<Socket>();

  constructor(to: number) {
    this.to = to;
  }

  async open(): Promise<void> {
    this.server = createServer((near) => {
      const far = connect(this.to, '127.0.0.1');
      for (const [from, into] of [
        [near, far],
        [far, near],
      ] as const) {
        this.sockets.add(from);
        from.on('error', () => into.destroy());
        from.on('close', () => into.destroy());
        from.pipe(into);
      }
    }).listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
    this.port = (this.server.address() as AddressInfo).port;
  }

  async cut(): Promise<void> {
    if (!this.server) return;
    for (const socket of this.sockets) socket.destroy();
    this.sockets.clear();
    const closed = once(this.server, 'close');
    this.server.close();
    this.server = undefined;
    await closed;
  }
}

function makeKey(name: string, passphrase = ''): void {
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', passphrase, '-C', name, '-f', file(name)]);
}

async function startSshd(): Promise<number> {
  const port = await freePort();
  mkdirSync('/run/sshd', { recursive: true });
  const lines = [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${file('host')}`,
    `AuthorizedKeysFile ${file('authorized')}`,
    `PidFile ${file('sshd.pid')}`,
    'StrictModes no',
    'UsePAM no',
    'PermitRootLogin prohibit-password',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
  ];
  writeFileSync(file('sshd_config'), `${lines.join('\n')}\n`);
  keep(spawn(SSHD, ['-D', '-e', '-f', file('sshd_config')], { stdio: 'ignore' }));
  for (let attempt = 0; attempt < 100; attempt++) {
    const socket = connect(port, '127.0.0.1');
    const answered = await once(socket, 'data').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (answered) return port;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return assert.fail('sshd does not answer');
}

async function startStore(): Promise<{ readonly clickhouse: string; readonly prometheus: string }> {
  const listen = ['--clickhouse-listen', '127.0.0.1:0', '--prometheus-listen', '127.0.0.1:0'];
  const child = spawn(process.execPath, [EMBEDDED, '--data', file('data'), ...listen], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  keep(child);
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  return JSON.parse(line) as { clickhouse: string; prometheus: string };
}

let relay: Relay;
let store: Awaited<ReturnType<typeof startStore>>;

before(async () => {
  if (skip) return;
  for (const name of ['host', 'user', 'stranger', 'other-host']) makeKey(name);
  makeKey('locked', PASSPHRASE);
  const authorized = ['user', 'locked'].map((name) => readFileSync(file(`${name}.pub`), 'utf8'));
  writeFileSync(file('authorized'), authorized.join(''));
  relay = new Relay(await startSshd());
  await relay.open();
  store = await startStore();
});

after(async () => {
  await relay?.cut();
  for (const child of children.toReversed()) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
  rmSync(directory, { recursive: true, force: true });
});

/** A known_hosts file that has `key` (a name, `host` is the server's own) for the relay. */
function known(name: string, key = 'host'): string {
  const [algorithm, encoded] = readFileSync(file(`${key}.pub`), 'utf8').split(' ');
  writeFileSync(file(name), `# known\n[127.0.0.1]:${relay.port} ${algorithm} ${encoded}\n`);
  return file(name);
}

function spec(more: Partial<SshConnection> = {}): SshConnection {
  return {
    kind: 'ssh',
    host: '127.0.0.1',
    port: relay.port,
    user: userInfo().username,
    auth: { method: 'key', keyFile: file('user') },
    knownHostsFile: more.knownHostsFile ?? known('known'),
    inner: { clickhouseUrl: store.clickhouse, prometheusUrl: store.prometheus },
    ...more,
  };
}

const secrets = {
  get: (reference: string): Promise<string | undefined> =>
    Promise.resolve({ passphrase: PASSPHRASE, wrong: 'not it' }[reference]),
};

const open = (
  connection: SshConnection,
  confirmHostKey?: (question: HostKeyQuestion) => Promise<boolean>,
): Promise<Reader> => openConnection(connection, { secrets, ...(confirmHostKey ? { confirmHostKey } : {}) });

async function failureOf(work: Promise<unknown>, code: FailureCode): Promise<FailureError['failure']> {
  const error = await work.then(
    () => assert.fail(`expected the failure ${code}`),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof FailureError, String(error));
  assert.equal(error.failure.code, code, error.message);
  return error.failure;
}

async function assertReads(reader: Reader): Promise<void> {
  const { rows } = await reader.sql('SELECT toString(6 * 7)', LIMITS);
  assert.deepEqual(rows, [['42']]);
}

test('a key opens both stores, and status shows the hop', { skip }, async () => {
  const reader = await open(spec());
  try {
    await assertReads(reader);
    assert.equal(await reader.extent(), undefined);
    const status = await reader.status();
    assert.equal(status.kind, 'ssh');
    assert.deepEqual(
      status.parts.map(({ name, state }) => [name, state]),
      [
        ['ssh 127.0.0.1', 'ok'],
        ['ClickHouse', 'ok'],
        ['Prometheus', 'ok'],
      ],
    );
    assert.ok((status.parts[0]?.latencyMs ?? 0) > 0);
    assert.equal(status.parts[1]?.target, store.clickhouse);
  } finally {
    await reader.close();
  }
});

test('an encrypted key needs its passphrase', { skip }, async () => {
  const auth = { method: 'key', keyFile: file('locked') } as const;
  const reader = await open(spec({ auth: { ...auth, passphraseRef: 'passphrase' } }));
  await assertReads(reader);
  await reader.close();
  assert.match((await failureOf(open(spec({ auth })), 'unauthorized')).remedy ?? '', /passphrase/);
  await failureOf(open(spec({ auth: { ...auth, passphraseRef: 'wrong' } })), 'unauthorized');
  await failureOf(open(spec({ auth: { method: 'key', keyFile: file('none') } })), 'not-found');
});

test('the agent authenticates; without one the failure says so', { skip }, async () => {
  const socket = file('agent.sock');
  const before = process.env['SSH_AUTH_SOCK'];
  try {
    delete process.env['SSH_AUTH_SOCK'];
    assert.match(
      (await failureOf(open(spec({ auth: { method: 'agent' } })), 'unauthorized')).reason,
      /SSH_AUTH_SOCK/,
    );
    keep(spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' }));
    for (let attempt = 0; attempt < 100 && !existsSync(socket); attempt++)
      await new Promise((resolve) => setTimeout(resolve, 50));
    process.env['SSH_AUTH_SOCK'] = socket;
    await failureOf(open(spec({ auth: { method: 'agent' } })), 'unauthorized');
    execFileSync('ssh-add', ['-q', file('user')], { stdio: 'ignore' });
    const reader = await open(spec({ auth: { method: 'agent' } }));
    await assertReads(reader);
    await reader.close();
  } finally {
    if (before === undefined) delete process.env['SSH_AUTH_SOCK'];
    else process.env['SSH_AUTH_SOCK'] = before;
  }
});

test('an unknown host asks; a yes is remembered, a no refuses', { skip }, async () => {
  const knownHostsFile = file('new/known_hosts');
  const asked: HostKeyQuestion[] = [];
  const answer = (yes: boolean) => (question: HostKeyQuestion) => {
    asked.push(question);
    return Promise.resolve(yes);
  };
  const failure = await failureOf(open(spec({ knownHostsFile }), answer(false)), 'host-key-unknown');
  await failureOf(open(spec({ knownHostsFile })), 'host-key-unknown');
  assert.equal(existsSync(knownHostsFile), false);
  const printed = execFileSync('ssh-keygen', ['-l', '-f', file('host.pub')], { encoding: 'utf8' });
  const fingerprint = printed.split(' ')[1] ?? '';
  const question = { host: `[127.0.0.1]:${relay.port}`, algorithm: 'ssh-ed25519', fingerprint };
  assert.deepEqual(asked, [question]);
  assert.ok(failure.reason.includes(fingerprint));
  for (let round = 0; round < 2; round++) {
    const reader = await open(spec({ knownHostsFile }), answer(true));
    await assertReads(reader);
    await reader.close();
  }
  assert.equal(asked.length, 2, 'the second time the key is known');
  assert.equal(statSync(knownHostsFile).mode & 0o777, 0o600);
});

test('a changed key refuses, without asking, with both fingerprints and the line', { skip }, async () => {
  const knownHostsFile = known('changed', 'other-host');
  const failure = await failureOf(
    open(spec({ knownHostsFile }), () => assert.fail('must not ask')),
    'host-key-changed',
  );
  assert.equal(failure.reason.match(/SHA256:/g)?.length, 2);
  assert.ok(failure.reason.includes(`${knownHostsFile}:2`));
});

test('a key the server does not know, and a server that is not there', { skip }, async () => {
  const stranger = spec({ auth: { method: 'key', keyFile: file('stranger') } });
  const failure = await failureOf(open(stranger), 'unauthorized');
  assert.equal(failure.tried, 'connect with SSH');
  assert.ok(failure.reason.includes(file('stranger')));
  const port = await freePort();
  const gone = await failureOf(open(spec({ port })), 'refused');
  assert.ok(gone.target.endsWith(`127.0.0.1:${port}`));
  const http = Number(new URL(store.prometheus).port);
  await failureOf(open(spec({ port: http })), 'wrong-server');
});

test('nothing behind the server names the inner address', { skip }, async () => {
  const clickhouseUrl = `http://127.0.0.1:${await freePort()}`;
  const reader = await open(spec({ inner: { clickhouseUrl, prometheusUrl: store.prometheus } }));
  try {
    const failure = await failureOf(reader.sql('SELECT 1', LIMITS), 'refused');
    assert.equal(failure.target, clickhouseUrl);
    assert.match(failure.reason, /open a tunnel .* as seen from 127\.0\.0\.1/);
    const { parts } = await reader.status();
    assert.deepEqual(
      parts.map(({ state }) => state),
      ['ok', 'failed', 'ok'],
    );
  } finally {
    await reader.close();
  }
});

test('a lost connection is a failure that says so, and is made again', { skip }, async () => {
  const reader = await open(spec());
  try {
    await assertReads(reader);
    await relay.cut();
    // The request that meets the loss, then one that cannot connect again.
    await assert.rejects(
      reader.sql('SELECT 1', LIMITS),
      (error) => error instanceof FailureError && /connect with SSH/.test(error.failure.reason),
    );
    const failure = await failureOf(reader.sql('SELECT 1', LIMITS), 'refused');
    assert.match(failure.reason, /connect with SSH/);
    assert.equal((await reader.status()).parts[0]?.state, 'failed');
    await relay.open();
    let rows: unknown;
    for (let attempt = 0; attempt < 60 && !rows; attempt++) {
      rows = await reader.sql('SELECT 1', LIMITS).catch(() => undefined);
      if (!rows) await new Promise((resolve) => setTimeout(resolve, 500));
    }
    assert.ok(rows, 'reads again after the server is back');
  } finally {
    await reader.close();
  }
});
