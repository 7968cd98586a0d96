import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { ApplicationFindings, Incident, Report } from '@gumshoe/engine/api';
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
    timeout: 240_000,
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

test('what is wrong, by inspection, objective and incident', async () => {
  const inspect = await gumshoe('inspect', file, '--json');
  assert.equal(inspect.code, 1, inspect.errors);
  const { schema, applications } = JSON.parse(inspect.out) as {
    schema: string;
    applications: ApplicationFindings[];
  };
  assert.equal(schema, 'gumshoe.inspections/1');
  const locks = applications
    .flatMap(({ findings }) => findings)
    .find((one) => one.inspection === 'postgres-locks');
  assert.equal(locks?.health, 'warning');
  assert.ok((locks?.explanation.length ?? 0) > 0 && (locks?.evidence.length ?? 0) > 0);
  const explained = await gumshoe('inspect', file, '--app', 'postgres', '--explain');
  assert.match(explained.out, /postgres-locks[^]*\n {2}= [^]*\n {2}promql: /);
  const slo = await gumshoe('slo', file);
  assert.equal(slo.code, 1, slo.errors);
  assert.match(slo.out, /critical +frontend +99 % within 500 ms/);
  const incidents = await gumshoe('incidents', file, '--json');
  const found = (JSON.parse(incidents.out) as { incidents: Incident[] }).incidents;
  assert.equal(found.length, 1, 'one cause is one incident');
  assert.ok(new Set(found[0]?.impacts.map(({ name }) => name)).size >= 3);
});

test('services, risks, costs and deployments of a snapshot', async () => {
  const services = await gumshoe('services', file);
  assert.match(services.out, /HEALTH +NAME[^]*frontend[^]*postgres/);
  const risks = await gumshoe('risks', file);
  assert.equal(risks.code, 1, risks.errors);
  assert.match(risks.out, /postgres +unreplicated-database/);
  assert.match((await gumshoe('costs', file)).out, /APPLICATION +CPU[^]*api +[\d.]+ cores/);
  assert.match((await gumshoe('deployments', file)).out, /No deployment touches the window/);
});

test('a configuration changes what is judged; its mistakes are told with line and suggestion', async () => {
  const config = join(directory, 'gumshoe.yaml');
  writeFileSync(
    config,
    'slo: { availability: { default: 50 } }\nalerts: [{ name: errors, condition: error_rate > 1%, for: 10s, severity: warning }]\n',
  );
  const alerts = await gumshoe('alerts', file, '--config', config);
  assert.match(alerts.out, /firing +warning +errors +frontend/);
  assert.match((await gumshoe('slo', file, '--config', config)).out, /frontend +50 % available/);
  writeFileSync(config, 'inspections:\n  cpu-contaner: 90%\n');
  const { code, out, errors } = await gumshoe('config', 'check', config);
  assert.equal(code, 2);
  assert.equal(out, '');
  assert.match(errors, /:2:3: .*did you mean "cpu-container"\?/);
});

test('a report as Markdown and as a page that loads nothing', async () => {
  const page = join(directory, 'report.html');
  const { code, out } = await gumshoe('report', file, '--format', 'html', '-o', page);
  assert.deepEqual([code, out], [1, '']);
  const html = readFileSync(page, 'utf8');
  assert.match(html, /<h3>1\. /);
  assert.doesNotMatch(html, /<script|src=|href=/);
  const markdown = await gumshoe('report', file, '--format', 'markdown');
  assert.match(markdown.out, /^# Incident report\n[^]*## Causes\n\n### 1\. /);
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
  const slowest =
    "SELECT ServiceName, max(Duration) / 1e6 AS ms FROM gumshoe.otel_traces WHERE SpanAttributes['http.route'] = '/orders' GROUP BY ServiceName ORDER BY ms DESC";
  const offline = await gumshoe('query', 'sql', slowest, file);
  assert.equal(offline.out, (await gumshoe('sql', slowest, ...live)).out);
  assert.match(offline.out, /^frontend +90$/m);
  assert.match((await gumshoe('sql', 'SHOW TABLES', file)).out, /^otel_logs$/m);
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
  await expect(2, /needs --prometheus/, 'report', '--clickhouse', store.clickhouse);
  await expect(2, /--last 5x/, 'report', ...live, '--last', '5x');
  await expect(2, /lies after/, 'report', '--snapshot', file, '--from', '2000', '--to', '1000');
  await expect(2, /promql|PromQL|parse|expected/i, 'promql', 'sum(', '--snapshot', file);
  await expect(2, /readonly/i, 'sql', 'DROP TABLE gumshoe.otel_logs', ...live);
  await expect(2, /only SELECT/, 'sql', 'DROP TABLE gumshoe.otel_logs', file);
  await expect(2, /no table gumshoe\.nothing.*metric_samples/, 'sql', 'SELECT 1 FROM gumshoe.nothing', file);
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
