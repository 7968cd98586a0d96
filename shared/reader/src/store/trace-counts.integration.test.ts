import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { labelsKey, type Series } from '@gumshoe/base/series';
import { milliseconds, type TimeRange } from '@gumshoe/base/time';
import type { Reader } from '@gumshoe/engine/ports';
import { logSeries } from '@gumshoe/model/derived/log-series';
import { traceSeries, type CountedSpan } from '@gumshoe/model/derived/trace-series';
import { EBPF_SCOPE_NAME } from '@gumshoe/schema/attributes';
import { isTraceMetric, TRACE_METRICS as T } from '@gumshoe/schema/metrics/trace';
import { buildWorld } from '@gumshoe/model/build/build-world';
import { modelMetrics, traceMetrics } from '@gumshoe/model/read-list';
import { CachedReader } from '../cache/reader.ts';
import { openConnection } from '../open.ts';
import { startRecordedStore, type RecordedStore } from '../testdata/recorded-store.ts';

const secrets = { get: () => Promise.resolve(undefined) };
/** A whole number of steps, before the recording. */
let start: number;
let store: RecordedStore;
let reader: Reader;

before(async () => {
  store = await startRecordedStore('db-lock');
  reader = await openConnection(
    { kind: 'direct', clickhouseUrl: store.clickhouse, prometheusUrl: store.prometheus },
    { secrets },
  );
  start = Math.floor(store.range.from / 60_000) * 60_000 - 3_600_000;
});

after(async () => {
  await reader?.close();
  await store?.stop();
});

async function insert(
  spans: readonly (CountedSpan & {
    readonly scope?: string;
    readonly resource?: Readonly<Record<string, string>>;
  })[],
): Promise<void> {
  const rows = spans.map((span) =>
    JSON.stringify({
      Timestamp: (span.start / 1000).toFixed(6),
      TraceId: span.traceId,
      SpanId: span.spanId,
      ParentSpanId: span.parentSpanId,
      SpanName: span.name,
      SpanKind: span.kind,
      ServiceName: span.serviceName,
      ScopeName: span.scope ?? 'io.opentelemetry.http',
      SpanAttributes: span.attributes,
      ResourceAttributes: span.resource ?? {},
      Duration: Math.round(span.duration * 1e6),
      StatusCode: span.status,
    }),
  );
  await insertRows('otel_traces', rows);
}

async function insertRows(table: string, rows: readonly string[]): Promise<void> {
  const query = encodeURIComponent(`INSERT INTO gumshoe.${table} FORMAT JSONEachRow`);
  const answer = await fetch(`${store.clickhouse}/?query=${query}`, {
    method: 'POST',
    body: rows.join('\n'),
  });
  assert.ok(answer.ok, await answer.text());
}

/** Numbers without a pattern, the same each time. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const KINDS = ['Server', 'Client', 'Internal', 'Producer', 'Consumer', 'Unspecified'];
const ATTRIBUTES: readonly Readonly<Record<string, string>>[] = [
  {},
  {},
  { 'server.address': 'db1', 'db.system': 'postgresql' },
  { 'peer.service': 'billing', 'server.address': '10.0.0.9' },
  { 'http.url': 'http://user@cart:8080/api?id=1', 'peer.address': 'proxy:80' },
  { 'peer.address': 'db2:27017', 'db.type': 'mongo' },
  { 'url.full': '/relative', 'db.system': 'redis' },
  { 'messaging.operation.type': 'receive', 'messaging.system': 'RabbitMQ' },
  { 'rpc.system': 'grpc', 'rpc.service': 'Cart' },
  { 'db.system': 'Our own', 'db.type': 'sql', 'http.route': '/', 'peer.service': 'odd' },
  { 'http.response.header.content-type': 'text/event-stream; charset=utf-8' },
  { 'http.response.header.content-type': 'mytext/event-streams' },
];

/** Traces with every kind of span, children that overlap and outlive their parents, and parents that are missing. */
function randomSpans(from: number, traces: number, seed: number): CountedSpan[] {
  const next = numbers(seed);
  return Array.from({ length: traces }, (_, trace) => {
    const count = 1 + next(9);
    const begin = from + next(580_000);
    const id = (i: number): string => (trace * 100 + i + 1).toString(16).padStart(16, '0');
    return Array.from({ length: count }, (_, i): CountedSpan => {
      const parent = i === 0 ? -1 : next(i + 1) - (next(12) === 0 ? 50 : 0);
      return {
        traceId: (trace + 1).toString(16).padStart(32, '0'),
        spanId: id(i),
        parentSpanId: i === 0 ? '' : id(parent),
        name: `operation ${next(6)}`,
        kind: KINDS[next(KINDS.length)]!,
        serviceName: `service-${next(4)}`,
        start: begin + next(2_000) + next(1000) / 1000,
        duration: next(10) === 0 ? next(9_000) : next(40_000) / 1000,
        status: next(5) === 0 ? 'Error' : 'Unset',
        attributes: ATTRIBUTES[next(ATTRIBUTES.length)]!,
      };
    });
  }).flat();
}

