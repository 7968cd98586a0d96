import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConfiguration } from '@gumshoe/analysis/configuration/parse-configuration';
import { SHOP_RANGE, shopSeries } from '@gumshoe/analysis/testdata/shop';
import { FailureError } from '@gumshoe/base/failure';
import type { Matrix } from '@gumshoe/base/series';
import { milliseconds, type TimeGrid } from '@gumshoe/base/time';
import { createEngine } from './engine.ts';
import { FakeReader } from './testdata/fake-reader.ts';

/** The objectives of the shop's api, of which a service mesh knows more than the collector. */
const CONFIGURATION = `
slo:
  availability:
    overrides:
      - service: api
        target: 99%
        total: sum(rate(mesh_requests_total[1m]))
        failed: sum(rate(mesh_requests_total{code="500"}[1m]))
  latency:
    overrides:
      - service: api
        p99: 200ms
        histogram: sum by (le) (rate(mesh_latency_bucket[1m]))
`;

type Answer = (grid: TimeGrid) => Matrix['series'];
const flat =
  (value: number, labels = {}) =>
  (grid: TimeGrid) => [{ labels, values: new Float64Array(grid.points).fill(value) }];

async function objectivesOfApi(answers: Readonly<Record<string, Answer>>) {
  const parsed = parseConfiguration(CONFIGURATION);
  assert.ok(parsed.ok);
  const reader = Object.assign(new FakeReader({ series: shopSeries() }), {
    queryRange: async (query: string, grid: TimeGrid): Promise<Matrix> => {
      const found = Object.entries(answers).find(([part]) => query.includes(part));
      if (!found)
        throw new FailureError({ code: 'timeout', tried: 'query', target: query, reason: 'too slow' });
      return { grid, series: found[1](grid) };
    },
  });
  const clock = { now: () => milliseconds(SHOP_RANGE.to) };
  const engine = createEngine({ reader, clock, configuration: parsed.value });
  const { applications } = await engine.overview(SHOP_RANGE);
  const page = await engine.application(applications.find(({ name }) => name === 'api')!.id, SHOP_RANGE);
  return { slos: applications.find(({ name }) => name === 'api')!.slos, page };
}

test('objectives are judged by the queries of the configuration', async () => {
  const { slos } = await objectivesOfApi({
    'code="500"': flat(3),
    mesh_requests_total: flat(100),
    mesh_latency_bucket: (grid) => [
      ...flat(50, { le: '0.1' })(grid),
      ...flat(90, { le: '0.3' })(grid),
      ...flat(100, { le: '+Inf' })(grid),
    ],
  });
  const [availability, latency] = slos;
  assert.ok(Math.abs(availability!.compliance - 0.97) < 1e-6);
  assert.ok(Math.abs(latency!.compliance - 0.7) < 1e-6, 'half of a bucket lies below the threshold');
  assert.match(availability!.evidence[0]!.query, /^\(sum\(rate\(mesh_requests_total\{code="500"\}.* \/ \(/);
});

test('a query without an answer, or that fails, is told by its objective', async () => {
  const { slos, page } = await objectivesOfApi({ mesh_latency_bucket: () => [] });
  assert.deepEqual(
    slos.map(({ health, requests }) => [health, requests]),
    [
      ['unknown', 0],
      ['unknown', 0],
    ],
  );
  const messages = page.findings.filter(({ area }) => area === 'SLO').map(({ message }) => message);
  assert.match(messages[0]!, /^The objective cannot be judged: query \(.*\): too slow\.$/);
  assert.match(messages[1]!, /no answer with buckets/);
});
