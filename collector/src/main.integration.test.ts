import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, test } from 'node:test';

const MAIN = join(import.meta.dirname, 'main.ts');
const dir = mkdtempSync(join(tmpdir(), 'gumshoe-collector-'));
const children: ChildProcess[] = [];
const servers: Server[] = [];
after(() => {
  for (const child of children) child.kill('SIGKILL');
  for (const server of servers) server.close().closeAllConnections();
  rmSync(dir, { recursive: true, force: true });
});

interface Running {
  readonly child: ChildProcess;
  readonly url: string;
  readonly stderr: () => string;
  readonly stdout: () => string;
}

function spawnCollector(flags: readonly string[]): { child: ChildProcess; stderr: () => string } {
  const child = spawn(process.execPath, [MAIN, ...flags], { stdio: ['ignore', 'pipe', 'pipe'] });
  children.push(child);
  let errors = '';
  child.stderr?.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  return { child, stderr: () => errors };
}

/** Without eBPF: this test is about everything around it, and needs no privilege. */
async function start(flags: readonly string[]): Promise<Running> {
  const { child, stderr } = spawnCollector([
    ...['--listen', '127.0.0.1:0', '--interval', '1s', '--target-pid', String(process.pid)],
    ...['--only', 'proc', '--only', 'logs'],
    ...flags,
  ]);
  let out = '';
  const line = await new Promise<string>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`exit ${code}: ${stderr()}`)));
    if (!child.stdout) return reject(new Error('no stdout'));
    createInterface(child.stdout).on('line', (text) => {
      out += `${text}\n`;
      resolve(text);
    });
  });
  const ready = JSON.parse(line) as { ready: boolean; listen: string };
  assert.equal(ready.ready, true);
  return { child, url: ready.listen, stderr, stdout: () => out };
}

const exitOf = (child: ChildProcess): Promise<number | null> =>
  child.exitCode === null
    ? new Promise((resolve) => child.once('exit', resolve))
    : Promise.resolve(child.exitCode);

async function stop(running: Running): Promise<void> {
  running.child.kill('SIGTERM');
  assert.equal(await exitOf(running.child), 0, running.stderr());
}

async function until(what: string, check: () => Promise<boolean> | boolean): Promise<void> {
  for (let i = 0; i < 1200; i++) {
    if (await check()) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert.fail(`waited in vain for ${what}`);
}

async function remoteStore(): Promise<{ url: string; state: { status: number; taken: number } }> {
  const state = { status: 204, taken: 0 };
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      if (state.status < 300) state.taken++;
      response.writeHead(state.status).end();
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v1/write`, state };
}

const SAMPLE = /^[a-zA-Z_:][\w:]*(\{([a-zA-Z_]\w*="(\\.|[^"\\])*",?)*\})? (\S+)$/;

test('scraping shows the node, this container and the logs; SIGTERM ends it cleanly', async () => {
  const log = join(dir, 'shop.log');
  writeFileSync(log, '');
  const running = await start(['--log-file', `/test.slice/shop@1.service=${log}`]);
  appendFileSync(log, '2026-11-21T05:00:00Z ERROR checkout failed: timeout\n');
  let text = '';
  await until('the log line in /metrics', async () => {
    text = await (await fetch(`${running.url}/metrics`)).text();
    return text.includes('container_log_messages_total{');
  });
  for (const line of text.trimEnd().split('\n')) {
    if (line.startsWith('#')) continue;
    const match = SAMPLE.exec(line);
    assert.ok(match, `not a sample: ${line}`);
    assert.ok(!Number.isNaN(Number(match[4]?.replace('Inf', 'Infinity'))), line);
  }
  const types = [...text.matchAll(/^# TYPE (\S+)/gm)].map((match) => match[1]);
  assert.equal(new Set(types).size, types.length);
  for (const name of ['node_info', 'node_resources_cpu_usage_seconds_total', 'container_info', 'up'])
    assert.ok(types.includes(name), `no ${name}`);
  assert.match(
    text,
    /container_log_messages_total\{[^}]*container_id="\/test\.slice\/shop@1\.service"[^}]*level="error"/,
  );
  const status = (await (await fetch(`${running.url}/status`)).json()) as Record<string, unknown>;
  assert.deepEqual(status['target'], { cgroups: [], pids: [process.pid], netns: [] });
  assert.equal((await fetch(`${running.url}/healthz`)).status, 200);
  assert.equal((await fetch(`${running.url}/nothing`)).status, 404);
  await stop(running);
  assert.equal(running.stdout().split('\n').length, 2, 'stdout holds the ready line alone');
});

const notRoot = process.getuid?.() === 0 ? false : 'writing under /var/log needs root';

test(
  'a file that a process begins under /var/log is read from its first line',
  { skip: notRoot },
  async (t) => {
    const folder = `/var/log/gumshoe-begins-${process.pid}`;
    mkdirSync(folder);
    t.after(() => rmSync(folder, { recursive: true }));
    const running = await start([]);
    const script = `const fs = require('fs'), log = fs.openSync('${folder}/shop.log', 'a');
    fs.writeSync(log, '12:00:01 ERROR the very first line\\n'); setInterval(() => {}, 1000)`;
    const writer = spawn(process.execPath, ['-e', script], { stdio: 'ignore' });
    children.push(writer);
    await until('the line in /metrics', async () =>
      (await (await fetch(`${running.url}/metrics`)).text()).includes('the very first line'),
    );
    writer.kill('SIGKILL');
    await stop(running);
  },
);

test('a store that fails keeps its intervals on disk, and gets them when it is back', async () => {
  const store = await remoteStore();
  store.state.status = 503;
  const flags = ['--remote-write-url', store.url, '--spool-dir', join(dir, 'spool')];
  const first = await start(flags);
  await until('a second interval that waits', async () => {
    const status = (await (await fetch(`${first.url}/status`)).json()) as {
      exporters: { waiting: number }[];
    };
    return (status.exporters[0]?.waiting ?? 0) >= 2;
  });
  await stop(first);
  assert.equal(store.state.taken, 0);
  store.state.status = 204;
  const second = await start(flags);
  await until('old and new intervals', () => store.state.taken >= 4);
  await stop(second);
});

test('a store that never answers delays no interval', async () => {
  const silent = createServer(() => {});
  servers.push(silent);
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const store = await remoteStore();
  const { child } = await start([
    ...['--clickhouse-url', `http://127.0.0.1:${(silent.address() as AddressInfo).port}`],
    ...['--remote-write-url', store.url],
  ]);
  await until('intervals beside it', () => store.state.taken >= 4);
  child.kill('SIGKILL');
});