const rangeOf = (from: number, to: number): TimeRange => ({ from: milliseconds(from), to: milliseconds(to) });

/** Every counter of `expected` at each of its instants within the range, and no other counter. */
function assertSame(actual: readonly Series[], expected: readonly Series[], range: TimeRange): void {
  const known = new Map(actual.map((series) => [labelsKey(series.labels), series]));
  assert.deepEqual([...known.keys()].toSorted(), expected.map(({ labels }) => labelsKey(labels)).toSorted());
  for (const { labels, timestamps, values } of expected) {
    const series = known.get(labelsKey(labels))!;
    const at = new Map([...series.timestamps].map((instant, i) => [instant, series.values[i]!]));
    for (const [i, instant] of timestamps.entries()) {
      if (instant <= range.from || instant > range.to) continue;
      const found = at.get(instant) ?? NaN;
      assert.ok(
        Math.abs(found - values[i]!) < 1e-6,
        `${labelsKey(labels)} at ${instant}: ${found}, not ${values[i]}`,
      );
    }
  }
}

test('spans counted by the store are what an import counts from the same spans', async () => {
  const spans = randomSpans(start, 250, 7);
  await insert(spans);
  const range = rangeOf(start, start + 600_000);
  const counted = await reader.series(traceMetrics, range);
  assert.ok(counted.length > 100);
  assert.ok(counted.every(({ labels }) => isTraceMetric(labels['__name__'] ?? '')));
  // an import also counts what no model reads
  const expected = traceSeries(spans).filter(({ labels }) => traceMetrics.includes(labels['__name__'] ?? ''));
  assertSame(counted, expected, range);
});

test('through the metric cache, piece by piece, the counters are the same', async () => {
  const range = rangeOf(start, start + 600_000);
  const direct = await reader.series(traceMetrics, range);
  const directory = mkdtempSync(join(tmpdir(), 'gumshoe-counted-'));
  const clock = { now: () => milliseconds(store.range.to + 3_600_000) };
  const cached = new CachedReader(reader, { directory, sourceKey: 'test', clock });
  for (const [from, to] of [
    [290, 310],
    [0, 125],
    [400, 600],
    [0, 600],
  ] as const)
    await cached.series(traceMetrics, rangeOf(start + from * 1000, start + to * 1000));
  const { queries } = cached.stats();
  const again = await cached.series(traceMetrics, range);
  assertSame(again, direct, range);
  assert.ok(cached.stats().queries.every(({ misses }, i) => misses === queries[i]?.misses));
  await rm(directory, { recursive: true });
});

test('a window inside counts from its own start; what the collectors made is not counted again', async () => {
  const from = start + 900_000;
  const span = (at: number, more: Partial<CountedSpan> = {}) => ({
    traceId: `${at}`.padStart(32, 'f'),
    spanId: `${at}`.padStart(16, 'f'),
    parentSpanId: '',
    name: 'GET /',
    kind: 'Server',
    serviceName: 'inner',
    start: from + at,
    duration: 10,
    status: 'Unset',
    attributes: {},
    ...more,
  });
  await insert([
    { ...span(1_000), resource: { 'k8s.namespace.name': 'shop', 'k8s.pod.name': 'inner-7' } },
    span(12_000),
    span(13_000, { status: 'Error' }),
    { ...span(14_000), scope: EBPF_SCOPE_NAME },
    span(22_000),
  ]);
  const read = async (range: TimeRange): Promise<[number[], number[]][]> =>
    (await reader.series([T.requests.name], range)).map(({ timestamps, values }) => [
      [...timestamps].map((at) => (at - from) / 1000),
      [...values],
    ]);
  const status = async (range: TimeRange) =>
    (await reader.series([T.requests.name], range)).map(({ labels }) => labels['status']);
  assert.deepEqual(await status(rangeOf(from, from + 30_000)), ['ok', 'failed']);
  assert.deepEqual(await read(rangeOf(from, from + 30_000)), [
    [
      [5, 10, 15, 20, 25],
      [1, 1, 2, 2, 3],
    ],
    [
      [5, 10, 15, 20, 25],
      [0, 0, 1, 1, 1],
    ],
  ]);
  // until the last span of the window
  assert.deepEqual(await read(rangeOf(from + 10_000, from + 20_000)), [
    [[15], [1]],
    [[15], [1]],
  ]);
  const places = await reader.series([T.serviceInfo.name], rangeOf(from, from + 30_000));
  assert.deepEqual(
    places.map(({ labels, values }) => [labels['k8s_pod_name'], [...values]]),
    [['inner-7', [1, 1, 1, 1, 1]]],
  );
});

