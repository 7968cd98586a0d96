import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { FailureError } from '@gumshoe/base/failure';
import type { Labels, Series } from '@gumshoe/base/series';
import { gridOver, milliseconds } from '@gumshoe/base/time';
import type { Reader } from '@gumshoe/engine/ports';
import { openConnection } from '../open.ts';
import { exportSnapshot, withHistory } from '../snapshot/export.ts';
import { estimateExport } from '../snapshot/estimate.ts';
import { openSnapshot } from '../snapshot/reader.ts';
import { EVERYTHING, selectMetrics } from '../snapshot/selection.ts';
import type { TestServer } from '../testdata/fake-servers.ts';
import { startVictoriaMetrics, withoutVictoriaMetrics as skip } from '../testdata/real-victoria-metrics.ts';
import { writeRequest } from './differential/write-series.ts';

const directory = mkdtempSync(join(tmpdir(), 'gumshoe-victoria-'));
const secrets = { get: () => Promise.resolve(undefined) };
const STEP = 15_000;
const POINTS = 4 * 60 * 13;
/** Thirteen hours that end some minutes ago: longer than one question may be. */
const TO = Math.floor((Date.now() - 300_000) / STEP) * STEP;
const FROM = TO - POINTS * STEP;
const range = { from: milliseconds(FROM), to: milliseconds(TO) };
const lastHour = { from: milliseconds(TO - 3_600_000), to: milliseconds(TO) };

let server: TestServer;
let reader: Reader;

const counter = (name: string, labels: Labels, perPoint: number): Series => ({
  labels: { ...labels, __name__: name },
  timestamps: Float64Array.from({ length: POINTS }, (_, i) => FROM + (i + 1) * STEP),
  values: Float64Array.from({ length: POINTS }, (_, i) => i * perPoint),
});
const CPU = 'container_cpu_usage_seconds_total';
const pod = { namespace: 'shop', pod: 'cart-7d4b9c6f5d-x2x9k', container: 'cart', node: 'n1' };

async function filled(series: readonly Series[], flags: readonly string[] = []): Promise<TestServer> {
  const started = await startVictoriaMetrics(flags);
  const answer = await fetch(`${started.url}/api/v1/write`, {
    method: 'POST',
    headers: { 'content-encoding': 'snappy', 'content-type': 'application/x-protobuf' },
    body: writeRequest(series),
  });
  assert.ok(answer.ok, await answer.text());
  assert.ok((await fetch(`${started.url}/internal/force_flush`)).ok);
  return started;
}

/** Metrics are enough. */
const readerOf = ({ url }: TestServer): Promise<Reader> =>
  openConnection({ kind: 'direct', clickhouseUrl: '', prometheusUrl: url }, { secrets });

before(async () => {
  if (skip) return;
  server = await filled([
    counter(CPU, pod, 1.5),
    counter('jvm_memory_used_bytes', { ...pod, area: 'heap' }, 1),
    counter('jvm_memory_used_bytes', { ...pod, area: 'nonheap' }, 1),
    counter('pg_up', { address: '10.0.0.1:5432' }, 0),
  ]);
  reader = await readerOf(server);
});

after(async () => {
  await reader?.close();
  await server?.stop();
  rmSync(directory, { recursive: true, force: true });
});

test('raw samples of thirteen hours come whole, in the half-open window', { skip }, async () => {
  const [cpu, ...others] = await reader.series([CPU], range);
  assert.deepEqual(others, []);
  assert.deepEqual({ ...cpu?.labels }, { ...pod, __name__: CPU });
  assert.deepEqual([...(cpu?.timestamps ?? [])], [...counter(CPU, pod, 1.5).timestamps]);
  const [later] = await reader.series([CPU], { ...range, from: milliseconds(TO - 2 * STEP) });
  assert.deepEqual([...(later?.timestamps ?? [])], [TO - STEP, TO]);
});

test('range queries and its status; metrics alone are enough', { skip }, async () => {
  const grid = gridOver(lastHour, 60_000);
  const { series } = await reader.queryRange(`sum(rate(${CPU}[5m]))`, grid);
  assert.ok(series[0]!.values.slice(1).every((value) => Math.abs(value - 0.1) < 1e-9));
  const { parts } = await reader.status();
  assert.deepEqual(
    parts.map(({ name, state }) => [name, state]),
    [
      ['ClickHouse', 'ok'],
      ['Prometheus', 'ok'],
    ],
  );
  assert.deepEqual(await reader.spans({ range, order: 'newest', limit: 10 }), []);
});

test('what it refuses keeps its words and has a code', { skip }, async () => {
  const refused = async (work: Promise<unknown>, code: string, words: RegExp): Promise<void> =>
    assert.rejects(work, (error) => {
      assert.ok(error instanceof FailureError);
      assert.equal(error.failure.code, code);
      assert.match(error.failure.reason, words);
      return true;
    });
  const grid = gridOver(lastHour, 60_000);
  await refused(reader.queryRange('rate(', grid), 'invalid-input', /rate\(/);
  const many = Array.from({ length: 100 }, (_, i) => counter('many_total', { i: String(i) }, 1)).map(
    (one): Series => ({ ...one, timestamps: one.timestamps.slice(-4), values: one.values.slice(-4) }),
  );
  const narrow = await filled(many, ['-search.maxUniqueTimeseries=30']);
  const asked = await readerOf(narrow);
  const words = /number of matching timeseries exceeds 30/;
  await refused(asked.queryRange('count(many_total)', grid), 'limit-exceeded', words);
  await refused(selectMetrics(asked, lastHour, [EVERYTHING]), 'limit-exceeded', words);
  await asked.close();
  await narrow.stop();
});

test(
  'an export brings along what was selected, and says it in terms of the catalogue',
  { skip },
  async () => {
    const all = await selectMetrics(reader, withHistory(lastHour), [EVERYTHING]);
    assert.deepEqual(all.names, [CPU, 'jvm_memory_used_bytes']);
    const selection = await selectMetrics(reader, withHistory(lastHour), [
      CPU,
      'jvm_memory_used_bytes{area="heap"}',
    ]);
    const path = join(directory, 'selected.gumshoe');
    const estimate = await estimateExport(reader, lastHour, { selection });
    const written = await exportSnapshot(reader, lastHour, path, { createdAt: 1, selection });
    assert.ok(estimate.parts[0]!.records >= 3 && written.series >= estimate.parts[0]!.records);
    const file = openSnapshot(path);
    const names = file.metricNames();
    const series = await file.series(names, withHistory(lastHour));
    await file.close();
    assert.deepEqual(
      series
        .filter(({ labels }) => labels['__name__'] === 'jvm_memory_used_bytes')
        .map(({ labels }) => labels['area']),
      ['heap'],
    );
    assert.ok(names.includes('container_resources_cpu_usage_seconds_total'));
    await assert.rejects(selectMetrics(reader, lastHour, ['rate(x[5m])']), /no instant selector/);
  },
);
