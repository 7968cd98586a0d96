import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import type { TimeRange } from '@gumshoe/base/time';
import type { Reader, Table } from '@gumshoe/engine/ports';
import { openConnection } from '../../open.ts';
import { startRecordedStore, type RecordedStore } from '../../testdata/recorded-store.ts';
import { exportSnapshot } from '../export.ts';
import { randomFrom, randomQuery } from './testdata/random-query.ts';

// The same queries to a real ClickHouse (chDB) and to a snapshot of it.

const LIMITS = { maxRows: 1000, timeoutMs: 500_000 };
const secrets = { get: () => Promise.resolve(undefined) };
const directory = mkdtempSync(join(tmpdir(), 'gumshoe-sql-'));
let store: RecordedStore;
let live: Reader;
let offline: Reader;

before(async () => {
  store = await startRecordedStore('db-lock');
  await insert('otel_traces', spans(store.range));
  await insert('otel_logs', logs(store.range));
  live = await openConnection(
    { kind: 'direct', clickhouseUrl: store.clickhouse, prometheusUrl: store.prometheus },
    { secrets },
  );
  const path = join(directory, 'window.gumshoe');
  await exportSnapshot(live, store.range, path, { createdAt: 1 });
  offline = await openConnection({ kind: 'snapshot', path }, { secrets });
});

after(async () => {
  await live?.close();
  await offline?.close();
  await store?.stop();
  rmSync(directory, { recursive: true, force: true });
});

async function insert(table: string, rows: readonly object[]): Promise<void> {
  const query = `INSERT INTO gumshoe.${table} FORMAT JSONEachRow`;
  const body = rows.map((row) => JSON.stringify(row)).join('\n');
  const response = await fetch(`${store.clickhouse}/?query=${encodeURIComponent(query)}`, {
    method: 'POST',
    body,
  });
  assert.ok(response.ok, await response.text());
}

/** One of `of` instants that lie evenly in a window, to the microsecond, as collectors measure. */
function instant({ from, to }: TimeRange, i: number, of: number): string {
  const all = BigInt(from + 10_000) * 1000n + BigInt(Math.floor(((to - from - 20_000) * 1000 * i) / of));
  return `${all / 1_000_000n}.${String(all % 1_000_000n).padStart(6, '0')}000`;
}

const spans = (range: TimeRange): object[] =>
  Array.from({ length: 400 }, (_, i) => ({
    Timestamp: instant(range, i, 400),
    TraceId: (i % 40).toString(16).padStart(32, 'e'),
    SpanId: i.toString(16).padStart(16, 'f'),
    ParentSpanId: i % 3 === 0 ? '' : (i - 1).toString(16).padStart(16, 'f'),
    SpanName: ['GET /cart', 'POST /pay', 'it\'s "odd"'][i % 3],
    SpanKind: ['Server', 'Client'][i % 2],
    ServiceName: ['cart', 'pay', 'käse', 'cart-db'][i % 4],
    ResourceAttributes: {
      'service.name': ['cart', 'pay', 'käse', 'cart-db'][i % 4],
      'container.id': `c@${i % 5}`,
    },
    SpanAttributes: {
      'http.response.status_code': String([200, 200, 404, 503, 201][i % 5]),
      ...(i % 7 === 0 ? { 'error.type': 'timeout' } : {}),
    },
    Duration: String(((i * 7919) % 1009) * 1_000_003),
    StatusCode: i % 5 === 3 ? 'Error' : 'Unset',
    StatusMessage: i % 5 === 3 ? 'gone' : '',
  }));

const logs = (range: TimeRange): object[] =>
  Array.from({ length: 300 }, (_, i) => ({
    Timestamp: instant(range, i, 300),
    TraceId: i % 4 === 0 ? (i % 40).toString(16).padStart(32, 'e') : '',
    SeverityText: ['INFO', 'WARN', 'ERROR', 'DEBUG'][i % 4],
    SeverityNumber: [9, 13, 17, 5][i % 4],
    ServiceName: ['cart', 'pay'][i % 2],
    Body:
      i % 4 === 2 ? `connection to 10.0.0.${i % 9}:5432 refused` : `took ${i} ms {"user": {"id": ${i % 10}}}`,
    ResourceAttributes: { 'service.name': ['cart', 'pay'][i % 2], 'container.id': 'c@1' },
    LogAttributes: { thread: `t-${i % 3}` },
  }));

/** Whole numbers may be wider here, a zone is not named, and LowCardinality is how a store keeps a column. */
const typeOf = (type: string): string =>
  type
    .replace(/(LowCardinality|Nullable)\((\w+)\)/g, '$2')
    .replace(/U?Int\d+/, 'Int')
    .replace(", 'UTC'", '');