test('the status asks for the token where one is configured', async () => {
  const token = join(dir, 'token');
  writeFileSync(token, 's3cret\n');
  const running = await start(['--listen-token-file', token]);
  assert.equal((await fetch(`${running.url}/status`)).status, 401);
  assert.equal(
    (await fetch(`${running.url}/metrics`, { headers: { authorization: 'Bearer no' } })).status,
    401,
  );
  const headers = { authorization: 'Bearer s3cret' };
  assert.equal((await fetch(`${running.url}/metrics`, { headers })).status, 200);
  assert.equal((await fetch(`${running.url}/healthz`)).status, 200);
  await stop(running);
});

test('bad settings: one line each on stderr, nothing on stdout, exit code 2', async () => {
  const { child, stderr } = spawnCollector(['--interval', 'often', '--listen', 'nowhere']);
  assert.equal(await exitOf(child), 2);
  await until('both lines', () => stderr().trimEnd().split('\n').length === 2);
  assert.match(stderr(), /--interval often: /);
  assert.match(stderr(), /--listen nowhere: host:port/);
});

test('a secret that is not there, or empty, is a mistake: nothing runs with less protection than was asked for', async () => {
  const empty = join(dir, 'empty');
  writeFileSync(empty, '\n');
  const otlp = ['--only', 'otlp', '--otlp-http-listen', '127.0.0.1:0'];
  for (const [flag, reason] of [
    [['--otlp-key-file', '/nonexistent'], 'ENOENT'],
    [['--otlp-key-file', empty], 'its first line is empty'],
    [['--otlp-cert-file', '/nonexistent', '--otlp-private-key-file', '/nonexistent'], 'ENOENT'],
  ] as const) {
    const { child, stderr } = spawnCollector(['--listen', '127.0.0.1:0', ...otlp, ...flag]);
    assert.equal(await exitOf(child), 2);
    await until('a line', () => stderr().includes('\n'));
    assert.match(stderr(), new RegExp(`^gumshoe-collector: ${flag[0]} ${flag[1]}: ${reason}.*\n$`));
  }
});

test('an address that is taken is an error that names it', async () => {
  const running = await start([]);
  const address = running.url.slice('http://'.length);
  const { child, stderr } = spawnCollector(['--listen', address, '--only', 'proc']);
  assert.equal(await exitOf(child), 70);
  assert.match(stderr(), new RegExp(`cannot listen on ${address}: .*EADDRINUSE`));
  await stop(running);
});
