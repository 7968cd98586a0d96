import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, before, test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { collected } from '../../processors/testdata/collected.ts';
import { unsupported } from '../ebpf/native.ts';
import type { EbpfReceiver } from '../ebpf/receiver.ts';
import { observe, settled } from '../ebpf/testdata/observe.ts';
import { cannotObserve, freePort, Sandbox, until } from '../ebpf/testdata/sandbox.ts';
import { DEFAULT_TLS_CONFIGURATION, openTlsReceiver, type TlsConfiguration } from './open.ts';
import type { TlsReceiver } from './receiver.ts';

const found = /libssl\.so\.3 .*=> (\S+)/.exec(
  spawnSync('/sbin/ldconfig', ['-p']).stdout?.toString() ?? '',
)?.[1];
const LIBRARY = found ?? '';

function skipReason(): string | undefined {
  const reason = cannotObserve() ?? unsupported()[0];
  if (reason) return reason;
  if (!LIBRARY) return 'no libssl.so.3';
  for (const program of ['nginx', 'curl', 'openssl'])
    if (spawnSync('which', [program]).status !== 0) return `no ${program}`;
  return undefined;
}

const skip = skipReason() ?? false;

let sandbox: Sandbox;
let receiver: EbpfReceiver;
let problems: string[];
const certificate = () => join(sandbox.folder, 'cert.pem');

before(() => {
  if (skip) return;
  sandbox = new Sandbox('tls');
  problems = [];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const files = ['-keyout', join(sandbox.folder, 'key.pem'), '-out', certificate()];
  execFileSync(
    'openssl',
    ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...files, ...subject],
    {
      stdio: 'ignore',
    },
  );
  ({ receiver } = observe(sandbox, { cgroups: [sandbox.cgroup] }));
  receiver.start();
});

after(async () => {
  await receiver?.stop();
  await sandbox?.stop();
});

/** Ends with its test. */
function open(
  context: TestContext,
  configuration: Partial<TlsConfiguration> = {},
  running: readonly number[] = [],
): ReturnType<typeof openTlsReceiver> {
  const opened = openTlsReceiver(
    { ...DEFAULT_TLS_CONFIGURATION, ...configuration },
    {
      programs: receiver.requestPrograms!,
      listen: (listener) => receiver.listen(listener),
      running,
      procfs: '/proc',
      hostRoot: sandbox.folder,
      onChange: () => {},
      onProblem: (reason) => problems.push(reason),
    },
  );
  context.after(opened.stop);
  return opened;
}

/** A copy of the library that only what a test starts maps; returns how to start with it. */
function ownLibrary(name: string): { path: string; command: (...words: string[]) => string[] } {
  const folder = join(sandbox.folder, name);
  mkdirSync(folder);
  copyFileSync(realpathSync(LIBRARY), join(folder, 'libssl.so.3'));
  return {
    path: join(folder, 'libssl.so.3'),
    command: (...words) => ['env', `LD_LIBRARY_PATH=${folder}`, ...words],
  };
}

async function startNginx(unit: string, command: (...words: string[]) => string[]): Promise<number> {
  const port = await freePort();
  const folder = join(sandbox.folder, `nginx-${unit}`);
  mkdirSync(folder);
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${folder};`,
  );
  writeFileSync(
    join(folder, 'nginx.conf'),
    `daemon off; worker_processes 2; pid ${folder}/pid; events {}
     http { access_log off; keepalive_requests 10000000; ${paths.join(' ')}
       server { listen 127.0.0.1:${port} ssl; ssl_certificate ${certificate()};
         ssl_certificate_key ${sandbox.folder}/key.pem; location / { return 200 "hello"; }
         location /status { stub_status; } } }`,
  );
  sandbox.start(unit, command('nginx', '-c', join(folder, 'nginx.conf'), '-e', join(folder, 'log')));
  await until('nginx', () => accepts(port));
  return port;
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  const accepted = await new Promise<boolean>((resolve) => {
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
  });
  socket.destroy();
  return accepted;
}

async function run(unit: string, command: readonly string[]): Promise<string> {
  const child = sandbox.start(unit, command);
  let output = '';
  child.stdout!.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const [code, signal] = await new Promise<readonly [number | null, string | null]>((resolve) =>
    child.once('close', (status, by) => resolve([status, by])),
  );
  assert.deepEqual([code, signal], [0, null], `${command.join(' ')}: ${output}`);
  return output;
}

function curl(port: number, count: number): string[] {
  const urls = `https://127.0.0.1:${port}/item/[1-${count}]`;
  return ['curl', '-s', '--fail', '--http1.1', '-o', '/dev/null', '--cacert', certificate(), urls];
}

async function inbound(unit: string): Promise<number> {
  await settled(receiver);
  receiver.update(Date.now());
  return Number(collected(receiver)[`${unit} container_http_inbound_requests_total{status=200}`] ?? 0);
}

const stateOf = (tls: TlsReceiver, path: string) => tls.status().find((one) => one.path === path);

test(
  'a library is found when its process speaks TLS; every later request is counted',
  { skip },
  async (context) => {
    const { receiver: tls, stop } = open(context);
    const own = ownLibrary('found');
    const port = await startNginx('found', own.command);
    await run('asker', own.command(...curl(port, 1)));
    await until('the library', () => stateOf(tls, own.path)?.state === 'attached');
    const before = await inbound('found');
    await run('asker', own.command(...curl(port, 300)));
    assert.equal((await inbound('found')) - before, 300);
    stop();
    assert.deepEqual(tls.status(), []);
  },
);

