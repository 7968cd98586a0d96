import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { FailureError } from '@gumshoe/base/failure';
import { labelsKey, type GridSeries, type Series } from '@gumshoe/base/series';
import { gridOver, milliseconds, type TimeGrid, type TimeRange } from '@gumshoe/base/time';
import type { Reader } from '@gumshoe/engine/ports';
import { evaluateRange } from '@gumshoe/promql/evaluate';
import { histogramText } from '@gumshoe/promql/histograms/text';
import { parsePromql } from '@gumshoe/promql/parse';
import { CachedReader } from '../cache/reader.ts';
import { openConnection } from '../open.ts';
import { exportSnapshot } from '../snapshot/export.ts';
import { openSnapshot } from '../snapshot/reader.ts';
import { selectMetrics } from '../snapshot/selection.ts';
import { nobody } from '../testdata/fake-servers.ts';
import { withoutPrometheus as skip } from '../testdata/real-prometheus.ts';
import { END, START } from './differential/corpus.ts';
import { histogramCorpus } from './differential/histogram-corpus.ts';
import { sourceOf } from './differential/local.ts';
import { PrometheusServer } from './differential/server.ts';

const range: TimeRange = { from: milliseconds(START - 1000), to: milliseconds(END) };
const grid: TimeGrid = gridOver({ from: milliseconds(START + 600_003), to: range.to }, 60_000);
const written = histogramCorpus(4);
const NAMES = ['duration_seconds', 'spread', 'queue'];
const directory = mkdtempSync(join(tmpdir(), 'gumshoe-histograms-'));

let server: PrometheusServer;
let reader: Reader;

before(async () => {
  if (skip) return;
  server = await PrometheusServer.start(['--enable-feature=native-histograms']);
  for (const one of written) await server.write([one]);
  const spec = { kind: 'direct', clickhouseUrl: await nobody(), prometheusUrl: server.url } as const;
  reader = await openConnection(spec, { secrets: { get: () => Promise.resolve(undefined) } });
});

after(async () => {
  await reader?.close();
  await server?.stop();
  rmSync(directory, { recursive: true, force: true });
});

const byKey = <T extends { readonly labels: Series['labels'] }>(all: readonly T[]): Map<string, T> =>
  new Map(all.map((one) => [labelsKey(one.labels), one]));

test('raw native histograms come as they were written', { skip }, async () => {
  const read = byKey(await reader.series(NAMES, range));
  assert.equal(read.size, written.length);
  for (const { labels, histograms } of written) {
    const own = read.get(labelsKey(labels));
    assert.ok(own?.histograms, labelsKey(labels));
    assert.equal(own.values.length, 0);
    const fresh = histograms!.samples.flatMap((one, i) => (one.stale ? [] : [i]));
    assert.deepEqual(
      [...own.histograms.timestamps],
      fresh.map((i) => histograms!.timestamps[i]),
    );
    assert.deepEqual(
      own.histograms.samples.map(({ schema }) => schema),
      // observations of nothing but zero show no schema
      fresh.map((i) => (labels['kind'] === 'zeros' ? 8 : histograms!.samples[i]!.schema)),
    );
    assert.deepEqual(
      own.histograms.samples.map(histogramText),
      fresh.map((i) => histogramText(histograms!.samples[i]!)),
    );
  }
});

const QUERIES = [
  'histogram_count(sum by (job) (rate(duration_seconds[5m])))',
  'histogram_sum(increase(spread[3m]))',
  'histogram_fraction(1, 16, sum(duration_seconds))',
  'histogram_count(queue)',
];

const near = (a: number, b: number): boolean =>
  Math.abs(a - b) <= 1e-9 * Math.abs(a) || (Number.isNaN(a) && Number.isNaN(b));

