import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { FailureError, type Failure, type FailureCode } from '@gumshoe/base/failure';
import type { Table } from '@gumshoe/engine/ports';
import { TABLES } from '@gumshoe/schema/tables/catalogue';
import { writeBase } from '../fuzz/base.ts';
import { seal } from '../fuzz/forge.ts';
import { openSnapshot, type SnapshotReader } from '../reader.ts';

const LIMITS = { maxRows: 100, timeoutMs: 120_000 };
const directory = mkdtempSync(join(tmpdir(), 'gumshoe-sql-'));
const base = join(directory, 'base.gumshoe');
let reader: SnapshotReader;
before(async () => {
  await writeBase(base);
  reader = openSnapshot(base);
});
after(async () => {
  await reader.close();
  rmSync(directory, { recursive: true, force: true });
});

const ask = (query: string): Promise<Table> => reader.sql(query, LIMITS);
const rows = async (query: string): Promise<Table['rows']> => (await ask(query)).rows;

async function failure(work: Promise<unknown>, code?: FailureCode): Promise<Failure> {
  const error = await work.then(
    (answer) => assert.fail(`answered ${JSON.stringify(answer)}`),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof FailureError, String(error));
  if (code !== undefined) assert.equal(error.failure.code, code, error.message);
  return error.failure;
}

test('tables and columns are those that collectors write, and the samples of metrics; a user can list them', async () => {
  const names = (await rows('SHOW TABLES')).map(([name]) => name);
  assert.deepEqual([...names].sort(), [...TABLES.map(({ table }) => table.name), 'metric_samples'].sort());
  for (const { table } of TABLES) {
    const wanted = table.columns.map(({ name }) => name);
    assert.deepEqual(
      (await rows(`DESCRIBE TABLE gumshoe.${table.name}`)).map(([name]) => name),
      wanted,
    );
    assert.deepEqual(
      (await ask(`SELECT * FROM ${table.name}`)).columns.map(({ name }) => name),
      wanted,
    );
  }
  assert.ok((await rows('SHOW FUNCTIONS')).some(([name]) => name === 'quantile'));
  assert.deepEqual(
    (await rows('SHOW COLUMNS FROM metric_samples')).map(([name]) => name),
    ['MetricName', 'Labels', 'Timestamp', 'Value'],
  );
});

test('samples of metrics are those that PromQL reads, and have no stale markers', async () => {
  const [first] = await reader.series(['container_resources_memory_rss_bytes'], {
    from: 0,
    to: 4e12,
  } as never);
  const [[count, low, high]] = (await rows(
    `SELECT count(), min(Value), max(Value) FROM metric_samples WHERE MetricName = 'container_resources_memory_rss_bytes'
      AND Labels['container_id'] = '${first!.labels['container_id']}'`,
  )) as [[string, number, number]];
  assert.deepEqual(
    [Number(count), low, high],
    [first!.values.length, Math.min(...first!.values), Math.max(...first!.values)],
  );
});

test('events are log records too, and now is the end of the window', async () => {
  assert.deepEqual(await rows('SELECT count() FROM otel_logs'), [['21']]);
  assert.deepEqual(
    await rows("SELECT count() FROM otel_logs WHERE mapContains(LogAttributes, 'event.name')"),
    [['1']],
  );
  assert.deepEqual(await rows('SELECT now(), today()'), [['2026-01-01 00:03:00', '2026-01-01']]);
  assert.deepEqual(
    await rows('SELECT count() FROM otel_traces WHERE Timestamp > now() - INTERVAL 165 SECOND'),
    [['5']],
  );
});

test('the same query says the same, byte for byte', async () => {
  const query =
    'SELECT ServiceName, any(SpanName) AS n, groupArray(Duration) AS d FROM otel_traces GROUP BY ServiceName';
  assert.equal(JSON.stringify(await ask(query)), JSON.stringify(await ask(query)));
});

