import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as faults from '@gumshoe/analysis/testdata/faults';
import { SHOP_RANGE, shopSeries, type ShopOptions } from '@gumshoe/analysis/testdata/shop';
import { FailureError } from '@gumshoe/base/failure';
import { milliseconds } from '@gumshoe/base/time';
import type { ApplicationId } from '@gumshoe/model/entities';
import { parsePromql } from '@gumshoe/promql/parse';
import { createEngine } from './engine.ts';
import type { Span, StackSamples } from './ports.ts';
import { cancelled, FakeReader, type FakeContent } from './testdata/fake-reader.ts';

const clock = { now: () => milliseconds(SHOP_RANGE.to + 5_000) };
const unit = (name: string) => `_:SystemdUnit:${name}` as ApplicationId;
const serviceName = (name: string) => `/gumshoe-demo.slice/${name}.service`;

function engineOver(options: ShopOptions, more: FakeContent = {}) {
  const reader = new FakeReader({ series: shopSeries(options), ...more });
  return { engine: createEngine({ reader, clock }), reader };
}

test('the overview lists applications with their figures, and incidents', async () => {
  const { engine } = engineOver({ fault: faults.dbLock });
  const overview = await engine.overview(SHOP_RANGE);
  const names = overview.applications.map((one) => one.name);
  assert.deepEqual(names, ['api', 'frontend', 'loadgen', 'migration', 'orders', 'postgres', 'redis']);
  const api = overview.applications[0]!;
  assert.deepEqual(api.instances, { up: 2, known: 2 });
  assert.equal(api.type, 'nodejs');
  assert.equal(api.sparkline.length, 240 / 5 + 1);
  assert.ok(overview.incidents.some((one) => one.application === unit('frontend') && !one.resolvedAt));
  assert.ok(overview.incidents.every((one) => /^[0-9a-f]{8}$/.test(one.id)));
  assert.equal(overview.nodes[0]!.hostname, 'host-demo');
  assert.equal(overview.nodes[0]!.health, 'ok');
});

test('figures are those of the last minute', async () => {
  const overview = await engineOver({}).engine.overview(SHOP_RANGE);
  const frontend = overview.applications.find((one) => one.name === 'frontend')!;
  assert.ok(Math.abs(frontend.requestRate - 60) < 2, `rate ${frontend.requestRate}`);
  assert.equal(frontend.errorRatio, 0);
  assert.ok(frontend.p99 > 0.02 && frontend.p99 < 0.2, `p99 ${frontend.p99}`);
  assert.equal(frontend.health, 'ok');
  const loadgen = overview.applications.find((one) => one.name === 'loadgen')!;
  assert.ok(Number.isNaN(loadgen.requestRate));
});

test('the map turns red where it should', async () => {
  const { engine } = engineOver({ fault: faults.killApi });
  const map = await engine.serviceMap(SHOP_RANGE);
  const health = Object.fromEntries(map.nodes.map((one) => [one.name, one.health]));
  assert.deepEqual(health, {
    api: 'critical',
    frontend: 'critical',
    loadgen: 'ok',
    orders: 'ok',
    postgres: 'ok',
    redis: 'ok',
  });
  const edge = map.edges.find((one) => one.client === unit('frontend'))!;
  assert.equal(edge.health, 'critical');
  assert.ok(edge.failedConnects > 1 && edge.reasons.length > 0);
  const toRedis = map.edges.find((one) => one.server === unit('redis'))!;
  assert.deepEqual(toRedis.protocols, ['redis']);
});

test('one window is read once for several views', async () => {
  const { engine, reader } = engineOver({});
  await Promise.all([engine.overview(SHOP_RANGE), engine.serviceMap(SHOP_RANGE)]);
  await engine.application(unit('api'), SHOP_RANGE);
  assert.equal(reader.reads, 1);
});

