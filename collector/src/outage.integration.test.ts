import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createClient } from '@clickhouse/client';
import { startStore } from './embedded/testdata/store-process.ts';

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));
const QUIET = ['--only', 'logs', '--only', 'otlp'];
const INTERVAL = 1000;

interface Places {
  readonly dir: string;
  readonly log: string;
  readonly store: string;
}

async function startCollector(t: TestContext, { dir, log, store }: Places): Promise<ChildProcess> {
  const child = spawn(
    process.execPath,
    [
      ...[MAIN, '--listen', '127.0.0.1:0', '--interval', `${INTERVAL}ms`, '--log-level', 'error', ...QUIET],
      ...[
        '--target-pid',
        String(process.pid),
        '--memory-limit',
        '1GB',
        '--log-messages-per-second',
        '100000',
      ],
      ...['--log-file', `/docker/shop=${log}`, '--spool-dir', join(dir, 'spool'), '--clickhouse-url', store],
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  t.after(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  return child;
}

/** How often each line is in the store. */
async function stored(url: string): Promise<ReadonlyMap<string, number>> {
  const client = createClient({ url });
  try {
    const query = "SELECT Body, count() AS n FROM gumshoe.otel_logs WHERE ServiceName = 'shop' GROUP BY Body";
    const rows = await (
      await client.query({ query, format: 'JSONEachRow' })
    ).json<{ Body: string; n: string }>();
    return new Map(rows.map(({ Body, n }) => [Body, Number(n)]));
  } finally {
    await client.close();
  }
}

async function until(url: string, count: number): Promise<ReadonlyMap<string, number>> {
  for (let tries = 0; tries < 600; tries++) {
    const found = await stored(url).catch(() => new Map<string, number>());
    if (found.size >= count) return found;
    await pause(200);
  }
  return stored(url);
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function lines(from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, i) => `line ${String(from + i).padStart(6, '0')}`);
}

async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const exit = once(child, 'exit');
  child.kill(signal);
  await exit;
}

function places(t: TestContext): Omit<Places, 'store'> {
  const dir = mkdtempSync(join(tmpdir(), 'gumshoe-outage-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  const log = join(dir, 'shop.log');
  writeFileSync(log, '');
  return { dir, log };
}

test('a store that is down while far more comes than memory holds loses nothing: every row is counted', async (t) => {
  const { dir, log } = places(t);
  const first = await startStore(join(dir, 'store'));
  t.after(() => first.stop('SIGKILL'));
  const listen = new URL(first.clickhouse).host;
  const collector = await startCollector(t, { dir, log, store: first.clickhouse });
  const write = (from: number, to: number): void => appendFileSync(log, `${lines(from, to).join('\n')}\n`);
  write(0, 1000);
  assert.equal((await until(first.clickhouse, 1000)).size, 1000);
  await first.stop('SIGTERM');
  for (let at = 1000; at < 61_000; at += 10_000) {
    write(at, at + 10_000);
    await pause(700);
  }
  const second = await startStore(join(dir, 'store'), ['--clickhouse-listen', listen]);
  t.after(() => second.stop('SIGKILL'));
  const found = await until(second.clickhouse, 61_000);
  assert.equal(found.size, 61_000);
  assert.ok(
    [...found.values()].every((n) => n === 1),
    'each once',
  );
  await ended(collector, 'SIGTERM');
});

test('kill -9 loses at most what came since the last flush, and repeats at most that', async (t) => {
  const { dir, log } = places(t);
  const store = await startStore(join(dir, 'store'));
  t.after(() => store.stop('SIGKILL'));
  const collector = await startCollector(t, { dir, log, store: store.clickhouse });
  for (let at = 0; at < 400; at += 20) {
    appendFileSync(log, `${lines(at, at + 20).join('\n')}\n`);
    await pause(150);
  }
  await ended(collector, 'SIGKILL');
  appendFileSync(log, `${lines(400, 500).join('\n')}\n`);
  const again = await startCollector(t, { dir, log, store: store.clickhouse });
  const found = await until(store.clickhouse, 500);
  // places are written once what was read is in the store, so that nothing is lost here at all
  assert.deepEqual([...found.keys()].sort(), lines(0, 500));
  const twice = [...found.values()].filter((n) => n > 1).length;
  assert.ok(twice <= 400 * ((3 * INTERVAL) / 3000), `${twice} lines twice`);
  await ended(again, 'SIGTERM');
});
