import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));

interface Finding {
  readonly subject: string;
  readonly state: string;
  readonly seen: string;
  readonly costs: string;
}

function doctor(args: readonly string[], uid?: number): { code: number | null; findings: Finding[] } {
  const done = spawnSync(process.execPath, [MAIN, 'doctor', '--json', ...args], {
    encoding: 'utf8',
    timeout: 60_000,
    ...(uid === undefined ? {} : { uid, gid: uid }),
  });
  const { schema, findings } = JSON.parse(done.stdout) as { schema: string; findings: Finding[] };
  assert.equal(schema, 'gumshoe.doctor/1');
  return { code: done.status, findings };
}

const notRoot = process.getuid?.() === 0 ? false : 'needs root to give privileges up';

test('without privileges it says which ones are missing and what that costs', { skip: notRoot }, () => {
  const { code, findings } = doctor([], 65534);
  assert.equal(code, 1);
  const capabilities = findings.find(({ subject }) => subject === 'capabilities');
  assert.equal(capabilities?.state, 'lost');
  assert.match(capabilities?.seen ?? '', /CAP_BPF/);
  const lost = findings.filter(({ subject, state }) => subject.startsWith('program ') && state === 'lost');
  assert.ok(lost.length > 0);
  for (const { seen, costs, subject } of lost) assert.ok(seen !== '' && costs !== '', subject);
});

test('a store that refuses is a finding with its own words', async (t) => {
  const server = createServer((_, response) => response.writeHead(503).end('closed for repairs'));
  t.after(() => server.close().closeAllConnections());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const child = spawn(process.execPath, [...[MAIN, 'doctor', '--only', 'proc', '--remote-write-url', url]]);
  t.after(() => child.kill('SIGKILL'));
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const code = await new Promise((resolve) => child.on('close', resolve));
  assert.equal(code, 1);
  assert.match(text, /LOST {2}exporter remote-write .*503: closed for repairs/);
  assert.match(text, /note {2}receiver ebpf .*disabled/);
  assert.match(text, /note {2}spool/);
});

test('a mistake in the options ends with 2 and one line', () => {
  const done = spawnSync(process.execPath, [MAIN, 'doctor', '--interval', 'x'], { encoding: 'utf8' });
  assert.equal(done.status, 2);
  assert.match(done.stderr, /^gumshoe-collector: --interval x: a duration/);
});

test('a machine without a journal is told so, and what that costs', () => {
  const { findings } = doctor(['--only', 'logs', '--host-root', '/nonexistent']);
  const journal = findings.find(({ subject }) => subject === 'journal');
  assert.equal(journal?.state, 'note');
  assert.match(`${journal?.seen}: ${journal?.costs}`, /no journal in .*: messages of systemd units/);
});

test('a folder for what waits that cannot be written is told', () => {
  const store = ['--clickhouse-url', 'http://127.0.0.1:1'];
  const { findings } = doctor(['--only', 'proc', ...store, '--spool-dir', join(MAIN, 'spool')]);
  const spool = findings.find(({ subject }) => subject === 'spool');
  assert.equal(spool?.state, 'lost');
  assert.match(spool?.seen ?? '', /main\.ts\/spool: ENOTDIR/);
});
