import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { FailureError, type FailureCode } from '@gumshoe/base/failure';
import { milliseconds, type TimeRange } from '@gumshoe/base/time';
import type { LogRecord, Reader, Span, StackSamples, Table } from '@gumshoe/engine/ports';
import { importSnapshot } from '../import/snapshot.ts';
import { openConnection } from '../open.ts';
import { estimateExport } from '../snapshot/estimate.ts';
import { exportSnapshot } from '../snapshot/export.ts';
import { openSnapshot } from '../snapshot/reader.ts';
import { selectMetrics } from '../snapshot/selection.ts';
import { MergedReader } from './reader.ts';
import { mergeStacks } from './stacks.ts';

const range: TimeRange = { from: milliseconds(0), to: milliseconds(100_000) };
const directory = mkdtempSync(join(tmpdir(), 'gumshoe-merge-'));
after(() => rmSync(directory, { recursive: true, force: true }));

const span = (start: number, duration: number): Span => ({
  traceId: `t${start}`,
  spanId: `s${start}`,
  parentSpanId: '',
  name: 'GET /',
  kind: 'Server',
  serviceName: 'web',
  containerId: '',
  start,
  duration,
  status: 'Unset',
  statusMessage: '',
  attributes: {},
});
const record = (at: number): LogRecord => ({
  timestamp: milliseconds(at),
  severity: 'INFO',
  serviceName: 'web',
  containerId: '',
  body: `at ${at}`,
  traceId: '',
  spanId: '',
  attributes: {},
});

/** A reader of one cluster, with what the tests ask of it. */
function source(more: Partial<Reader> = {}): Reader {
  return {
    status: async () => ({
      name: 'x',
      kind: 'direct',
      parts: [{ name: 'Prometheus', target: 'http://x', state: 'ok', notes: [] }],
    }),
    series: async () => [
      { labels: { __name__: 'up' }, timestamps: Float64Array.of(1), values: Float64Array.of(1) },
    ],
    close: async () => {},
    ...more,
  } as Partial<Reader> as Reader;
}

async function failureOf(work: Promise<unknown>, code: FailureCode): Promise<FailureError['failure']> {
  const error = await work.then(
    () => assert.fail(`expected the failure ${code}`),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof FailureError, String(error));
  assert.equal(error.failure.code, code, error.message);
  return error.failure;
}

test('series say which cluster they are from; a label that was there already stays', async () => {
  const own = source({
    series: async () =>
      ['west', 'mine'].map((cluster) => ({
        labels: { __name__: 'up', cluster },
        timestamps: Float64Array.of(1),
        values: Float64Array.of(1),
      })),
  });
  const merged = new MergedReader([
    { name: 'east', reader: source() },
    { name: 'west', reader: own },
  ]);
  const labels = (await merged.series(['up'], range)).map((series) => series.labels);
  assert.deepEqual(labels, [
    { __name__: 'up', cluster: 'east' },
    { __name__: 'up', cluster: 'west' },
    { __name__: 'up', exported_cluster: 'mine', cluster: 'west' },
  ]);
});

test('records are put together in their order, up to the limit', async () => {
  const [odd, even] = [
    [5, 3, 1],
    [6, 4, 2],
  ].map((times) =>
    source({
      spans: async ({ order }) =>
        order === 'slowest' ? times.map((at) => span(at, at)) : times.map((at) => span(at, 10 - at)),
      logs: async () => times.map(record),
    }),
  );
  const merged = new MergedReader([
    { name: 'odd', reader: odd! },
    { name: 'even', reader: even! },
  ]);
  const newest = await merged.spans({ range, order: 'newest', limit: 4 });
  assert.deepEqual(
    newest.map(({ start }) => start),
    [6, 5, 4, 3],
  );
  assert.equal(newest[0]?.attributes['k8s.cluster.name'], 'even');
  const slowest = await merged.spans({ range, order: 'slowest', limit: 3 });
  assert.deepEqual(
    slowest.map(({ duration }) => duration),
    [6, 5, 4],
  );
  const logs = await merged.logs({ range, limit: 5 });
  assert.deepEqual(
    logs.map(({ timestamp }) => timestamp),
    [6, 5, 4, 3, 2],
  );
});