/** Compares what a source gives with the answers of the server. */
async function agrees(ask: (query: string) => Promise<readonly GridSeries[]>): Promise<void> {
  for (const query of QUERIES) {
    const theirs = byKey<GridSeries>((await reader.queryRange(query, grid)).series);
    const ours = await ask(query);
    assert.equal(ours.length, theirs.size, query);
    assert.ok(ours.length > 0, query);
    for (const { labels, values } of ours) {
      const other = theirs.get(labelsKey(labels))!.values;
      values.forEach((value, i) => assert.ok(near(value, other[i]!), `${query} ${value} ${other[i]}`));
    }
  }
}

const evaluated =
  (read: readonly Series[]) =>
  async (query: string): Promise<readonly GridSeries[]> =>
    evaluateRange(parsePromql(query), sourceOf(read), grid).series;

test('our evaluator over what was read agrees with the server', { skip }, async () => {
  await agrees(evaluated(await reader.series(NAMES, range)));
});

const changed = (source: Reader, more: Partial<Reader>): Reader =>
  Object.assign(Object.create(source) as Reader, more);
/** A source that refuses to give series. */
const silent = (source: Reader): Reader =>
  changed(source, {
    series: () => Promise.reject(new Error('asked for series')),
    close: () => Promise.resolve(),
  });
const nothing = () => Promise.resolve([]);
const noSql = () =>
  Promise.reject(
    new FailureError({
      code: 'not-supported',
      tried: 'run SQL',
      target: 'the source',
      reason: 'no ClickHouse',
    }),
  );

test('and so it does over a snapshot of the same window', { skip }, async () => {
  const path = join(directory, 'native.gumshoe');
  const selection = await selectMetrics(reader, range, NAMES);
  const source = changed(reader, { spans: nothing, logs: nothing, sql: noSql });
  await exportSnapshot(source, range, path, { createdAt: 0, selection });
  const snapshot = openSnapshot(path);
  await agrees(async (query) => (await snapshot.queryRange(query, grid)).series);
  await snapshot.close();
});

test('and over a cache, when it answers alone as well', { skip }, async () => {
  const clock = { now: () => milliseconds(END + 3_600_000) };
  const caching = (source: Reader): CachedReader =>
    new CachedReader(source, { directory, sourceKey: 'native', clock });
  const filling = caching(changed(reader, { close: () => Promise.resolve() }));
  // in pieces, so that chunks are put together
  const middle = milliseconds(START + 600_000);
  await filling.series(NAMES, { from: range.from, to: middle });
  await agrees(evaluated(await filling.series(NAMES, range)));
  await filling.close();
  const alone = caching(silent(reader));
  await agrees(evaluated(await alone.series(NAMES, range)));
  assert.equal(alone.stats().failures, 0);
  await alone.close();
});

test('a query that gives histograms gives them on the grid', { skip }, async () => {
  const { series } = await reader.queryRange('sum by (job) (duration_seconds)', grid);
  assert.equal(series.length, 2);
  for (const { values, histograms } of series) {
    assert.ok(values.every(Number.isNaN));
    assert.equal(histograms?.length, grid.points);
    assert.ok(histograms.filter((one) => one !== undefined).length > grid.points / 2);
  }
});

test('what the model asks for as classic series comes from native histograms', { skip }, async () => {
  const names = ['duration_seconds_bucket', 'duration_seconds_count', 'spread_sum'];
  const read = await reader.series(names, range);
  assert.deepEqual([...new Set(read.map(({ labels }) => labels['__name__']))].sort(), names);
  const query = 'histogram_quantile(0.9, sum by (job, le) (increase(duration_seconds_bucket[5m])))';
  const classic = evaluateRange(parsePromql(query), sourceOf(read), grid).series;
  const native = evaluateRange(
    parsePromql('histogram_quantile(0.9, sum by (job) (increase(duration_seconds[5m])))'),
    sourceOf(written),
    grid,
  ).series;
  assert.equal(classic.length, 2);
  classic.forEach(({ values }, n) =>
    values.forEach((value, i) => {
      const exact = native[n]!.values[i]!;
      // linear within a bucket, and buckets joined
      assert.ok(Math.abs(value - exact) < 0.35 * exact || Number.isNaN(exact), `${value} ${exact}`);
    }),
  );
});