test('nothing but reading: file and folder stay as they are', async () => {
  const digest = (): string => createHash('sha256').update(readFileSync(base)).digest('hex');
  const [before, beside] = [digest(), readdirSync(directory)];
  const refused: Readonly<Partial<Record<FailureCode, readonly string[]>>> = {
    'not-supported': [
      ...['DROP TABLE otel_traces', 'DELETE FROM otel_logs', "UPDATE otel_logs SET Body = ''", 'VACUUM'],
      ...["INSERT INTO otel_logs VALUES ('')", 'CREATE TABLE t (a Int8)', 'PRAGMA writable_schema = 1'],
      ...["ATTACH '/tmp/other.db' AS o", 'ALTER TABLE otel_logs ADD COLUMN x Int8', 'SET readonly = 0'],
      ...["SELECT * FROM file('/etc/passwd')", "SELECT * FROM url('http://127.0.0.1/')", 'EXPLAIN SELECT 1'],
    ],
    'invalid-input': [
      ...['SELECT 1; DROP TABLE otel_logs', "SELECT load_extension('x')", "SELECT readfile('/etc/passwd')"],
      ...['SELECT zeroblob(1000000000)', "SELECT * FROM otel_logs INTO OUTFILE '/tmp/x'", '', 'SELEC 1'],
    ],
    'not-found': ['SELECT * FROM blocks', 'SELECT * FROM sqlite_schema', 'DESCRIBE sqlite_schema'],
  };
  for (const [code, queries] of Object.entries(refused))
    for (const query of queries) await failure(ask(query), code as FailureCode);
  assert.deepEqual([digest(), readdirSync(directory)], [before, beside]);
});

test('texts and names cannot leave their quotes', async () => {
  assert.deepEqual(await rows(`SELECT 'it''s', 'a\\'b', '"; DROP TABLE x; --', '\\\\'`), [
    ["it's", "a'b", '"; DROP TABLE x; --', '\\'],
  ]);
  const { columns } = await ask(
    'SELECT 1 AS `a"b; --`, 2 AS "c`d", SpanAttributes[\'"; x\'] AS e FROM otel_traces LIMIT 1',
  );
  assert.deepEqual(
    columns.map(({ name }) => name),
    ['a"b; --', 'c`d', 'e'],
  );
});

test('what is not understood says where, why and what there is', async () => {
  const cases: readonly (readonly [string, string, RegExp])[] = [
    ['SELECT\n  nothing FROM otel_logs', 'line 2, column 3', /no column nothing/],
    ['SELECT count( FROM otel_logs', 'line 1, column 15', /expected/],
    ['SELECT * FROM spans', 'line 1, column 15', /no table spans/],
    [
      "SELECT windowFunnel(10)(Timestamp, Body = 'a') FROM otel_logs",
      'line 1, column 8',
      /no function windowFunnel/,
    ],
    ['SELECT ServiceName, count() FROM otel_logs', 'line 1, column 8', /neither in GROUP BY/],
    ["SELECT count() FROM otel_logs WHERE Timestamp > 'noon'", 'line 1, column 47', /no time/],
    ["SELECT count() FROM otel_traces WHERE Duration > '1s'", 'line 1, column 48', /no number/],
    ["SELECT toStartOfHour(Timestamp, 'Europe/Berlin') FROM otel_logs", 'line 1, column 8', /UTC/],
    ['SELECT quantile(99)(Duration) FROM otel_traces', 'line 1, column 8', /0 to 1/],
    ['SELECT row_number() OVER () FROM otel_logs', 'line 1, column 21', /window function/],
    ['SELECT 1 AS a, 2 AS a', 'line 1, column 16', /two expressions/],
    ['SELECT Body FROM otel_logs LIMIT 1 BY Body', 'line 1, column 36', /LIMIT … BY/],
    ['SELECT arrayMap(x -> x, [1])', 'line 1, column 19', /lambda/],
    ["SELECT 'open", 'line 1, column 8', /not closed/],
    [`SELECT ${'('.repeat(300)}1${')'.repeat(300)}`, 'line 1, column 107', /nested/],
  ];
  for (const [query, place, reason] of cases) {
    const { target, reason: said, remedy } = await failure(ask(query));
    assert.match(said, reason, query);
    assert.equal(target, place, query);
    assert.ok(remedy, query);
  }
});

