import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { SPLIT_TRACE, startRecordedStore, type RecordedStore } from '@gumshoe/reader/testdata/recorded-store';

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));
const DOCUMENT = readFileSync(new URL('../../../docs/json-output.md', import.meta.url), 'utf8');
const directory = mkdtempSync(join(tmpdir(), 'gumshoe-json-'));
const file = join(directory, 'incident.gumshoe');

let store: RecordedStore;
let live: readonly string[];

async function json(...words: readonly string[]): Promise<Record<string, unknown>> {
  const child = spawn(process.execPath, [MAIN, ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 240_000,
  });
  const [out, errors] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  assert.ok(out.startsWith('{'), `${words.join(' ')}: ${errors}`);
  return JSON.parse(out) as Record<string, unknown>;
}

/** The words in code under the heading that names a schema. */
function sectionOf(schema: string): ReadonlySet<string> {
  const section = DOCUMENT.split(/^## /m).find((one) => one.slice(0, one.indexOf('\n')).includes(schema));
  assert.ok(section, `${schema} has no section`);
  return new Set([...section.matchAll(/`[^`]+`/g)].flatMap(([code]) => code.match(/\w+/g) ?? []));
}

/** Names of fields of an answer and of the first entries of its lists, maps by name left out. */
function fieldsOf(value: unknown, depth = 3): readonly string[] {
  if (depth === 0 || typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) return fieldsOf(value[0], depth);
  return Object.entries(value).flatMap(([name, one]) => [
    name,
    ...(MAPS.has(name) || SHARED.has(name) ? [] : fieldsOf(one, depth - 1)),
  ]);
}

/** Fields whose own fields are names of the data. */
const MAPS: ReadonlySet<string> = new Set(['labels', 'attributes']);
/** Described once, in another section. */
const SHARED: ReadonlySet<string> = new Set([
  'window',
  'evidence',
  'claims',
  'slos',
  'row',
  'root',
  'instances',
]);

before(async () => {
  store = await startRecordedStore('db-lock');
  live = ['--clickhouse', store.clickhouse, '--prometheus', store.prometheus];
  const range = ['--from', String(store.range.from), '--to', String(store.range.to)];
  await json('snapshot', 'export', file, ...live, ...range, '--json');
});

after(async () => {
  await store?.stop();
  rmSync(directory, { recursive: true, force: true });
});

const VERBS: readonly (readonly [schema: string, ...words: string[]])[] = [
  ['gumshoe.report/1', 'rca', file],
  ['gumshoe.inspections/1', 'inspect', file],
  ['gumshoe.inspection-list/1', 'inspections'],
  ['gumshoe.slo/1', 'slo', file],
  ['gumshoe.services/1', 'services', file],
  ['gumshoe.map/1', 'map', file],
  ['gumshoe.traces/1', 'traces', file],
  ['gumshoe.trace/1', 'trace', SPLIT_TRACE.first, '--snapshot', file],
  ['gumshoe.logs/1', 'logs', file],
  ['gumshoe.profile/1', 'profile', 'api', file],
  ['gumshoe.promql/1', 'query', 'promql', 'count(container_info)', file],
  ['gumshoe.status/1', 'status', '--snapshot', file],
  ['gumshoe.estimate/1', 'snapshot', 'export', '--estimate', '--snapshot', file],
];

test('what verbs print for machines has a name, and every field of it is documented', async () => {
  for (const [schema, ...words] of VERBS) {
    const answer = await json(...words, '--json');
    assert.equal(answer['schema'], schema, words.join(' '));
    const section = sectionOf(schema);
    const missing = fieldsOf(answer).filter((name) => name !== 'schema' && !section.has(name));
    assert.deepEqual(missing, [], `${schema} says nothing of these`);
  }
});

test('incidents, deployments, alerts, risks and costs are named after their verbs', async () => {
  for (const verb of ['incidents', 'deployments', 'alerts', 'risks', 'costs']) {
    const { schema, window, ...answer } = await json(verb, file, '--json');
    assert.equal(schema, `gumshoe.${verb}/1`);
    assert.deepEqual(window, store.range);
    assert.deepEqual(Object.keys(answer), [verb]);
    sectionOf(schema as string);
  }
});

test('SQL on a live store and on a snapshot', async () => {
  for (const source of [live, [file]]) {
    const { schema, ...answer } = await json(
      'query',
      'sql',
      'SELECT 1 AS one, NULL AS none, toInt64(2) AS wide',
      ...source,
      '--json',
    );
    assert.equal(schema, 'gumshoe.sql/1');
    assert.deepEqual(answer['rows'], [[1, null, '2']]);
  }
});