/** Floats to nine digits: a sum depends on its order. */
function cellOf(value: unknown, type: string): unknown {
  if (typeOf(type) === 'Int') return String(value);
  return typeof value === 'number' ? Number(value.toPrecision(9)) : value;
}

const comparable = ({ columns, rows }: Table): unknown => ({
  columns: columns.map(({ name, type }) => `${name} ${typeOf(type)}`),
  rows: rows.map((row) => row.map((cell, i) => cellOf(cell, columns[i]!.type))),
});

const inDatabase = (query: string): string => query.replace(/(?<![.\w])(otel_|profiling_)/g, 'gumshoe.$1');

async function same(query: string): Promise<void> {
  const answer = await offline.sql(query, LIMITS);
  assert.deepEqual(comparable(answer), comparable(await live.sql(inDatabase(query), LIMITS)), query);
  assert.ok(answer.rows.length > 0, `no rows: ${query}`);
}

const QUERIES: Readonly<Record<string, readonly string[]>> = {
  'counts and groups': [
    'SELECT count() FROM otel_traces',
    'SELECT count(*) AS n, uniq(TraceId) AS traces, uniqExact(ServiceName, SpanKind) AS kinds FROM gumshoe.otel_traces',
    'SELECT ServiceName, count() AS n FROM otel_traces GROUP BY ServiceName ORDER BY n DESC, ServiceName LIMIT 3',
    "SELECT ServiceName, countIf(StatusCode = 'Error') AS errors, round(errors / count(), 4) AS share FROM otel_traces GROUP BY ServiceName HAVING errors > 0 ORDER BY errors DESC, ServiceName",
    'SELECT DISTINCT SeverityText, SeverityNumber FROM otel_logs WHERE SeverityNumber > 0 ORDER BY SeverityNumber DESC, SeverityText LIMIT 2, 3',
    'SELECT SpanKind AS kind, sum(Duration) AS total, avg(Duration) AS mean, min(Duration) AS low, max(Duration) AS high FROM otel_traces GROUP BY kind ORDER BY kind',
    "SELECT sumIf(Duration, SpanKind = 'Server') AS s, avgIf(Duration, ServiceName LIKE 'c%') AS a, maxIf(Duration, ServiceName = 'pay') AS m FROM otel_traces",
    "SELECT count(), sum(Duration) FROM otel_traces WHERE ServiceName = 'nobody'",
    'SELECT argMax(SpanName, Duration) AS slowest, argMin(SpanId, Timestamp) AS first FROM otel_traces WHERE Duration > 0',
    'SELECT 1, count() FROM otel_traces GROUP BY 1',
  ],
  quantiles: [
    'SELECT quantile(0.99)(Duration) / 1e6 AS p99, quantile(Duration) AS half, median(Duration) AS m, quantileExact(0.9)(Duration) AS e FROM otel_traces',
    "SELECT ServiceName, quantileIf(0.9)(Duration, SpanKind = 'Server') AS p90 FROM otel_traces WHERE ServiceName IN ('cart', 'käse') GROUP BY ServiceName ORDER BY ServiceName",
    'SELECT stddevPop(Duration) AS a, varSamp(Duration) AS b, corr(Duration, length(SpanName)) AS c FROM otel_traces',
  ],
  times: [
    'SELECT toStartOfMinute(Timestamp) AS minute, count() AS n FROM otel_logs GROUP BY minute ORDER BY minute',
    'SELECT toStartOfInterval(Timestamp, INTERVAL 30 SECOND) AS at, count() FROM otel_logs GROUP BY at ORDER BY at LIMIT 5',
    'SELECT toStartOfFiveMinutes(Timestamp) AS a, toStartOfHour(Timestamp) AS b, toDate(Timestamp) AS c, toDateTime(Timestamp) AS d, count() AS n FROM otel_logs GROUP BY a, b, c, d ORDER BY d LIMIT 9',
    'SELECT toStartOfMinute(Timestamp) AS Timestamp, count() AS n FROM otel_logs GROUP BY Timestamp ORDER BY Timestamp',
    "SELECT min(Timestamp) AS a, max(Timestamp) AS b, dateDiff('second', a, b) AS seconds FROM otel_traces",
    'SELECT toUnixTimestamp(Timestamp) AS s, toUnixTimestamp64Milli(Timestamp) AS ms, toUnixTimestamp64Nano(Timestamp) AS ns FROM otel_traces ORDER BY ns LIMIT 3',
    'SELECT count() FROM otel_logs WHERE Timestamp > (SELECT min(Timestamp) FROM otel_logs) + INTERVAL 2 MINUTE',
    'SELECT Timestamp + INTERVAL 1 MINUTE AS a, toDateTime(Timestamp) - INTERVAL 1 DAY AS b, toDate(Timestamp) + INTERVAL 1 MONTH AS c FROM otel_logs ORDER BY Timestamp LIMIT 3',
    "SELECT toDateTime('2026-01-31 23:59:59') AS a, toDateTime('2026-01-31 23:59:59') + INTERVAL 1 MONTH AS b, toDate('2026-03-01') AS c, toMonday(toDate('2026-11-22')) AS d, toHour(toDateTime('2026-01-31 23:59:59')) AS e, toDayOfWeek(toDate('2026-11-22')) AS f",
    "SELECT toDateTime64('2026-01-31 23:59:59.5', 9, 'UTC') AS a, fromUnixTimestamp64Milli(1790000000123, 'UTC') > toDateTime('2026-01-01 00:00:00') AS b",
  ],
  texts: [
    "SELECT count() FROM otel_logs WHERE Body LIKE '%refused' OR Body ILIKE 'TOOK 1%'",
    "SELECT count() FROM otel_logs WHERE Body NOT LIKE '%10.0.0._:%' AND NOT (Body ILIKE '%MS%')= 0",
    "SELECT replaceRegexpAll(Body, '[0-9]+', 'N') AS pattern, count() AS n FROM otel_logs GROUP BY pattern ORDER BY n DESC, pattern LIMIT 4",
    "SELECT extract(Body, '10\\\\.0\\\\.0\\\\.(\\\\d)') AS host, count() FROM otel_logs WHERE match(Body, 'refused$') GROUP BY host ORDER BY host",
    "SELECT lower(SeverityText) AS a, upper(ServiceName) AS b, length(ServiceName) AS c, lengthUTF8(ServiceName) AS d, substring(Body, 1, 4) AS e, position(Body, 'o') AS f, concat(ServiceName, '/', SeverityText) AS g, startsWith(Body, 'took') AS h FROM otel_logs ORDER BY Timestamp LIMIT 8",
    "SELECT ServiceName || ':' || toString(Duration) AS a, splitByChar(' ', SpanName)[2] AS b FROM otel_traces ORDER BY Timestamp, SpanId LIMIT 5",
    "SELECT DISTINCT JSONExtractInt(extract(Body, '\\\\{.*\\\\}'), 'user', 'id') AS id FROM otel_logs WHERE startsWith(Body, 'took') ORDER BY id",
  ],
  'maps and lists': [
    "SELECT SpanAttributes['http.response.status_code'] AS code, count() AS n FROM otel_traces GROUP BY code ORDER BY code",
    "SELECT count() FROM otel_traces WHERE mapContains(SpanAttributes, 'error.type') AND SpanAttributes['error.type'] != ''",
    "SELECT toUInt16OrZero(SpanAttributes['http.response.status_code']) AS code, count() FROM otel_traces WHERE code >= 500 GROUP BY code",
    "SELECT LogAttributes['thread'] AS thread, ResourceAttributes['container.id'] AS container, count() FROM otel_logs GROUP BY thread, container ORDER BY thread, container",
    'SELECT SpanAttributes FROM otel_traces ORDER BY Timestamp, SpanId LIMIT 9',
    'SELECT mapKeys(SpanAttributes) AS k FROM otel_traces ORDER BY Timestamp, SpanId LIMIT 9',
    "SELECT has(['a', 'b'], 'b') AS a, [1, 2, 3][2] AS b, arrayStringConcat(['x', 'y'], '-') AS c",
  ],
  arithmetic: [
    "SELECT -(-4) AS a, 5 - -3 AS b, round(2.5) AS c, round(-3.5) AS d, position('käse', 'e') AS p, CASE WHEN 1 = 2 THEN 1 ELSE 0.5 END AS e",
    'SELECT 7 / 2 AS a, intDiv(7, 2) AS b, 7 % 4 AS c, -7 AS d, 2 * 3.5 AS e, 1e6 AS f, abs(-5) AS g, round(2.567, 2) AS h',
    'SELECT Duration / 1000000 AS ms, Duration % 1000 AS r, Duration * 2 AS d, Duration - 5 AS m FROM otel_traces ORDER BY Timestamp, SpanId LIMIT 5',
    "SELECT if(Duration > 500000000, 'slow', 'fast') AS speed, count() FROM otel_traces GROUP BY speed ORDER BY speed",
    "SELECT multiIf(Duration > 9e8, 'a', Duration > 5e8, 'b', 'c') AS class, CASE WHEN StatusCode = 'Error' THEN 1 ELSE 0 END AS failed, count() AS n FROM otel_traces GROUP BY class, failed ORDER BY class, failed",
    "SELECT count() FROM otel_traces WHERE Duration BETWEEN 100000000 AND 200000000 AND SpanKind != 'Client' OR ServiceName NOT IN ('cart', 'pay')",
    "SELECT toInt64('12') AS a, toFloat64('1.5') AS b, toString(7) AS c, greatest(1, 2) AS d, coalesce(NULL, 'x') AS e",
  ],
  'joins, subqueries, unions': [
    'SELECT l.ServiceName AS service, count() AS n FROM otel_traces AS t INNER JOIN otel_logs AS l ON l.TraceId = t.TraceId GROUP BY service ORDER BY service',
    "SELECT count() FROM otel_traces WHERE TraceId IN (SELECT TraceId FROM otel_logs WHERE SeverityText = 'INFO')",
    'WITH slow AS (SELECT ServiceName, max(Duration) AS d FROM otel_traces GROUP BY ServiceName) SELECT ServiceName, d FROM slow WHERE d > 1000 ORDER BY d DESC, ServiceName',
    'SELECT ServiceName, avg(n) AS mean FROM (SELECT ServiceName, toStartOfMinute(Timestamp) AS m, count() AS n FROM otel_logs GROUP BY ServiceName, m) AS x GROUP BY ServiceName ORDER BY ServiceName',
    "SELECT * FROM (SELECT 'spans' AS what, count() AS n FROM otel_traces UNION ALL SELECT 'logs' AS what, count() AS n FROM otel_logs) ORDER BY what",
    'SELECT TraceId, min(Start) AS a FROM otel_traces_trace_id_ts GROUP BY TraceId ORDER BY TraceId LIMIT 3',
  ],
  'lists of many rows': [
    'SELECT arraySort(groupUniqArray(ServiceName)) AS s, length(groupArray(Duration)) AS n, length(groupArray(3)(Body)) AS l FROM (SELECT t.ServiceName AS ServiceName, t.Duration AS Duration, SpanName AS Body FROM otel_traces AS t)',
    'SELECT groupArray(Duration / 1e6) AS d, groupArray(SpanName) AS n FROM (SELECT Duration, SpanName FROM otel_traces ORDER BY Timestamp, SpanId LIMIT 9)',
  ],
  profiles: [
    'SELECT ServiceName, StackHash, sum(Value) AS ns FROM profiling_samples GROUP BY ServiceName, StackHash ORDER BY ns DESC',
    "SELECT k.Stack[1] AS leaf, sum(s.Value) AS ns FROM profiling_samples AS s INNER JOIN profiling_stacks AS k ON k.Hash = s.StackHash WHERE s.Type = 'ebpf:cpu:nanoseconds' AND s.Labels['container.id'] = 'api@1' GROUP BY leaf ORDER BY ns DESC",
    'SELECT min(End) AS a, max(s.End) AS b FROM profiling_samples AS s WHERE End > fromUnixTimestamp64Milli(1) AND Start <= fromUnixTimestamp64Milli(4000000000000)',
    'SELECT count() FROM profiling_samples WHERE StackHash = 18446744073709551615',
    "SELECT Stack, length(Stack) AS depth, has(Stack, 'leaf') AS leaf FROM profiling_stacks ORDER BY depth",
  ],
};

