import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { dbLock } from '@gumshoe/analysis/testdata/faults';
import { SHOP_RANGE as range, shopSeries } from '@gumshoe/analysis/testdata/shop';
import { milliseconds } from '@gumshoe/base/time';
import { createEngine } from '@gumshoe/engine/engine';
import type { Report } from '@gumshoe/engine/api';
import type { LogRecord, Span } from '@gumshoe/engine/ports';
import { exportSnapshot } from '@gumshoe/reader/snapshot/export';
import { FORMAT_VERSION } from '@gumshoe/reader/snapshot/manifest';
import { mergeSnapshots } from '@gumshoe/reader/snapshot/merge';
import { Pseudonyms } from '@gumshoe/reader/snapshot/pseudonyms';
import { openSnapshot } from '@gumshoe/reader/snapshot/reader';
import { scopeAround } from '@gumshoe/reader/snapshot/scope';
import { trimSnapshot } from '@gumshoe/reader/snapshot/transform';
import { writeRecords, writeSeriesBlocks, writeWhole } from '@gumshoe/reader/snapshot/write';

const directory = mkdtempSync(join(tmpdir(), 'gumshoe-snapshots-'));
const path = (name: string): string => join(directory, `${name}.gumshoe`);

const SERVICES = ['frontend', 'api', 'orders', 'postgres'];
const spans = Array.from({ length: 200 }, (_, i): Span => ({
  traceId: String(i >> 2).padStart(32, '0'),
  spanId: String(i).padStart(16, '0'),
  parentSpanId: i % 4 === 0 ? '' : String(i - 1).padStart(16, '0'),
  name: 'GET /orders',
  kind: 'Server',
  serviceName: SERVICES[i % 4]!,
  containerId: '',
  start: range.to - 1 - i * 1000,
  duration: 50,
  status: 'Unset',
  statusMessage: '',
  attributes: {
    'server.address': 'orders.shop.svc',
    'db.statement': "SELECT * FROM t WHERE mail = 'a@b.org'",
  },
}));
const logs = Array.from({ length: 50 }, (_, i): LogRecord => ({
  timestamp: milliseconds(range.to - 1 - i * 1000),
  severity: 'ERROR',
  serviceName: 'orders',
  containerId: '',
  body: 'frontend asked for ada@example.org: lock timeout',
  traceId: '',
  spanId: '',
  attributes: { peer: 'frontend' },
}));

before(async () => {
  await writeWhole(path('whole'), (writer) => {
    const series = shopSeries({ fault: dbLock, faultFrom: (range.to - range.from) / 2 });
    const counts = {
      ...writeSeriesBlocks(writer, series),
      spans: writeRecords(writer, 'spans', spans),
      logs: writeRecords(writer, 'logs', logs),
    };
    const manifest = {
      createdAt: 0,
      window: range,
      source: 'shop',
      counts,
      redaction: [],
      status: undefined,
    };
    writer.finish({ formatVersion: FORMAT_VERSION, ...manifest });
  });
});
after(() => rmSync(directory, { recursive: true, force: true }));

async function answers(name: string): Promise<{ readonly report: Report; readonly text: string }> {
  const reader = openSnapshot(path(name));
  try {
    const engine = createEngine({ reader });
    const window = await reader.extent();
    const report = await engine.investigate(window);
    const overview = await engine.overview(window);
    const map = await engine.serviceMap(window);
    return { report, text: JSON.stringify([report, overview, map]) };
  } finally {
    await reader.close();
  }
}

test('cut to its own window, exported again, or cut in two and joined: the same answers, byte for byte', async () => {
  const whole = await answers('whole');
  assert.ok(whole.report.causes.length > 0);
  await trimSnapshot(path('whole'), path('trimmed'));
  assert.equal((await answers('trimmed')).text, whole.text);
  const reader = openSnapshot(path('whole'));
  await exportSnapshot(reader, range, path('exported'), { createdAt: 1 });
  await reader.close();
  assert.equal((await answers('exported')).text, whole.text);
  const middle = (range.from + range.to) / 2;
  await trimSnapshot(path('whole'), path('early'), { range: { from: range.from, to: milliseconds(middle) } });
  await trimSnapshot(path('whole'), path('late'), { range: { from: milliseconds(middle), to: range.to } });
  await mergeSnapshots([path('early'), path('late')], path('joined'));
  assert.equal((await answers('joined')).text, whole.text);
});

test('with hashed names the analysis finds the same, under other names', async () => {
  const reader = openSnapshot(path('whole'));
  const pseudonyms = new Pseudonyms(Buffer.from('a key of the test'));
  const redaction = { pseudonyms, obfuscate: true };
  await exportSnapshot(reader, range, path('hashed'), { createdAt: 1, redaction });
  await reader.close();
  const [whole, hashed] = [(await answers('whole')).report, (await answers('hashed')).report];
  const named = (report: Report, name: (text: string) => string) => ({
    impacted: report.impacted.map(({ application, slo, since }) => [name(application), slo, since]),
    causes: report.causes.map(({ kind, application, path: route, score, onset }) => [
      kind,
      name(application),
      route.map(name),
      score.toFixed(6),
      onset,
    ]),
  });
  assert.deepEqual(
    named(hashed, (text) => text),
    named(whole, (text) => pseudonyms.apply(text)),
  );
});

test('what was hashed and obfuscated is nowhere in the file', async () => {
  const reader = openSnapshot(path('hashed'));
  const everything = JSON.stringify([
    (await reader.series(reader.metricNames(), { from: milliseconds(0), to: range.to })).map(
      ({ labels }) => labels,
    ),
    await reader.spans({ range, order: 'newest', limit: 1000 }),
    await reader.logs({ range, limit: 1000 }),
    await reader.status(),
  ]);
  await reader.close();
  for (const name of ['orders', 'ada@example.org', 'a@b.org']) assert.ok(!everything.includes(name), name);
  assert.match(everything, /u[0-9a-f]{10}/);
});

test('dropped bodies leave when and whose; a scope leaves only its neighbourhood', async () => {
  const reader = openSnapshot(path('whole'));
  const scope = await scopeAround(reader, range, 'postgres', 1);
  assert.deepEqual(scope.applications, ['migration', 'orders', 'postgres']);
  await exportSnapshot(reader, range, path('scoped'), {
    createdAt: 1,
    scope,
    redaction: { dropLogBodies: true },
  });
  await exportSnapshot(reader, range, path('dropped'), { createdAt: 1, redaction: { dropLogBodies: true } });
  await assert.rejects(scopeAround(reader, range, 'nobody', 1), /known: .*frontend/);
  await reader.close();
  const scoped = openSnapshot(path('scoped'));
  const names = new Set(
    (await scoped.spans({ range, order: 'newest', limit: 1000 })).map((span) => span.serviceName),
  );
  assert.deepEqual([...names].sort(), ['orders', 'postgres']);
  const { applications } = await createEngine({ reader: scoped }).overview(range);
  assert.ok(applications.some(({ name }) => name === 'orders'));
  assert.deepEqual(
    applications
      .filter(({ kind, instances }) => kind !== 'ExternalService' && instances.known > 0)
      .map(({ name }) => name),
    ['migration', 'orders', 'postgres'],
  );
  await scoped.close();
  const dropped = openSnapshot(path('dropped'));
  const [first] = await dropped.logs({ range, limit: 1 });
  assert.deepEqual(first, { ...logs[0], body: '', attributes: {} });
  await dropped.close();
});
