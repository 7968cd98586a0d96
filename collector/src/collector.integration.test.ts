import assert from 'node:assert/strict';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { enableStatistics } from 'ebpf-loader-native';
import { unsupported } from './receivers/ebpf/native.ts';

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));
const withoutEbpf =
  process.getuid?.() === 0 ? (unsupported()[0] ?? false) : 'loading eBPF programs needs root';

interface Running {
  readonly child: ChildProcess;
  readonly listen: string;
}

/** A process to observe, ended with the test. */
function startTarget(t: TestContext): number {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  t.after(() => child.kill('SIGKILL'));
  assert.ok(child.pid);
  return child.pid;
}

async function startCollector(t: TestContext, ...flags: string[]): Promise<Running> {
  const args = [MAIN, '--listen', '127.0.0.1:0', '--interval', '1s', '--log-level', 'error', ...flags];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => child.kill('SIGKILL'));
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const ready = JSON.parse(line.toString()) as { ready: boolean; listen: string };
  assert.equal(ready.ready, true);
  return { child, listen: ready.listen };
}

const LINE = /^[a-zA-Z_:][\w:]*(\{\w+="(?:[^"\\\n]|\\["\\n])*"(?:,\w+="(?:[^"\\\n]|\\["\\n])*")*\})? \S+$/;

/** Every line of the exposition is a comment or a sample with a number; gives the names of the samples. */
function parsed(text: string): Set<string> {
  const names = new Set<string>();
  for (const line of text.trimEnd().split('\n')) {
    if (/^# (HELP|TYPE) \w+ .+/.test(line)) continue;
    assert.match(line, LINE);
    const value = line.slice(line.lastIndexOf(' ') + 1);
    assert.ok(/^[+-]Inf$/.test(value) || Number.isFinite(Number(value)), line);
    names.add(/^[\w:]+/.exec(line)?.[0] ?? '');
  }
  return names;
}

async function endsWith(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  const ended = once(child, 'exit');
  child.kill(signal);
  const [code] = (await ended) as [number | null];
  return code;
}

test('without eBPF it exposes resources of its target and stops cleanly', async (t) => {
  const pid = startTarget(t);
  const flags = ['--target-pid', String(pid), '--only', 'proc'];
  const { child, listen } = await startCollector(t, ...flags);
  const answer = await fetch(`${listen}/metrics`);
  assert.match(answer.headers.get('content-type') ?? '', /version=0\.0\.4/);
  const names = parsed(await answer.text());
  for (const name of ['up', 'container_info', 'container_restarts_total', 'node_agent_info'])
    assert.ok(names.has(name), `${name} among ${[...names].join(' ')}`);
  const status = (await (await fetch(`${listen}/status`)).json()) as {
    receivers: Record<string, { state: string }>;
    containers: { processes: number }[];
  };
  assert.equal(status.receivers['ebpf']?.state, 'disabled');
  assert.deepEqual(
    status.containers.map((one) => one.processes),
    [1],
  );
  assert.equal((await fetch(`${listen}/healthz`)).status, 200);
  assert.equal((await fetch(`${listen}/other`)).status, 404);
  assert.equal((await fetch(`${listen}/metrics`, { method: 'POST' })).status, 405);
  assert.equal(await endsWith(child, 'SIGTERM'), 0);
});

const withoutPromtool = spawnSync('promtool', ['--version']).error ? 'no promtool' : false;

test('promtool reads what is exposed', { skip: withoutPromtool }, async (t) => {
  const { child, listen } = await startCollector(t, '--target-pid', String(startTarget(t)), '--only', 'proc');
  const input = await (await fetch(`${listen}/metrics`)).text();
  const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input, encoding: 'utf8' });
  // 3: readable, with remarks on names, which are those of decision 1 in docs/architecture.md; 1: not readable
  assert.ok(status === 0 || status === 3, `${status}: ${stdout}${stderr}`);
  assert.equal(await endsWith(child, 'SIGTERM'), 0);
});

test('with eBPF every program is attached or refused with a reason', { skip: withoutEbpf }, async (t) => {
  const { child, listen } = await startCollector(t, '--target-pid', String(startTarget(t)));
  const { programs } = (await (await fetch(`${listen}/status`)).json()) as {
    programs: { object: string; program: string; attached: boolean; reason: string }[];
  };
  assert.ok(programs.length > 10, `${programs.length} programs`);
  for (const { program, attached, reason } of programs) assert.ok(attached || reason !== '', program);
  assert.ok(programs.some((one) => one.attached));
  const text = await (await fetch(`${listen}/metrics`)).text();
  parsed(text);
  const gauges = [...text.matchAll(/^gumshoe_ebpf_program_attached\{.*program="([^"]+)"/gm)].map(
    ([, name]) => name,
  );
  assert.deepEqual(gauges.sort(), programs.map(({ object, program }) => `${object}/${program}`).sort());
  assert.equal(await endsWith(child, 'SIGTERM'), 0);
});

test('while the machine counts run times, each program tells its own', { skip: withoutEbpf }, async (t) => {
  const stop = enableStatistics();
  t.after(stop);
  const { child, listen } = await startCollector(t, '--target-pid', String(startTarget(t)));
  let ran = new Map<string, number>();
  for (let i = 0; i < 600 && !(ran.get('process/process_exec')! > 0); i++) {
    await once(spawn('true'), 'exit');
    await new Promise((resolve) => setTimeout(resolve, 100));
    const text = await (await fetch(`${listen}/metrics`)).text();
    const found = text.matchAll(/^gumshoe_ebpf_program_run_seconds_total\{.*program="([^"]+)".*\} (\S+)$/gm);
    ran = new Map([...found].map(([, name = '', seconds]) => [name, Number(seconds)]));
  }
  assert.ok(ran.get('process/process_exec')! > 0, [...ran.keys()].join(' '));
  assert.equal(await endsWith(child, 'SIGTERM'), 0);
});

test('a second instance on the same port says so and exits with 70', async (t) => {
  const pid = String(startTarget(t));
  const quiet = ['--target-pid', pid, '--only', 'proc'];
  const { listen } = await startCollector(t, ...quiet);
  const address = new URL(listen).host;
  const second = spawn(process.execPath, [MAIN, '--listen', address, ...quiet]);
  t.after(() => second.kill('SIGKILL'));
  let errors = '';
  second.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const [code] = (await once(second, 'close')) as [number | null];
  assert.equal(code, 70);
  assert.match(errors, new RegExp(`cannot listen on ${address}: .*EADDRINUSE`));
});