test('log records counted by the store are what an import counts', async () => {
  const from = start + 1_800_000;
  const next = numbers(3);
  const texts = [
    (n: number) => `user ${n} logged in from "10.0.0.${n % 7}" after ${n * 17} ms`,
    (n: number) => `cannot open file '/tmp/${n}': permission denied (${n % 3 === 0 ? 'EACCES' : 'EPERM'})`,
    (n: number) => `request ${n.toString(16).padStart(12, 'a')} failed\n\tat main.ts:${n}`,
    (n: number) => `ERROR [worker-${n % 4}] job ${n} gave up`,
  ];
  const records = Array.from({ length: 300 }, (_, i) => ({
    timestamp: milliseconds(from + 1 + i * 700),
    serviceName: `logger-${next(2)}`,
    severity: ['INFO', 'ERROR', '', 'WARN'][next(4)]!,
    body: texts[next(texts.length)]!(next(100_000)),
  }));
  const rows = records.map(({ timestamp, serviceName, severity, body }) =>
    JSON.stringify({
      Timestamp: (timestamp / 1000).toFixed(3),
      ServiceName: serviceName,
      SeverityText: severity,
      Body: body,
    }),
  );
  const counted = { ...JSON.parse(rows[0]!), LogAttributes: { 'pattern.hash': '12ab' } } as object;
  const event = { ...JSON.parse(rows[0]!), LogAttributes: { 'event.reason': 'Killing' } } as object;
  await insertRows('otel_logs', [...rows, JSON.stringify(counted), JSON.stringify(event)]);
  const range = rangeOf(from, from + 300_000);
  const series = await reader.series([T.logMessages.name], range);
  const expected = logSeries(records);
  assert.ok(expected.length >= 10);
  assertSame(series, expected, range);
  const directory = mkdtempSync(join(tmpdir(), 'gumshoe-counted-'));
  const clock = { now: () => milliseconds(store.range.to + 3_600_000) };
  const cached = new CachedReader(reader, { directory, sourceKey: 'test', clock });
  for (const to of [60_000, 120_000, 300_000])
    await cached.series([T.logMessages.name], rangeOf(from, from + to));
  const total = (all: readonly Series[]): string[] =>
    all
      .map(
        ({ labels, values }) =>
          `${labels['service_name']} ${labels['level']} ${labels['pattern_hash']} ${values.at(-1)}`,
      )
      .toSorted();
  assert.deepEqual(total(await cached.series([T.logMessages.name], range)), total(expected));
  await rm(directory, { recursive: true });
});

test('events are found among however many log records, and belong to no application', async () => {
  const from = start + 2_400_000;
  const row = (offset: number, body: string, attributes: Readonly<Record<string, string>>): string =>
    JSON.stringify({
      Timestamp: ((from + offset) / 1000).toFixed(3),
      ServiceName: 'KubernetesEvents',
      SeverityText: 'Warning',
      Body: body,
      LogAttributes: attributes,
    });
  await insertRows('otel_logs', [
    row(1000, 'Back-off restarting failed container', {
      'object.kind': 'Pod',
      'object.name': 'web-0',
      'event.reason': 'BackOff',
    }),
    row(2000, 'Scaled up', { 'k8s.event.reason': 'ScalingReplicaSet' }),
    ...Array.from({ length: 6_000 }, (_, i) => row(3000 + i, 'not an event', {})),
  ]);
  const range = rangeOf(from, from + 60_000);
  const events = await reader.events!(range, 100);
  assert.deepEqual(
    events.map(({ body, attributes }) => [body, attributes['event.reason']]),
    [
      ['Scaled up', undefined],
      ['Back-off restarting failed container', 'BackOff'],
    ],
  );
  const samples = (await reader.series([T.logMessages.name], range)).map(({ labels }) => labels['sample']);
  assert.deepEqual(samples, ['not an event']);
});

test('applications known only from their own spans are on the map of a live store', async () => {
  const range = rangeOf(start, start + 600_000);
  const world = buildWorld(await reader.series(modelMetrics, range), range);
  const names = world.applications.map(({ name }) => name);
  for (const service of ['service-0', 'service-1', 'service-2', 'service-3'])
    assert.ok(names.includes(service), service);
  const served = world.applications.find(({ name }) => name === 'service-1');
  assert.ok(served?.inbound.some((requests) => requests.rate.some((rate) => rate > 0)));
  assert.ok((served?.downstreams.length ?? 0) > 0);
});

test('a ClickHouse that does not answer costs what spans say, and the status says so', async () => {
  const half = await openConnection(
    { kind: 'direct', clickhouseUrl: 'http://127.0.0.1:1', prometheusUrl: store.prometheus },
    { secrets },
  );
  const series = await half.series(
    [...traceMetrics, 'container_net_tcp_successful_connects_total'],
    store.range,
  );
  assert.ok(series.length > 0);
  const { parts } = await half.status();
  const notes = parts.find(({ name }) => name === 'ClickHouse')?.notes ?? [];
  assert.match(notes.join('\n'), /spans were not counted: .*ECONNREFUSED/);
  await half.close();
});
