import assert from 'node:assert/strict';
import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { FailureError, type FailureCode } from '@gumshoe/base/failure';
import { gridOver, milliseconds, type TimeRange } from '@gumshoe/base/time';
import type { Reader, Secrets, SpanFilter } from '@gumshoe/engine/ports';
import { openConnection } from '../open.ts';
import { FORMAT_VERSION, SnapshotFile, SnapshotWriter } from '../snapshot/database.ts';
import { estimateExport } from '../snapshot/estimate.ts';
import { exportSnapshot } from '../snapshot/export.ts';
import { SPLIT_TRACE, startRecordedStore, type RecordedStore } from '../testdata/recorded-store.ts';

const LIMITS = { maxRows: 100, timeoutMs: 20_000 };
const CPU = 'ebpf:cpu:nanoseconds';
const secrets: Secrets = { get: () => Promise.resolve(undefined) };
const directory = mkdtempSync(join(tmpdir(), 'gumshoe-reader-'));
const file = (name: string): string => join(directory, name);

let store: RecordedStore;
let live: Reader;
let offline: Reader;
let range: TimeRange;

const direct = (clickhouseUrl: string, prometheusUrl: string): Promise<Reader> =>
  openConnection({ kind: 'direct', clickhouseUrl, prometheusUrl }, { secrets });
const snapshot = (path: string): Promise<Reader> => openConnection({ kind: 'snapshot', path }, { secrets });

async function failureOf(work: Promise<unknown>, code: FailureCode): Promise<FailureError['failure']> {
  const error = await work.then(
    () => assert.fail(`expected the failure ${code}`),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof FailureError, String(error));
  assert.equal(error.failure.code, code, error.message);
  return error.failure;
}

before(async () => {
  store = await startRecordedStore('db-lock');
  range = store.range;
  live = await direct(store.clickhouse, store.prometheus);
  await exportSnapshot(live, range, file('window.gumshoe'), { createdAt: 1 });
  offline = await snapshot(file('window.gumshoe'));
});

after(async () => {
  await live?.close();
  await offline?.close();
  await store?.stop();
  rmSync(directory, { recursive: true, force: true });
});

/** The same question to the live store and to its snapshot. */
async function both<T>(ask: (reader: Reader) => Promise<T>): Promise<T> {
  const answer = await ask(live);
  assert.deepEqual(await ask(offline), answer);
  return answer;
}

const spanFilter = (more: Partial<SpanFilter> = {}): SpanFilter => ({
  range,
  order: 'newest',
  limit: 100,
  ...more,
});

test('raw series: half-open window, all samples, same from the snapshot', async () => {
  const names = ['container_net_tcp_successful_connects_total', 'up', 'gumshoe_no_such_metric'];
  const bySeries = (reader: Reader) => async () =>
    (await reader.series(names, range)).toSorted((a, b) =>
      JSON.stringify(a.labels) < JSON.stringify(b.labels) ? -1 : 1,
    );
  const series = await bySeries(live)();
  assert.ok(series.length > 0);
  for (const { timestamps } of series)
    assert.ok(
      timestamps.every((at, i) => at > range.from && at <= range.to && at > (timestamps[i - 1] ?? 0)),
    );
  const plain = (list: typeof series): unknown =>
    list.map(({ labels, timestamps, values }) => [{ ...labels }, [...timestamps], [...values]]);
  assert.deepEqual(plain(await bySeries(offline)()), plain(series));
});

test('PromQL gives the same numbers on both', async () => {
  const query =
    'sum by (__name__) (rate({__name__=~"container_net_tcp_(successful|failed)_connects_total"}[30s]))';
  const ask = async (reader: Reader): Promise<unknown> => {
    const { series } = await reader.queryRange(query, gridOver(range, 5000));
    return series.map(({ labels, values }) => [
      { ...labels },
      [...values].map((value) => value.toPrecision(12)),
    ]);
  };
  const answer = (await both(ask)) as readonly unknown[];
  assert.ok(answer.length > 0);
  assert.equal(
    (await failureOf(live.queryRange('sum(', gridOver(range, 5000)), 'invalid-input')).target,
    store.prometheus,
  );
  await failureOf(offline.queryRange('sum(', gridOver(range, 5000)), 'invalid-input');
});

test('spans: every filter, both orders', async () => {
  const count = async (more: Partial<SpanFilter>): Promise<number> =>
    (await both((reader) => reader.spans(spanFilter(more)))).length;
  assert.equal(await count({}), 6);
  assert.equal(await count({ serviceName: 'api' }), 2);
  assert.equal(await count({ kind: 'Client' }), 2);
  assert.equal(await count({ rootsOnly: true }), 2);
  assert.equal(await count({ errorsOnly: true }), 1);
  assert.equal(await count({ minDuration: 80 }), 4);
  assert.equal(await count({ spanName: 'none' }), 0);
  assert.equal(await count({ limit: 3 }), 3);
  assert.equal(await count({ range: { from: range.from, to: milliseconds(range.from + 5001) } }), 2);
  const [slowest] = await both((reader) => reader.spans(spanFilter({ order: 'slowest', limit: 1 })));
  assert.equal(slowest?.duration, 90);
  assert.equal(slowest?.start, range.from + 5000);
  assert.deepEqual(slowest?.attributes, { 'http.route': '/orders' });
});