test('a cluster that fails costs its part, and the status says so; all of them fail the question', async () => {
  const failure = { code: 'timeout', tried: 'read series', target: 'http://y', reason: 'too slow' } as const;
  const broken = source({ series: () => Promise.reject(new FailureError(failure)) });
  const never = { code: 'refused', tried: 'open', target: 'http://z', reason: 'ECONNREFUSED' } as const;
  const merged = new MergedReader([
    { name: 'good', reader: source() },
    { name: 'slow', reader: broken },
    { name: 'gone', reader: never },
  ]);
  const series = await merged.series(['up'], range);
  assert.deepEqual(
    series.map(({ labels }) => labels['cluster']),
    ['good'],
  );
  const { parts, kind } = await merged.status();
  assert.equal(kind, 'several');
  assert.deepEqual(
    parts.map(({ name, state }) => [name, state]),
    [
      ['good: Prometheus', 'ok'],
      ['slow: Prometheus', 'ok'],
      ['gone', 'failed'],
    ],
  );
  assert.match(parts[1]!.notes.join(), /left out of an answer: read series: too slow/);
  assert.deepEqual(parts[2]!.failure, never);
  await failureOf(new MergedReader([{ name: 'slow', reader: broken }]).series(['up'], range), 'timeout');
  const cancel = AbortSignal.abort();
  await failureOf(merged.series(['up'], range, cancel), 'cancelled');
});

test('tables get a column with the cluster and need the same columns', async () => {
  const table = (name: string, values: readonly number[]): Partial<Reader> => ({
    sql: async () => ({ columns: [{ name, type: 'UInt8' }], rows: values.map((n) => [n]), truncated: false }),
  });
  const of = (...tables: Partial<Reader>[]): MergedReader =>
    new MergedReader(tables.map((one, i) => ({ name: `c${i}`, reader: source(one) })));
  const limits = { maxRows: 3, timeoutMs: 1000 };
  const answer = await of(table('n', [1, 2]), table('n', [3, 4])).sql('SELECT n', limits);
  assert.deepEqual(answer, {
    columns: [
      { name: 'cluster', type: 'String' },
      { name: 'n', type: 'UInt8' },
    ],
    rows: [
      ['c0', 1],
      ['c0', 2],
      ['c1', 3],
    ],
    truncated: true,
  });
  await failureOf(of(table('n', [1]), table('m', [2])).sql('SELECT *', limits), 'invalid-input');
});

test('profiles are summed stack by stack', () => {
  const profile = (
    frames: readonly string[],
    stacks: readonly number[][],
    values: readonly number[],
  ): StackSamples => ({
    frames,
    stacks: stacks.map((stack) => Uint32Array.from(stack)),
    values: Float64Array.from(values),
    unit: 'nanoseconds',
  });
  const merged = mergeStacks([
    profile(['main', 'a'], [[1, 0]], [5]),
    profile(
      ['a', 'b', 'main'],
      [
        [0, 2],
        [1, 2],
      ],
      [7, 1],
    ),
    { ...profile([], [], []), unit: 'count', cut: 2 },
  ]);
  const named = merged.stacks.map((stack) => [...stack].map((frame) => merged.frames[frame]).join(' < '));
  assert.deepEqual(named, ['a < main', 'b < main']);
  assert.deepEqual([[...merged.values], merged.unit, merged.cut], [[12, 1], 'nanoseconds', 2]);
});

