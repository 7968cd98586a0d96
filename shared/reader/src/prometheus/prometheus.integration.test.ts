import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { FailureError } from '@gumshoe/base/failure';
import { gridOver, milliseconds, type TimeRange } from '@gumshoe/base/time';
import type { Reader } from '@gumshoe/engine/ports';
import { modelMetrics } from '@gumshoe/model/read-list';
import { openConnection } from '../open.ts';
import { exportSnapshot } from '../snapshot/export.ts';
import { CachedReader } from '../cache/reader.ts';
import { comparable } from '../testdata/counting-source.ts';
import { nobody, type TestServer } from '../testdata/fake-servers.ts';
import { startPrometheus, withoutPrometheus as skip } from '../testdata/real-prometheus.ts';
import { writeMetrics } from '../testdata/recorded-store.ts';

const directory = mkdtempSync(join(tmpdir(), 'gumshoe-prometheus-'));
const secrets = { get: () => Promise.resolve(undefined) };

let server: TestServer;
let url: string;
let reader: Reader;
let range: TimeRange;

before(async () => {
  if (skip) return;
  server = await startPrometheus();
  url = server.url;
  range = await writeMetrics(url, 'cpu-hog');
  const spec = { kind: 'direct', clickhouseUrl: await nobody(), prometheusUrl: url } as const;
  reader = await openConnection(spec, { secrets });
});

after(async () => {
  await reader?.close();
  await server?.stop();
  rmSync(directory, { recursive: true, force: true });
});

test('raw series of a real Prometheus lie in the half-open window', { skip }, async () => {
  const names = [
    'container_resources_cpu_usage_seconds_total',
    'container_http_requests_duration_seconds_total_bucket',
  ];
  const series = await reader.series(names, range);
  assert.ok(series.length > 0);
  for (const { labels, timestamps, values } of series) {
    assert.ok(names.includes(labels['__name__'] ?? ''));
    assert.equal(timestamps.length, values.length);
    assert.ok(
      timestamps.every((at, i) => at > range.from && at <= range.to && at > (timestamps[i - 1] ?? 0)),
    );
  }
  const first = series[0]!;
  const middle = first.timestamps[3]!;
  const later = await reader.series(names, { ...range, from: middle as TimeRange['from'] });
  const same = later.find((one) => JSON.stringify(one.labels) === JSON.stringify(first.labels));
  assert.deepEqual([...(same?.timestamps ?? [])], [...first.timestamps.subarray(4)]);
});

test('its answers are those of our evaluator on a snapshot', { skip }, async () => {
  const { parts } = await reader.status();
  const states = Object.fromEntries(parts.map((part) => [part.name, part.failure?.code ?? part.state]));
  assert.deepEqual(states, { ClickHouse: 'refused', Prometheus: 'ok' });
  // irate, since Prometheus 2.52 changed how rate extrapolates a counter that has just begun.
  const queries = [
    'sum by (container_id) (irate(container_resources_cpu_usage_seconds_total[30s]))',
    'histogram_quantile(0.9, sum by (le) (irate(container_http_requests_duration_seconds_total_bucket[30s])))',
    'topk(2, container_resources_memory_rss_bytes)',
  ];
  const path = join(directory, 'window.gumshoe');
  await exportSnapshot(withoutClickHouse(reader), range, path, { createdAt: 1 });
  const offline = await openConnection({ kind: 'snapshot', path }, { secrets });
  const grid = gridOver(range, 5000);
  for (const query of queries) {
    const answers = await Promise.all([reader, offline].map((one) => one.queryRange(query, grid)));
    const [theirs, ours] = answers.map(({ series }) =>
      series
        .map(({ labels, values }) => [
          JSON.stringify(Object.entries(labels).toSorted()),
          [...values].map((v) => v.toPrecision(10)),
        ])
        .toSorted(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
    );
    assert.ok((theirs?.length ?? 0) > 0, query);
    assert.deepEqual(ours, theirs, query);
  }
  await offline.close();
});

/** Metrics only: what has no store here is empty. */
function withoutClickHouse(source: Reader): Reader {
  return new Proxy(source, {
    get(target, name): unknown {
      if (name === 'spans' || name === 'logs') return () => Promise.resolve([]);
      if (name === 'sql') return () => Promise.resolve({ columns: [], rows: [], truncated: false });
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

test('a query it refuses keeps its words', { skip }, async () => {
  await assert.rejects(reader.queryRange('rate(up)', gridOver(range, 5000)), (error) => {
    assert.ok(error instanceof FailureError);
    assert.equal(error.failure.code, 'invalid-input');
    assert.match(error.failure.reason, /bad_data: .*expected type range vector/);
    return true;
  });
});

test(
  'through the metric cache the answers are the same, and the second time nothing is asked for',
  { skip },
  async () => {
    const spec = { kind: 'direct', clickhouseUrl: await nobody(), prometheusUrl: url } as const;
    const truth = comparable(await reader.series(modelMetrics, range));
    assert.ok(truth.length > 50);
    // all samples have settled
    const clock = { now: () => milliseconds(range.to + 600_000) };
    const cacheDirectory = join(directory, 'cache');
    const asked: number[] = [];
    for (let run = 0; run < 2; run++) {
      const source = await openConnection(spec, { secrets });
      const cached = new CachedReader(source, { directory: cacheDirectory, sourceKey: 'test', clock });
      assert.deepEqual(comparable(await cached.series(modelMetrics, range)), truth);
      const { queries, failures, notes } = cached.stats();
      assert.deepEqual([failures, notes], [0, []]);
      asked.push(queries.reduce((sum, { fetched }) => sum + fetched, 0));
      await cached.close();
    }
    assert.ok(asked[0]! > 1000);
    assert.equal(asked[1], 0);
    const opened = await openConnection(spec, { secrets, cacheDirectory });
    assert.deepEqual(comparable(await opened.series(modelMetrics, range)), truth);
    const part = (await opened.status()).parts.at(-1);
    assert.deepEqual([part?.name, part?.state], ['metric cache', 'ok']);
    await opened.close();
  },
);
