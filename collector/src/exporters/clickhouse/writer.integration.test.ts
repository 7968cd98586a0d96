import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { createClient } from '@clickhouse/client';
import type { LogRow } from '@gumshoe/schema/tables/logs';
import { startStore } from '../../embedded/testdata/store-process.ts';
import { ClickHouseWriter } from './writer.ts';

const silent = { log: () => {} };

const logRows = (from: number, count: number): LogRow[] =>
  Array.from({ length: count }, (_, i) => ({
    Timestamp: new Date().toISOString().replace('T', ' ').replace('Z', '000000'),
    TraceId: '',
    SpanId: '',
    TraceFlags: 0,
    SeverityText: 'ERROR',
    SeverityNumber: 17,
    ServiceName: 'api',
    Body: `line ${from + i}`,
    ResourceAttributes: {},
    LogAttributes: {},
  }));

async function selectNumber(url: string, query: string): Promise<number> {
  const client = createClient({ url });
  try {
    const answer = await client.query({ query, format: 'JSONEachRow' });
    const [row] = await answer.json<{ n: string | number }>();
    return Number(row?.n);
  } finally {
    await client.close();
  }
}

function directory(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'gumshoe-writer-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

const open = (url: string, logDays = 7, maxRows = 1000): ClickHouseWriter =>
  new ClickHouseWriter({ url, ttlDays: { logs: logDays }, maxRows }, silent);

test('rows wait while the store is down and arrive once it is back; a changed TTL reaches the table', async (t) => {
  const data = directory(t);
  const first = await startStore(data);
  t.after(() => first.stop('SIGKILL'));
  const port = new URL(first.clickhouse).host;
  const writer = open(first.clickhouse);
  writer.rows.logs(logRows(0, 100));
  await writer.flush(true);
  assert.equal(writer.status().sent, 100, writer.status().lastError);

  assert.equal(await first.stop('SIGTERM'), 0);
  writer.rows.logs(logRows(100, 50));
  await writer.flush(true);
  assert.equal(writer.status().waiting, 50);
  assert.equal(writer.status().failures, 1);
  assert.notEqual(writer.status().lastError, '');

  const second = await startStore(data, ['--clickhouse-listen', port]);
  t.after(() => second.stop('SIGKILL'));
  await writer.flush(true);
  const { sent, waiting, dropped, lastError } = writer.status();
  assert.deepEqual(
    { sent, waiting, dropped, lastError },
    { sent: 150, waiting: 0, dropped: 0, lastError: '' },
  );
  await writer.close();
  const url = second.clickhouse;
  assert.equal(await selectNumber(url, 'SELECT uniqExact(Body) AS n FROM gumshoe.otel_logs'), 150);
  assert.equal(await selectNumber(url, 'SELECT count() AS n FROM gumshoe.otel_logs'), 150);

  const ttlDays3 = `SELECT count() AS n FROM system.tables WHERE name = 'otel_logs' AND position(engine_full, 'toIntervalDay(3)') > 0`;
  assert.equal(await selectNumber(url, ttlDays3), 0);
  const changed = open(url, 3);
  await changed.flush(true);
  assert.equal(changed.status().lastError, '');
  await changed.close();
  assert.equal(await selectNumber(url, ttlDays3), 1);
  assert.equal(await second.stop('SIGTERM'), 0);
});

test('what exceeds the bound of a queue is shed from its old end and counted', async () => {
  const writer = open('http://127.0.0.1:1', 7, 20);
  writer.rows.logs(logRows(0, 50));
  await writer.flush(true);
  assert.equal(writer.status().waiting, 20);
  assert.equal(writer.status().dropped, 30);
  await writer.close();
});

test('compressed rows arrive whole, a refused one is told from those beside it, and a store that is gone fails', async (t) => {
  const store = await startStore(directory(t));
  t.after(() => store.stop('SIGKILL'));
  const url = store.clickhouse;
  const writer = new ClickHouseWriter({ url, ttlDays: { logs: 7 }, maxRows: 5000, compress: true }, silent);
  const rows = logRows(0, 3000);
  writer.rows.logs([...rows.slice(0, 1500), { ...rows[0]!, Timestamp: 'no time' }, ...rows.slice(1500)]);
  await writer.flush(true);
  assert.equal(writer.status().waiting, 0, writer.status().lastError);
  assert.deepEqual([writer.status().sent, writer.status().dropped], [3000, 1]);
  assert.equal(await selectNumber(url, 'SELECT uniqExact(Body) AS n FROM gumshoe.otel_logs'), 3000);
  await store.stop('SIGTERM');
  writer.rows.logs(rows.slice(0, 10));
  await writer.flush(true);
  assert.deepEqual([writer.status().waiting, writer.status().failures], [10, 1]);
  await writer.close();
});