test('two snapshots open as one source; a name that is there twice does not', async () => {
  const paths = ['east', 'west'].map((name) => join(directory, `${name}.gumshoe`));
  for (const [i, path] of paths.entries()) {
    const text = join(directory, `${i}.txt`);
    writeFileSync(text, `requests_total{app="a"} ${i + 1} 1700000000000\n`);
    await importSnapshot([text], path);
  }
  const secrets = { get: () => Promise.resolve(undefined) };
  const clusters = paths.map((path, i) => ({
    name: ['east', 'west'][i]!,
    spec: { kind: 'snapshot', path } as const,
  }));
  const missing = {
    name: 'lost',
    spec: { kind: 'snapshot', path: join(directory, 'missing.gumshoe') } as const,
  };
  const merged = await openConnection({ kind: 'several', clusters: [...clusters, missing] }, { secrets });
  const series = await merged.series(['requests_total'], { from: milliseconds(0), to: milliseconds(2e12) });
  assert.deepEqual(
    series.map(({ labels, values }) => [labels['cluster'], [...values]]),
    [
      ['east', [1]],
      ['west', [2]],
    ],
  );
  const { parts } = await merged.status();
  assert.equal(parts.find(({ name }) => name === 'lost')?.failure?.code, 'not-found');
  await merged.close();
  const twice = { kind: 'several', clusters: [clusters[0]!, clusters[0]!] } as const;
  assert.match((await failureOf(openConnection(twice, { secrets }), 'invalid-input')).reason, /same name/);
  await failureOf(openConnection({ kind: 'several', clusters: [missing] }, { secrets }), 'not-found');
});

test('metrics are named by all clusters that the selectors leave, and exported with their cluster', async () => {
  const clusters = ['east', 'west'].map((name, i) => {
    const text = join(directory, `${name}.txt`);
    const path = join(directory, `${name}-named.gumshoe`);
    writeFileSync(text, `${name}_queue{app="a"} ${i + 1} 1700000000000\n`);
    return { text, path, name, spec: { kind: 'snapshot', path } as const };
  });
  for (const { text, path } of clusters) await importSnapshot([text], path);
  const secrets = { get: () => Promise.resolve(undefined) };
  const merged = await openConnection({ kind: 'several', clusters }, { secrets });
  const window = { from: milliseconds(1_699_999_990_000), to: milliseconds(1_700_000_000_000) };
  const names = async (selector: string) => (await selectMetrics(merged, window, [selector])).names;
  assert.deepEqual(await names('{__name__=~".+_queue"}'), ['east_queue', 'west_queue']);
  assert.deepEqual(await names('{__name__=~".+_queue",cluster="west"}'), ['west_queue']);
  assert.deepEqual(await names('{__name__=~".+",cluster="north"}'), []);
  const selection = await selectMetrics(merged, window, ['{cluster="west",app="a"}']);
  const path = join(directory, 'named.gumshoe');
  const { series } = await exportSnapshot(merged, window, path, { createdAt: 0, selection });
  assert.equal(series, 1);
  await merged.close();
});

test('an export of several clusters has the profiles of all, and an estimate', async () => {
  const rows = (query: string): Table['rows'] => {
    if (query.includes('count()')) return [[1]];
    return query.includes('any(Stack)')
      ? [['web', '7', '["leaf"]']]
      : [['web', 'ebpf:cpu:nanoseconds', 10, 20, '', '7', 5, 0]];
  };
  const clusters = ['a', 'b'].map((name) => ({
    name,
    reader: source({
      series: async () => [],
      spans: async () => [],
      logs: async () => [],
      extent: async () => range,
      sql: async (query) => ({
        columns: [{ name: 'x', type: 'String' }],
        rows: rows(query),
        truncated: false,
      }),
    }),
  }));
  const merged = new MergedReader(clusters);
  const estimate = await estimateExport(merged, range);
  assert.equal(estimate.parts.find(({ part }) => part === 'profiles')?.records, 2);
  const path = join(directory, 'profiles.gumshoe');
  await exportSnapshot(merged, range, path, { createdAt: 0 });
  const snapshot = openSnapshot(path);
  const { samples, stacks } = await snapshot.profileRows(range);
  assert.deepEqual([samples.length, stacks.length], [2, 1]);
  await snapshot.close();
});

test('events of all clusters, when all tell them apart from log records', async () => {
  const of = (at: number): Reader => source({ events: async () => [record(at)] });
  const both = new MergedReader([
    { name: 'a', reader: of(1) },
    { name: 'b', reader: of(2) },
  ]);
  const events = (await both.events?.(range, 1)) ?? [];
  assert.deepEqual(
    events.map(({ body, attributes }) => [body, attributes['k8s.cluster.name']]),
    [['at 2', 'b']],
  );
  const one = new MergedReader([
    { name: 'a', reader: of(1) },
    { name: 'b', reader: source() },
  ]);
  assert.equal(one.events, undefined);
});