test('a trace is whole from either of its ids', async () => {
  for (const id of [SPLIT_TRACE.first, SPLIT_TRACE.second]) {
    const spans = await both((reader) => reader.trace(id));
    const own = await both(async (reader) =>
      (await reader.spansOf?.([id]))?.map((span) => span.spanId).toSorted(),
    );
    assert.equal(own?.length, id === SPLIT_TRACE.first ? 2 : 3);
    assert.deepEqual(
      spans.map((span) => span.spanId[0]),
      ['1', '2', '3', '4', '5'],
    );
  }
  assert.deepEqual(await both((reader) => reader.trace('f'.repeat(32))), []);
});

test('logs by service, severity and text', async () => {
  const bodies = async (more: object): Promise<readonly string[]> =>
    (await both((reader) => reader.logs({ range, limit: 10, ...more }))).map((record) => record.body);
  assert.equal((await bodies({})).length, 3);
  assert.deepEqual(await bodies({ severities: ['ERROR', 'WARN'], serviceName: 'api' }), [
    'upstream answered 503',
  ]);
  assert.deepEqual(await bodies({ contains: 'LOCK timeout' }), ['canceling statement due to lock timeout']);
  assert.deepEqual(await bodies({ limit: 1 }), ['upstream answered 503']);
});

test('profiles are merged over the window', async () => {
  const filter = { range, serviceName: 'api', type: CPU };
  const { frames, stacks, values } = await both((reader) => reader.profile(filter));
  const read = stacks.map((stack, i) => [...[...stack].map((frame) => frames[frame]), values[i]]);
  assert.deepEqual(read, [
    ['other', 'main', 5],
    ['leaf', 'middle', 'main', 42],
  ]);
  const early = { ...filter, range: { from: range.from, to: milliseconds(range.from + 1500) } };
  assert.deepEqual([...(await both((reader) => reader.profile(early))).values], [30]);
  const elsewhere = { ...filter, containerId: 'api@2' };
  assert.equal((await both((reader) => reader.profile(elsewhere))).stacks.length, 0);
});

test('SQL is read-only, bounded, exact, and can be cancelled', async () => {
  const exact = await live.sql('SELECT number FROM numbers(100)', LIMITS);
  assert.equal(exact.rows.length, 100);
  assert.equal(exact.truncated, false);
  const cut = await live.sql('SELECT number FROM numbers(200000)', LIMITS);
  assert.equal(cut.rows.length, 100);
  assert.equal(cut.truncated, true);
  const wide = await live.sql("SELECT toUInt64('18446744073709551615') AS n, NULL, [1, 2]", LIMITS);
  assert.deepEqual(wide.rows, [['18446744073709551615', undefined, '[1,2]']]);
  await failureOf(
    live.sql('CREATE TABLE gumshoe.written (n UInt8) ENGINE = Memory', LIMITS),
    'not-supported',
  );
  await failureOf(live.sql('DROP TABLE gumshoe.otel_logs', LIMITS), 'not-supported');
  await failureOf(live.sql('SELECT * FROM gumshoe.nothing', LIMITS), 'not-found');
  await failureOf(live.sql('SELEC 1', LIMITS), 'invalid-input');
  const slow = 'SELECT sleepEachRow(1) FROM numbers(3)';
  await failureOf(live.sql(slow, LIMITS, AbortSignal.timeout(300)), 'cancelled');
  const counted = (await live.sql('SELECT count() FROM gumshoe.otel_traces', LIMITS)).rows;
  assert.deepEqual((await offline.sql('SELECT count() FROM gumshoe.otel_traces', LIMITS)).rows, counted);
  await failureOf(offline.sql('DROP TABLE gumshoe.otel_logs', LIMITS), 'not-supported');
  await failureOf(offline.sql('SELECT * FROM gumshoe.nothing', LIMITS), 'not-found');
  await failureOf(offline.sql('SELEC 1', LIMITS), 'invalid-input');
});

test('stores at swapped addresses are wrong servers', async () => {
  const reader = await direct(store.prometheus, store.clickhouse);
  try {
    const { parts } = await reader.status();
    for (const part of parts) {
      assert.equal(part.state, 'failed');
      assert.equal(part.failure?.code, 'wrong-server', JSON.stringify(part.failure));
      assert.ok(part.failure?.remedy);
    }
    assert.equal(parts.length, 2);
  } finally {
    await reader.close();
  }
});

