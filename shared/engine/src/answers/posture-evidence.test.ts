import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emptyQueries, sourceOf } from '@gumshoe/analysis/inspections/testdata/evidence-check';
import { SHOP_RANGE, shopSeries } from '@gumshoe/analysis/testdata/shop';
import type { Series } from '@gumshoe/base/series';
import { gridOver, milliseconds, MINUTE, type TimeRange } from '@gumshoe/base/time';
import { SeriesWriter, type Lifetime } from '@gumshoe/model/testdata/series-writer';
import { evaluateRange } from '@gumshoe/promql/evaluate';
import { parsePromql } from '@gumshoe/promql/parse';
import { CONTAINER_METRICS, REQUEST_METRICS } from '@gumshoe/schema/metrics/container';
import { NODE_METRICS } from '@gumshoe/schema/metrics/node';
import type { Evidence } from '@gumshoe/model/entities';
import { createEngine } from '../engine.ts';
import { FakeReader } from '../testdata/fake-reader.ts';

const FROM = 1_790_000_000_000;
const RANGE: TimeRange = { from: milliseconds(FROM), to: milliseconds(FROM + 60 * MINUTE) };
const STEP = 15_000;

/** Version 1 of an application, then version 2 that needs more and logs errors. */
function rollout(): readonly Series[] {
  const writer = new SeriesWriter(RANGE, STEP);
  const node = { machine_id: 'machine', system_uuid: 'u' };
  writer.gauge(NODE_METRICS.info.name, { ...node, hostname: 'host', kernel_version: '6.1' }, () => 1);
  const version = (name: string, image: string, cpu: number, lifetime: Lifetime): void => {
    const labels = { ...node, container_id: `/k8s/shop/${name}/web`, app_id: '' };
    writer.gauge(CONTAINER_METRICS.info.name, { ...labels, image }, () => 1, lifetime);
    writer.counter(CONTAINER_METRICS.cpuUsage.name, labels, () => cpu, lifetime);
    writer.gauge(CONTAINER_METRICS.memoryRss.name, labels, () => 1e8, lifetime);
    writer.counter(REQUEST_METRICS.http.inbound.name, { ...labels, status: '200' }, () => 20, lifetime);
    const log = { ...labels, level: 'error', pattern_hash: `of ${image}`, sample: `cannot parse ${image}` };
    writer.counter(CONTAINER_METRICS.logMessages.name, log, () => cpu, lifetime);
  };
  version('web-7d4b9c6f5d-x2x9k', 'web:1', 0.1, { to: FROM + 30 * MINUTE });
  version('web-5c8b7d9f6c-z6w8q', 'web:2', 0.4, { from: FROM + 29 * MINUTE });
  return writer.series;
}

/** Labels of what a query finds over its own window. */
function answersOf(series: readonly Series[], { query, from, to }: Evidence) {
  const { series: found } = evaluateRange(parsePromql(query), sourceOf(series), gridOver({ from, to }, STEP));
  return found.filter(({ values }) => values.some((value) => value === value)).map(({ labels }) => labels);
}

test('each thing that a deployment changed opens a query that answers', async () => {
  const series = rollout();
  const [report] = await createEngine({ reader: new FakeReader({ series }) }).deployments(RANGE);
  const { evidence, comparison } = report!;
  const about = new Set(evidence.map((one) => one.about));
  for (const { metric } of comparison.differences.filter(({ metric }) => !NEVER_HAPPENED.has(metric)))
    assert.ok(about.has(metric), metric);
  const answered = evidence.filter((one) => !NEVER_HAPPENED.has(one.about));
  assert.deepEqual(emptyQueries(series, { evidence: answered }), []);
  const versions = answersOf(
    series,
    evidence.find((one) => one.about === 'version')!,
  );
  assert.deepEqual(versions.map(({ image }) => image).sort(), ['web:1', 'web:2']);
  const errors = evidence.find((one) => one.about === 'new-errors')!;
  assert.ok(answersOf(series, errors).some(({ sample }) => sample === 'cannot parse web:2'));
});

/** Counters that nothing in the rollout writes. */
const NEVER_HAPPENED: ReadonlySet<string> = new Set(['oom-kills', 'restarts', 'errors', 'slow']);

test('each risk opens a query that shows what runs', async () => {
  const series = shopSeries({});
  const risks = await createEngine({ reader: new FakeReader({ series }) }).risks(SHOP_RANGE);
  assert.ok(risks.length > 0);
  for (const { application, kind, evidence } of risks) {
    assert.ok(evidence.length > 0, `${kind} of ${application}`);
    assert.deepEqual(emptyQueries(series, { evidence }), []);
  }
});

test('what an application calls has a query for its latency, and it answers', async () => {
  const series = shopSeries({});
  const engine = createEngine({ reader: new FakeReader({ series }) });
  const { applications } = await engine.overview(SHOP_RANGE);
  const api = applications.find(({ name }) => name === 'api')!;
  const { charts, range } = await engine.application(api.id, SHOP_RANGE);
  const { series: lines } = charts.find(({ title }) => title === 'Latency of what it calls')!;
  assert.deepEqual(lines.map(({ name }) => name).sort(), ['orders', 'redis']);
  for (const { name, promql } of lines) {
    const evidence = { kind: 'promql', query: promql!, ...range, summary: name } as const;
    assert.deepEqual(emptyQueries(series, { evidence: [evidence] }), [], name);
  }
});