test('as many rows as allowed, and word that there are more', async () => {
  const cut = await reader.sql('SELECT Value FROM metric_samples', { ...LIMITS, maxRows: 7 });
  assert.deepEqual([cut.rows.length, cut.truncated], [7, true]);
  const whole = await reader.sql('SELECT SpanId FROM otel_traces', { ...LIMITS, maxRows: 20 });
  assert.deepEqual([whole.rows.length, whole.truncated], [20, false]);
});

/** Far more than anyone waits for, most of it inside of SQLite. */
const ENDLESS =
  'SELECT count() FROM metric_samples a, metric_samples b, metric_samples c WHERE a.Value + b.Value + c.Value = 0.5';

test('a query that takes too long is ended, and one that is cancelled', async () => {
  const { remedy } = await failure(reader.sql(ENDLESS, { maxRows: 1, timeoutMs: 1500 }), 'timeout');
  assert.ok(remedy);
  await failure(reader.sql(ENDLESS, LIMITS, AbortSignal.timeout(1500)), 'cancelled');
  await failure(reader.sql('SELECT 1', LIMITS, AbortSignal.abort()), 'cancelled');
  assert.deepEqual(await rows('SELECT 1'), [[1]]);
});

/** Process ids below one, from the kernel. */
const childrenOf = (pid: number): readonly string[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean);

test(
  'a query does not outlive who asked',
  { skip: existsSync('/proc/self/task') ? false : 'no /proc' },
  async () => {
    const script = `import('${import.meta.resolve('../reader.ts')}').then(({ openSnapshot }) =>
    openSnapshot(${JSON.stringify(base)}).sql(${JSON.stringify(ENDLESS)}, { maxRows: 1, timeoutMs: 600000 }))`;
    const asker = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'ignore' });
    let children: readonly string[] = [];
    while (children.length === 0) {
      await sleep(50);
      children = childrenOf(asker.pid!);
    }
    // its question has arrived when it has a thread to guard it; before that it ends with the channel
    await sleep(1000);
    asker.kill('SIGKILL');
    await once(asker, 'exit');
    while (children.some((pid) => existsSync(`/proc/${pid}`) && !isZombie(pid))) await sleep(100);
  },
);

const isZombie = (pid: string): boolean => {
  try {
    return / Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return true;
  }
};

/** A copy with a block changed and its hashes right again. */
function changed(statement: string, sealed: boolean): SnapshotReader {
  const path = join(directory, `${sealed}.changed.gumshoe`);
  copyFileSync(base, path);
  const database = new Database(path);
  database.exec(statement);
  if (sealed) seal(database, (manifest) => manifest);
  database.close();
  return openSnapshot(path);
}

test('damage is found where it is read, and nowhere else', async () => {
  const one = "part = 'series' AND name = 'container_resources_memory_rss_bytes'";
  const damaged = changed(`UPDATE blocks SET payload = zeroblob(50) WHERE ${one}`, false);
  await failure(damaged.sql('SELECT count() FROM metric_samples', LIMITS), 'corrupt');
  const other = "SELECT count() > 0 FROM metric_samples WHERE MetricName IN ('container_info', 'nothing')";
  assert.deepEqual((await damaged.sql(other, LIMITS)).rows, [[1]]);
  assert.deepEqual((await damaged.sql('SELECT count() FROM otel_traces', LIMITS)).rows, [['20']]);
  await damaged.close();
});

test('records of another form are refused with their hashes right', async () => {
  const forged = changed("UPDATE blocks SET part = 'logs' WHERE part = 'spans'", true);
  const { reason } = await failure(forged.sql('SELECT count() FROM otel_logs', LIMITS), 'corrupt');
  assert.match(reason, /log record has another form/);
  await forged.close();
});
