import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createClient } from '@clickhouse/client';
import { startStore } from '../../embedded/testdata/store-process.ts';

const MAIN = fileURLToPath(new URL('../../main.ts', import.meta.url));
const QUIET = ['--only', 'logs', '--only', 'otlp'];

interface Collector {
  readonly child: ChildProcess;
  readonly ready: Readonly<Record<string, string>>;
}

async function start(t: TestContext, ...flags: string[]): Promise<Collector> {
  const fixed = [
    '--listen',
    '127.0.0.1:0',
    '--interval',
    '1s',
    '--memory-limit',
    '1GB',
    '--target-pid',
    String(process.pid),
  ];
  const child = spawn(process.execPath, [MAIN, ...fixed, ...QUIET, '--log-level', 'error', ...flags], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => child.kill('SIGKILL'));
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return { child, ready: JSON.parse(line.toString()) as Record<string, string> };
}

async function end(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}

async function bodies(url: string): Promise<string[]> {
  const client = createClient({ url });
  try {
    const answer = await client.query({
      query: "SELECT Body FROM gumshoe.otel_logs WHERE ServiceName = 'shop' ORDER BY Body",
      format: 'JSONEachRow',
    });
    return (await answer.json<{ Body: string }>()).map((row) => row.Body);
  } finally {
    await client.close();
  }
}

for (const way of ['http', 'grpc'] as const)
  test(`over ${way}: what one collector gathers arrives at the store of another that was restarted meanwhile, each once`, async (t) => {
    const dir = mkdtempSync(join(tmpdir(), 'gumshoe-otlp-'));
    t.after(() => rmSync(dir, { recursive: true, force: true }));
    const store = await startStore(join(dir, 'store'));
    t.after(() => store.stop('SIGKILL'));
    const stores = [
      '--clickhouse-url',
      store.clickhouse,
      '--remote-write-url',
      `${store.prometheus}/api/v1/write`,
    ];
    const hub = await start(t, ...stores, `--otlp-${way}-listen`, '127.0.0.1:0');
    const address = way === 'http' ? hub.ready['otlpHttp']! : `grpc://${hub.ready['otlpGrpc']}`;
    const log = join(dir, 'shop.log');
    writeFileSync(log, '');
    const line = (i: number): string => `line ${String(i).padStart(3, '0')}`;
    const node = await start(
      t,
      '--otlp-export-url',
      address,
      '--log-file',
      `/docker/shop=${log}`,
      '--spool-dir',
      join(dir, 'spool'),
    );
    for (let i = 0; i < 20; i++) appendFileSync(log, `${line(i)}\n`);
    const wait = async (count: number): Promise<string[]> => {
      for (let tries = 0; tries < 600; tries++) {
        const found = await bodies(store.clickhouse).catch(() => []);
        if (found.length >= count) return found;
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
      return bodies(store.clickhouse);
    };
    assert.equal((await wait(20)).length, 20);
    await end(hub.child);
    for (let i = 20; i < 40; i++) appendFileSync(log, `${line(i)}\n`);
    await new Promise((resolve) => setTimeout(resolve, 2500));
    const again = await start(t, ...stores, `--otlp-${way}-listen`, address.replace(/^.*\/\//, ''));
    assert.deepEqual(
      await wait(40),
      Array.from({ length: 40 }, (_, i) => line(i)),
    );
    const up = await fetch(
      `${store.prometheus}/api/v1/query?query=${encodeURIComponent('container_log_messages_total{container_id="/docker/shop"}')}`,
    );
    const { data } = (await up.json()) as { data: { result: unknown[] } };
    assert.equal(data.result.length, 1, 'metrics came the same way');
    await end(node.child);
    await end(again.child);
  });