test('an application page carries findings with charts on the window’s grid', async () => {
  const { engine } = engineOver({ fault: faults.dbLock });
  const page = await engine.application(unit('postgres'), SHOP_RANGE);
  const latency = page.findings.find((one) => one.inspection === 'postgres-latency')!;
  assert.equal(latency.health, 'warning');
  assert.ok(latency.chart!.threshold);
  for (const chart of [...page.charts, ...page.findings.flatMap((one) => one.chart ?? [])]) {
    assert.ok(
      chart.series.every((one) => one.values.length === chart.grid.points),
      chart.title,
    );
    assert.ok(chart.marks.every((mark) => mark.at >= page.range.from && mark.at <= page.range.to));
  }
  assert.deepEqual(
    page.charts.slice(0, 3).map((chart) => chart.title),
    ['Requests', 'Errors', 'Latency'],
  );
  for (const { title, series } of page.charts.slice(0, 3))
    for (const { name, promql } of series.filter((line) => !/no answer|connection/.test(line.name))) {
      assert.ok(promql, `${title}: ${name}`);
      parsePromql(promql);
    }
  assert.deepEqual(
    page.downstreams.map((one) => one.client),
    [unit('migration'), unit('orders')],
  );
  assert.equal(page.instances[0]!.up, true);
});

test('an unknown application is not found', async () => {
  const { engine } = engineOver({});
  const error = await engine.application(unit('nobody'), SHOP_RANGE).catch((thrown: unknown) => thrown);
  assert.ok(error instanceof FailureError && error.failure.code === 'not-found');
});

const profileOf = (entries: readonly (readonly [string, number])[]): StackSamples => ({
  frames: entries.map(([frame]) => frame),
  stacks: entries.map((_, i) => Uint32Array.of(i)),
  values: Float64Array.from(entries, ([, value]) => value),
  unit: 'nanoseconds',
});

test('the report names the function that burns, from profiles before and during', async () => {
  const onset = SHOP_RANGE.from + 150_000;
  const { engine } = engineOver(
    { fault: faults.cpuHog },
    {
      profile: (name, range) => {
        if (name !== serviceName('orders')) return profileOf([]);
        return range.from >= onset - 10_000
          ? profileOf([
              ['burn_cpu', 90],
              ['serve', 10],
            ])
          : profileOf([['serve', 100]]);
      },
    },
  );
  const report = await engine.investigate(SHOP_RANGE);
  assert.equal(report.causes[0]!.kind, 'cpu-hog');
  assert.match(report.causes[0]!.title, /burn_cpu/);
  assert.deepEqual(Object.keys(report), [
    'schema',
    'window',
    'impacted',
    'causes',
    'cleared',
    'notExamined',
    'summary',
    'conclusion',
    'claims',
    'examined',
  ]);
  assert.deepEqual(Object.keys(report.causes[0]!).slice(0, 3), ['rank', 'application', 'instance']);
});

test('missing profiles are said, and cost no more than themselves', async () => {
  const { engine } = engineOver(
    { fault: faults.cpuHog },
    {
      profile: () => {
        throw new FailureError({ code: 'unreachable', tried: 'read', target: 'store', reason: 'refused' });
      },
    },
  );
  const report = await engine.investigate(SHOP_RANGE);
  assert.equal(report.causes[0]!.kind, 'cpu-hog');
  assert.ok(report.notExamined.some((one) => one.subject.includes('orders') && one.reason === 'refused'));
  const page = await engine.application(unit('orders'), SHOP_RANGE);
  assert.equal(page.hasProfile, false);
  assert.ok(page.blindSpots.some((one) => one.subject.includes('profile')));
});

const span = (
  spanId: string,
  parentSpanId: string,
  service: string,
  start: number,
  duration: number,
): Span => ({
  traceId: 'abc',
  spanId,
  parentSpanId,
  name: 'GET /',
  kind: parentSpanId === '' ? 'Server' : 'Client',
  serviceName: service,
  containerId: service,
  start: SHOP_RANGE.from + start,
  duration,
  status: 'Ok',
  statusMessage: '',
  attributes: {},
});