test('status names both stores with version and latency', async () => {
  const { parts, kind } = await live.status();
  assert.equal(kind, 'direct');
  for (const part of parts) {
    assert.equal(part.state, 'ok', JSON.stringify(part.failure));
    assert.ok((part.latencyMs ?? 0) > 0 && part.version);
  }
  assert.equal((await offline.status()).kind, 'snapshot');
  assert.deepEqual(await offline.extent(), range);
});

test('an export that is cancelled or cannot be written leaves nothing behind', async () => {
  const options = { createdAt: 1 };
  const abort = new AbortController();
  const progress = (done: number): void => {
    if (done === 1) abort.abort();
  };
  const path = file('cancelled.gumshoe');
  await failureOf(exportSnapshot(live, range, path, { ...options, progress }, abort.signal), 'cancelled');
  await failureOf(exportSnapshot(live, range, file('no/such/folder.gumshoe'), options), 'invalid-input');
  assert.deepEqual(
    readdirSync(directory).filter((name) => name !== 'window.gumshoe'),
    [],
  );
});

test('an estimate of a live store comes near the export', async () => {
  const { parts } = await estimateExport(live, range);
  const written = new SnapshotFile(file('window.gumshoe'));
  const sizes = new Map(written.sizes().map(({ part, bytes }) => [part, bytes]));
  written.close();
  for (const { part, bytes } of parts) {
    const real =
      part === 'profiles' ? sizes.get('profile-samples')! + sizes.get('profile-stacks')! : sizes.get(part)!;
    assert.ok(bytes > real / 3 && bytes < real * 3, `${part}: ${bytes} for ${real}`);
  }
});

test('two exports of one window hold the same blocks, byte for byte', async () => {
  await exportSnapshot(live, range, file('again.gumshoe'), { createdAt: 2 });
  const files = ['window.gumshoe', 'again.gumshoe'].map((name) => new SnapshotFile(file(name)));
  for (const part of ['series', 'spans', 'logs', 'profile-stacks', 'profile-samples'] as const) {
    const [first, second] = files.map((one) => one.blocks(part));
    assert.ok(first && first.length > 0, part);
    assert.deepEqual(second, first, part);
  }
  for (const one of files) one.close();
});

test('a window of several slices loses nothing at their borders', async () => {
  const slice = 5 * 60_000;
  // A border falls on the start of the third span.
  const wide = {
    from: milliseconds(range.from - 3 * slice),
    to: milliseconds(range.from + 5002 + slice),
  };
  await exportSnapshot(live, wide, file('wide.gumshoe'), { createdAt: 1 });
  const reader = await snapshot(file('wide.gumshoe'));
  const spans = await reader.spans(spanFilter({ range: wide }));
  assert.equal(spans.length, 6);
  assert.deepEqual(spans, await live.spans(spanFilter({ range: wide })));
  assert.equal((await reader.logs({ range: wide, limit: 10 })).length, 3);
  await reader.close();
});

test('a file of a newer format says which version reads it', async () => {
  const writer = new SnapshotWriter(file('newer.gumshoe'));
  const { manifest } = new SnapshotFile(file('window.gumshoe'));
  writer.finish({ ...manifest, formatVersion: FORMAT_VERSION + 1 });
  const failure = await failureOf(snapshot(file('newer.gumshoe')), 'not-supported');
  assert.match(failure.reason, new RegExp(`version ${FORMAT_VERSION + 1}`));
  assert.match(failure.remedy ?? '', /newer/);
});

test('damaged, foreign and missing files are told apart', async () => {
  const damaged = (name: string, change: (path: string) => void): string => {
    const path = file(name);
    copyFileSync(file('window.gumshoe'), path);
    change(path);
    return path;
  };
  const readAll = async (path: string): Promise<void> => {
    const reader = await snapshot(path);
    try {
      await reader.spans(spanFilter());
      await reader.logs({ range, limit: 10 });
      await reader.profile({ range, serviceName: 'api', type: CPU });
      await reader.queryRange('{__name__=~".+"}', gridOver(range, 60_000));
    } finally {
      await reader.close();
    }
  };
  await failureOf(readAll(file('missing.gumshoe')), 'not-found');
  await failureOf(readAll(damaged('short.gumshoe', (path) => truncateSync(path, 20_000))), 'corrupt');
  await failureOf(readAll(damaged('text.gumshoe', (path) => writeFileSync(path, 'hello'))), 'corrupt');
  await failureOf(readAll(damaged('empty.gumshoe', (path) => truncateSync(path, 0))), 'corrupt');
  const flipped = damaged('flipped.gumshoe', (path) => {
    const handle = openSync(path, 'r+');
    writeSync(handle, Buffer.alloc(64, 0x5a), 0, 64, 60_000);
    closeSync(handle);
  });
  await failureOf(readAll(flipped), 'corrupt');
  assert.ok(existsSync(flipped));
});