for (const [what, queries] of Object.entries(QUERIES))
  test(`a snapshot answers as ClickHouse does: ${what}`, async () => {
    const wrong: string[] = [];
    for (const query of queries) await same(query).catch((error: unknown) => wrong.push(String(error)));
    assert.equal(wrong.join('\n\n'), '');
  });

test('random queries: whatever ClickHouse answers, a snapshot does too', async () => {
  const random = randomFrom(Number(process.env['SQL_SEED'] ?? 20261122));
  const count = Number(process.env['SQL_QUERIES'] ?? 40);
  const wrong: string[] = [];
  let compared = 0;
  for (let i = 0; i < count; i++) {
    const query = randomQuery(random);
    const theirs = await live.sql(query, LIMITS).catch(() => undefined);
    // branches of several types are refused there, or have a type of their own
    if (theirs === undefined || theirs.columns.some(({ type }) => type.startsWith('Variant'))) continue;
    compared++;
    const ours = await offline.sql(query, LIMITS).catch(String);
    const same = typeof ours !== 'string' && isDeepStrictEqual(comparable(ours), comparable(theirs));
    if (!same) wrong.push(`${query}\n${typeof ours === 'string' ? ours : JSON.stringify([ours, theirs])}`);
  }
  assert.equal(wrong.join('\n\n'), '');
  assert.ok(compared > count / 2, `${compared} of ${count}`);
});
