import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Report } from '@gumshoe/engine/api';
import { nobody } from '@gumshoe/reader/testdata/fake-servers';
import { startRecordedStore, type RecordedStore } from '@gumshoe/reader/testdata/recorded-store';

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'gumshoe-cli-'));
const file = join(directory, 'incident.gumshoe');

interface Run {
  readonly code: number | null;
  readonly out: string;
  readonly errors: string;
}

async function gumshoe(...words: readonly string[]): Promise<Run> {
  const child = spawn(process.execPath, [MAIN, ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 60_000,
  });
  const [out, errors] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return { code: child.exitCode, out, errors };
}

let store: RecordedStore;
let live: readonly string[];
let window: readonly string[];

before(async () => {
  store = await startRecordedStore('db-lock');
  live = ['--clickhouse', store.clickhouse, '--prometheus', store.prometheus];
  window = ['--from', String(store.range.from), '--to', new Date(store.range.to).toISOString()];
});

after(async () => {
  await store?.stop();
  rmSync(directory, { recursive: true, force: true });
});

test('a report finds the recorded fault, and says so with the exit code', async () => {
  const { code, out, errors } = await gumshoe('report', '--json', ...live, ...window);
  assert.equal(code, 1, errors);
  const report = JSON.parse(out) as Report;
  assert.equal(report.schema, 'gumshoe.report/1');
  assert.equal(report.causes[0]?.kind, 'postgres-lock');
  assert.deepEqual(report.window, { from: store.range.from, to: store.range.to });
});

test('the same report from a snapshot, byte for byte, with the store gone from the command line', async () => {
  const exported = await gumshoe('export', file, ...live, ...window);
  assert.equal(exported.code, 0, exported.errors);
  assert.match(exported.errors, /\d+ series, 6 spans, 3 log records/);
  for (const verb of [['report', '--json'], ['report'], ['map', '--json'], ['traces', '--json'], ['logs']]) {
    const before = await gumshoe(...verb, ...live, ...window);
    const offline = await gumshoe(...verb, '--snapshot', file, ...window);
    assert.ok(before.out.length > 50, before.errors);
    assert.equal(offline.out, before.out, verb.join(' '));
    assert.equal(offline.code, before.code);
  }
});

test('the text report leads from impact to cause to what to do', async () => {
  const { out } = await gumshoe('report', '--snapshot', file);
  const order = ['IMPACT', 'CAUSES', '1. ', 'path: frontend → api → orders → postgres', 'do: '].map((part) =>
    out.indexOf(part),
  );
  assert.ok(
    order.every((at, i) => at >= 0 && at > (order[i - 1] ?? -1)),
    `${order}\n${out}`,
  );
  assert.ok(
    out.split('\n').every((line) => line.length <= 100 || /^ {5}\w+: /.test(line)),
    out,
  );
});

test('queries: PromQL, SQL, a trace across nodes', async () => {
  const promql = await gumshoe('promql', 'count({__name__=~"container_.+"})', '--snapshot', file);
  assert.equal(promql.code, 0, promql.errors);
  assert.match(promql.out, /SERIES +POINTS/);
  const sql = await gumshoe('sql', 'SELECT 6 * 7 AS answer', ...live);
  assert.equal(sql.out, 'answer\n    42\n');
  const trace = await gumshoe('trace', 'b'.repeat(32), ...live);
  assert.deepEqual(
    trace.out.match(/^ *(frontend|api|orders)/gm)?.map((line) => line.length - line.trimStart().length),
    [0, 2, 4, 6, 8],
  );
  const unknown = await gumshoe('trace', 'f'.repeat(32), ...live);
  assert.equal(unknown.code, 2);
  assert.match(unknown.errors, /trace/);
  const same = await gumshoe('query', 'sql', 'SELECT 6 * 7 AS answer', ...live);
  assert.equal(same.out, sql.out);
  const profile = await gumshoe('profile', 'api', '--snapshot', file);
  assert.equal(profile.code, 0, profile.errors);
  assert.match(profile.out, /^ *89\.4% .* leaf$/m);
  const status = await gumshoe('status', ...live);
  assert.equal(status.code, 0, status.out);
  assert.match(status.out, /^ok +ClickHouse .* ms /m);
});

test('exit codes and errors tell bad usage from a source that cannot be read', async () => {
  const expect = async (code: number, message: RegExp, ...words: readonly string[]): Promise<void> => {
    const run = await gumshoe(...words);
    assert.equal(run.code, code, `${words.join(' ')}: ${run.errors}`);
    assert.match(run.errors, message);
    assert.equal(run.out, '');
  };
  await expect(2, /unknown command/, 'nonsense');
  await expect(2, /say where to read/, 'report');
  await expect(2, /go together/, 'report', '--clickhouse', store.clickhouse);
  await expect(2, /--last 5x/, 'report', ...live, '--last', '5x');
  await expect(2, /lies after/, 'report', '--snapshot', file, '--from', '2000', '--to', '1000');
  await expect(2, /promql|PromQL|parse|expected/i, 'promql', 'sum(', '--snapshot', file);
  await expect(2, /readonly/i, 'sql', 'DROP TABLE gumshoe.otel_logs', ...live);
  await expect(2, /known: .*frontend/, 'report', '--application', 'nobody', '--snapshot', file);
  const free = await nobody();
  await expect(3, /ECONNREFUSED/, 'report', '--clickhouse', free, '--prometheus', free);
  await expect(
    3,
    /not Prometheus's/,
    'report',
    '--clickhouse',
    store.prometheus,
    '--prometheus',
    store.clickhouse,
  );
  await expect(3, /not a Gumshoe snapshot|not a database/, 'report', '--snapshot', MAIN);
});