test('an example trace backs up the impact', async () => {
  const spans = [span('1', '', serviceName('frontend'), 160_000, 900)];
  const { engine } = engineOver({ fault: faults.redisSlow }, { spans });
  const report = await engine.investigate(SHOP_RANGE);
  const example = report.causes[0]!.evidence.find((one) => one.kind === 'traces')!;
  assert.match(example.summary, /took 900 ms/);
  assert.equal((JSON.parse(example.query) as { traceId: string }).traceId, 'abc');
});

test('traces come with all their spans', async () => {
  const spans = [span('1', '', 'web', 10, 50), span('2', '1', 'api', 20, 30)];
  const { engine } = engineOver({}, { spans });
  const [summary] = await engine.traces({ range: SHOP_RANGE, rootsOnly: true, order: 'newest', limit: 10 });
  assert.deepEqual([summary!.spans, summary!.services], [2, ['web', 'api']]);
  const reader = Object.assign(new FakeReader({ spans }), { spansOf: async () => spans });
  const atOnce = await createEngine({ reader, clock }).traces({
    range: SHOP_RANGE,
    order: 'newest',
    limit: 10,
  });
  assert.deepEqual(
    atOnce.map((one) => one.spans),
    [2],
  );
  const tree = await engine.trace('abc');
  assert.deepEqual(
    tree.spans.map((one) => one.depth),
    [0, 1],
  );
  await assert.rejects(engine.trace('unknown'), /no span of this trace/);
});

test('profiles of replicas are one flame graph', async () => {
  const { engine } = engineOver(
    {},
    { profile: (name) => profileOf(name === serviceName('api@1') ? [['serve', 3]] : [['serve', 4]]) },
  );
  const graph = await engine.profile(unit('api'), SHOP_RANGE);
  assert.deepEqual([...graph.total], [7, 7]);
});

test('a cancelled question rejects as cancelled and leaves nothing behind', async () => {
  const { engine, reader } = engineOver({});
  const error = await engine.overview(SHOP_RANGE, AbortSignal.abort()).catch((thrown: unknown) => thrown);
  assert.ok(error instanceof FailureError && error.failure.code === cancelled().failure.code);
  assert.equal((await engine.overview(SHOP_RANGE)).applications.length, 6);
  assert.equal(reader.reads, 2);
});

test('every PromQL in an answer is PromQL', async () => {
  const queries = new Set<string>();
  const collect = (evidence: readonly { readonly kind: string; readonly query: string }[]) => {
    for (const one of evidence) if (one.kind === 'promql') queries.add(one.query);
  };
  for (const fault of Object.values(faults.FAULTS)) {
    const { engine } = engineOver({ fault, faultFrom: 100_000 });
    const map = await engine.serviceMap(SHOP_RANGE);
    for (const edge of map.edges) collect(edge.evidence);
    for (const { id } of map.nodes) {
      const page = await engine.application(id, SHOP_RANGE);
      for (const finding of page.findings) collect(finding.evidence);
      for (const { promql } of page.charts.flatMap((chart) => chart.series)) if (promql) queries.add(promql);
    }
    for (const cause of (await engine.investigate(SHOP_RANGE)).causes) collect(cause.evidence);
  }
  assert.ok(queries.size > 50);
  for (const query of queries) assert.doesNotThrow(() => parsePromql(query), query);
});

test('an empty source gives empty answers that say so', async () => {
  const engine = createEngine({ reader: new FakeReader({}), clock });
  const overview = await engine.overview(SHOP_RANGE);
  assert.deepEqual([overview.applications, overview.incidents, overview.nodes], [[], [], []]);
  assert.equal(overview.blindSpots[0]!.subject, 'all applications');
  assert.match((await engine.investigate(SHOP_RANGE)).summary, /no data/);
});