test(
  'a server that runs before the collector is seen from its first request on',
  { skip },
  async (context) => {
    const own = ownLibrary('before');
    const port = await startNginx('before', own.command);
    const { receiver: tls } = open(context, {}, sandbox.processes('before'));
    await until('the library', () => stateOf(tls, own.path)?.state === 'attached');
    await run('asker', own.command(...curl(port, 20)));
    assert.equal(await inbound('before'), 20);
  },
);

test('HTTP/2 over TLS, agreed on by ALPN, at both ends', { skip }, async (context) => {
  const { receiver: tls } = open(context);
  const node = join(sandbox.folder, 'node-h2');
  copyFileSync(process.execPath, node);
  const own = ownLibrary('h2');
  const port = await freePort();
  const server = fileURLToPath(new URL('testdata/http2-server.mjs', import.meta.url));
  const files = [join(sandbox.folder, 'key.pem'), certificate()];
  sandbox.start('h2server', [node, server, String(port), ...files]).stdout!.resume();
  await until('the server', () => accepts(port));
  const ask = (count: number) =>
    own.command(
      'curl',
      '-s',
      '--fail',
      '--http2',
      '-o',
      '/dev/null',
      '--cacert',
      certificate(),
      `https://127.0.0.1:${port}/item/[1-${count}]`,
    );
  const slow = sandbox.start('h2asker', own.command('/usr/bin/python3', '-c', 'import ssl; input()'));
  await run('h2asker', ask(1));
  await until('both files', () => [own.path, node].every((path) => stateOf(tls, path)?.state === 'attached'));
  slow.stdin!.write('\n');
  receiver.update(Date.now());
  await run('h2asker', ask(50));
  await settled(receiver);
  receiver.update(Date.now());
  const metrics = collected(receiver);
  const peer = `{destination=127.0.0.1:${port},actual_destination=127.0.0.1:${port}`;
  assert.equal(metrics['h2server container_http_inbound_requests_total{status=200}'], 50);
  assert.ok((metrics[`h2asker container_http_requests_total${peer},status=200}`] as number) >= 50);
});

test('what the configuration denies is not touched, and /status says so', { skip }, async (context) => {
  const own = ownLibrary('denied');
  const { receiver: tls } = open(context, { deny: ['**/denied/libssl*'] });
  const port = await startNginx('denied', own.command);
  await run('asker', own.command(...curl(port, 5)));
  await until('the verdict', () => stateOf(tls, own.path) !== undefined);
  await run('asker', own.command(...curl(port, 20)));
  const { state, reason, probes } = stateOf(tls, own.path)!;
  assert.deepEqual(
    { state, reason, probes },
    { state: 'denied', reason: 'the configuration denies **/denied/libssl*', probes: 0 },
  );
  assert.equal(await inbound('denied'), 0);
});

test('a program that crashes soon is left alone from then on', { skip }, async (context) => {
  const own = ownLibrary('crash');
  const { receiver: tls } = open(context);
  const port = await startNginx('crash', own.command);
  await run('asker', own.command(...curl(port, 5)));
  await until('the library', () => stateOf(tls, own.path)?.state === 'attached');
  const script =
    'import ssl, os, signal, sys; sys.stdout.write("up\\n"); sys.stdout.flush(); sys.stdin.readline(); ' +
    'os.kill(os.getpid(), signal.SIGSEGV)';
  const victim = sandbox.start('victim', own.command('/usr/bin/python3', '-c', script));
  const used = stateOf(tls, own.path)!.processes;
  await until('the victim', () => (stateOf(tls, own.path)?.processes ?? 0) > used);
  victim.stdin!.write('now\n');
  await until('the verdict', () => stateOf(tls, own.path)?.state === 'detached');
  assert.match(stateOf(tls, own.path)?.reason ?? '', /^process \d+ ended with SIGSEGV \d+ s behind/);
  assert.equal(stateOf(tls, own.path)?.probes, 0);
  await run('asker', own.command(...curl(port, 20)));
});

test('probes that are hit too often are given up, and programs go on', { skip }, async (context) => {
  const own = ownLibrary('often');
  const { receiver: tls } = open(context, { maxHitsPerSecond: 200 });
  const port = await startNginx('often', own.command);
  await run('asker', own.command(...curl(port, 5)));
  await until('the library', () => stateOf(tls, own.path)?.state === 'attached');
  await run('asker', own.command(...curl(port, 6000)));
  await until('the verdict', () => stateOf(tls, own.path)?.state === 'detached');
  assert.match(
    stateOf(tls, own.path)?.reason ?? '',
    /^its probes were hit \d+ times a second, more than 200$/,
  );
});

/** The kernel takes a second to detach: more rounds with GUMSHOE_TLS_ROUNDS. */
const ROUNDS = Number(process.env['GUMSHOE_TLS_ROUNDS'] ?? 3);

test('attached and detached again and again under load: no request fails', { skip }, async (context) => {
  const own = ownLibrary('again');
  const port = await startNginx('again', own.command);
  let ended = false;
  const load = Promise.all(
    [1, 2].map(async () => {
      let requests = 0;
      while (!ended) {
        await run('asker', own.command(...curl(port, 2000)));
        requests += 2000;
      }
      return requests;
    }),
  );
  for (let i = 0; i < ROUNDS; i++) {
    const { receiver: tls, stop } = open(context);
    await until('attached', () => {
      tls.update();
      return stateOf(tls, own.path)?.state === 'attached';
    });
    await sleep(20);
    stop();
  }
  ended = true;
  const answered = (await load).reduce((sum, one) => sum + one, 0);
  console.log(`${answered} requests answered, ${ROUNDS} times attached and detached meanwhile`);
  assert.deepEqual(problems, []);
});
