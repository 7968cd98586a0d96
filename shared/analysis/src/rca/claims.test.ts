// Every sentence of a report is a claim, and every claim rests on evidence: counted over all fault scenarios.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildWorld } from '@gumshoe/model/build/build-world';
import type { Evidence } from '@gumshoe/model/entities';
import { TRACE_METRICS } from '@gumshoe/schema/metrics/trace';
import { inspectWorld } from '../inspect.ts';
import { FAULTS } from '../testdata/faults.ts';
import { SHOP_RANGE, shopSeries, type ShopOptions } from '../testdata/shop.ts';
import type { Claim } from './claim.ts';
import { investigate } from './investigate.ts';
import type { Investigation } from './report.ts';

const run = (options: ShopOptions): Investigation =>
  investigate(inspectWorld(buildWorld(shopSeries(options), SHOP_RANGE, { history: 0 })));

/** Where it comes from, over which window, and which figures it speaks of. */
function isBacked(evidence: Evidence): boolean {
  const { query, from, to, value, unit, baseline, baselineValue } = evidence;
  const sound = query.length > 0 && from < to && Number.isFinite(value) && unit !== undefined;
  return sound && (baseline === undefined || baseline.from <= baseline.to) && baselineValue !== Infinity;
}

interface Count {
  sentences: number;
  backed: number;
  readonly bare: string[];
}

function countInto(count: Count, sentence: string, claims: readonly Claim[]): void {
  count.sentences++;
  const claim = claims.find(({ statement }) => statement === sentence);
  if (claim && claim.evidence.length > 0 && claim.evidence.every(isBacked)) count.backed++;
  else count.bare.push(sentence);
}

function countReport(report: Investigation, count: Count): void {
  const told = report.claims.map(({ statement }) => statement);
  assert.equal(report.summary, told.join(' '), 'the summary says more than its claims');
  for (const sentence of told) countInto(count, sentence, report.claims);
  for (const { message, evidence } of report.impacted)
    countInto(count, message, [{ statement: message, basis: 'measured', evidence }]);
  for (const cause of report.causes) {
    const said = [
      `${cause.title}.`,
      ...cause.evidence.map(({ summary }) => summary),
      cause.falsifier.statement,
      ...(cause.placebo ? [cause.placebo.statement] : []),
      ...(cause.counterfactual ? [cause.counterfactual.statement] : []),
      cause.remediation,
    ];
    for (const sentence of said) countInto(count, sentence, cause.claims);
    for (const { statement } of cause.claims) countInto(count, statement, cause.claims);
  }
}

test('100 % of the sentences are claims with evidence', () => {
  const count: Count = { sentences: 0, backed: 0, bare: [] };
  for (const fault of Object.values(FAULTS))
    for (const probes of [true, false]) countReport(run({ fault, probes }), count);
  countReport(run({}), count);
  assert.ok(count.sentences > 500, `only ${count.sentences} sentences`);
  assert.deepEqual([...new Set(count.bare)], [], `${count.backed} of ${count.sentences} are backed`);
});

test('causes say how sure they are, what would disprove them, and what they account for', () => {
  for (const fault of Object.values(FAULTS)) {
    const { causes } = run({ fault });
    for (const cause of causes) {
      assert.ok(cause.confidence > 0 && cause.confidence < 1);
      assert.ok(cause.falsifier.statement.includes('disprove'));
      assert.equal(cause.falsifier.checked, cause.falsifier.held !== undefined);
      const { share } = cause.counterfactual ?? { share: 0 };
      assert.ok(share >= 0 && share <= 1);
    }
    assert.ok(causes[0]!.falsifier.held !== false, JSON.stringify(causes[0]));
  }
});

test('most of the impact goes with the injected fault: the counterfactual', () => {
  for (const name of ['killApi', 'cpuHog', 'redisSlow', 'dbLock'] as const) {
    const [top] = run({ fault: FAULTS[name] }).causes;
    assert.ok((top!.counterfactual?.share ?? 0) > 0.5, `${name}: ${JSON.stringify(top!.counterfactual)}`);
  }
});

test('what cannot be seen is said, and lowers the confidence', () => {
  const probed = run({ fault: FAULTS.dbLock }).causes[0]!;
  const blind = run({ fault: FAULTS.dbLock, probes: false }).causes[0]!;
  const missing = blind.blindSpots.flatMap((one) => one.blind).find(({ signal }) => signal === 'probe');
  assert.match(missing?.enable ?? '', /postgres probe/);
  assert.ok(probed.confidence > blind.confidence);
});

test('spans that are only a sample are said to be one', () => {
  const orders = '/gumshoe-demo.slice/orders.service';
  const series = [...shopSeries({ fault: FAULTS.cpuHog })];
  const served = series.find(
    ({ labels }) => labels.container_id === orders && labels.__name__?.endsWith('inbound_requests_total'),
  )!;
  const labels = { __name__: TRACE_METRICS.spans.name, service_name: orders, span_name: 'GET', status: 'ok' };
  series.push({ ...served, labels, values: served.values.map((value) => value / 10) });
  const report = investigate(inspectWorld(buildWorld(series, SHOP_RANGE, { history: 0 })));
  const sight = report.causes[0]!.blindSpots.find(({ application }) => application.endsWith(':orders'));
  assert.match(sight?.blind.find(({ state }) => state === 'sampled')?.reason ?? '', /at most 1\d(\.\d)? %/);
});
