import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { LogRow } from '@gumshoe/schema/tables/logs';
import { readConfig } from '../config.ts';
import { openExporters } from './open.ts';

/** Nobody listens there. */
const NOWHERE = 'http://127.0.0.1:1';
const LIMIT = 120_000;
const logger = { log: () => undefined };
const noise = (): string => randomBytes(2000).toString('hex');

const log = (): LogRow => ({
  Timestamp: '1790000000.000000000',
  TraceId: '',
  SpanId: '',
  TraceFlags: 0,
  SeverityText: '',
  SeverityNumber: 0,
  ServiceName: 'shop',
  Body: noise(),
  ResourceAttributes: {},
  LogAttributes: {},
});

/** Bytes on disk after everything that is on had far more to keep than it may. */
async function spooled(t: TestContext, ...flags: string[]): Promise<number> {
  const dir = mkdtempSync(join(tmpdir(), 'gumshoe-open-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  const config = readConfig([...flags, '--spool-dir', dir, '--spool-limit', `${LIMIT}B`]);
  for (const exporter of await openExporters(config!, 'node1', logger as never)) {
    for (let i = 0; i < 60; i++) {
      // ClickHouse's rows go to disk as one entry, which a share must have room for
      if (i < 12) exporter.rows?.logs([log()]);
      exporter.samples?.([{ labels: { __name__: 'up', noise: noise() }, value: 1, timestamp: 1e12 }]);
      if (i % 4 === 0) await exporter.flush(true);
    }
    await exporter.flush(true);
    await exporter.close();
  }
  return readdirSync(dir, { recursive: true })
    .map((file) => statSync(join(dir, String(file))))
    .reduce((sum, stat) => sum + (stat.isFile() ? stat.size : 0), 0);
}

test('all spools together stay within the limit, and one alone may use it all', async (t) => {
  const stores = ['--clickhouse-url', NOWHERE, '--remote-write-url', NOWHERE];
  const all = await spooled(t, ...stores, '--otlp-export-url', NOWHERE);
  assert.ok(all > LIMIT / 2 && all <= LIMIT, `${all} bytes`);
  const one = await spooled(t, '--otlp-export-url', NOWHERE);
  assert.ok(one > LIMIT / 2 && one <= LIMIT, `${one} bytes`);
});
