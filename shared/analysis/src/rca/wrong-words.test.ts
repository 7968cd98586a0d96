// Services that fail because of what they were answered, or are asked.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { milliseconds } from '@gumshoe/base/time';
import { buildWorld } from '@gumshoe/model/build/build-world';
import { SeriesWriter, type Course } from '@gumshoe/model/testdata/series-writer';
import { CONTAINER_METRICS as C } from '@gumshoe/schema/metrics/container';
import { inspectWorld } from '../inspect.ts';
import { writeCalls } from '../testdata/calls.ts';
import { NO_EXTRA_EVIDENCE } from './evidence-store.ts';
import type { FailedRequests } from './failed-requests.ts';
import { investigate } from './investigate.ts';

const FROM = 1_790_000_000_000;
const FAULT = FROM + 20 * 60_000;
const range = { from: milliseconds(FROM), to: milliseconds(FROM + 30 * 60_000) };

const since =
  (bad: number): Course =>
  (at) =>
    at > FAULT ? bad : 0.0005;

/** Calls, the share of them that fails, and how many there are. */
type Calls = readonly (readonly [client: string, server: string, failed?: Course, rate?: Course])[];

/** A pod each; of `renewed` another one from the fault on. */
function seriesOf(calls: Calls, renewed?: string) {
  const writer = new SeriesWriter(range, 15_000);
  writeCalls(
    writer,
    calls.map(([client, server, failed = since(0.0005), rate = () => 20]) => [client, server, failed, rate]),
  );
  const pod = (name: string, suffix: string, life: { readonly from?: number; readonly to?: number }): void =>
    writer.counter(
      C.cpuUsage.name,
      { container_id: `/k8s/shop/${name}-${suffix}/${name}`, machine_id: 'node-1' },
      () => 0.1,
      life,
    );
  for (const name of new Set(calls.map(([, server]) => server))) {
    pod(name, '5d8f7c9b6d-x2x4z', name === renewed ? { to: FAULT + 10_000 } : {});
    if (name === renewed) pod(name, '6c7d8f9b5c-b4c5d', { from: FAULT - 20_000 });
  }
  return writer.series;
}

const explain = (calls: Calls, renewed?: string, failures?: Readonly<Record<string, FailedRequests>>) => {
  const inspected = inspectWorld(buildWorld(seriesOf(calls, renewed), range, { history: 0 }));
  const byId = new Map(
    inspected.world.applications.flatMap(({ id, name }) => (failures?.[name] ? [[id, failures[name]]] : [])),
  );
  return investigate(inspected, { extra: { ...NO_EXTRA_EVIDENCE, failures: byId } });
};

const found = ({ causes }: ReturnType<typeof explain>) =>
  causes.slice(0, 1).map(({ kind, application }) => [kind, application.split(':').at(-1)]);

/** web fails by itself; it asks prices and stock, which are well. */
const WEB_FAILS: Calls = [
  ['', 'web', since(0.4)],
  ['web', 'prices'],
  ['web', 'stock'],
];

test('who fails after the answer of what was rolled out right then fails at that answer', () => {
  const report = explain(WEB_FAILS, 'prices');
  assert.deepEqual(found(report), [['wrong-answer', 'prices']]);
  assert.equal(report.causes[0]!.counterfactual, undefined);
  assert.ok(report.causes[0]!.claims.every(({ evidence }) => evidence.length > 0));
});

test('without a rollout or traces, who fails is all that is known', () => {
  const report = explain(WEB_FAILS);
  assert.deepEqual(found(report), [['error-origin', 'web']]);
  assert.ok(report.causes.every(({ kind }) => kind !== 'wrong-answer'));
});

test('who is no longer asked answers nothing that would be wrong', () => {
  const report = explain(
    [
      ['', 'web', since(0.4)],
      ['web', 'prices', since(0.0005), (at) => (at > FAULT ? 0.1 : 20)],
    ],
    'prices',
  );
  assert.ok(report.causes.every(({ kind }) => kind !== 'wrong-answer'));
  assert.equal(found(report)[0]?.[1], 'web');
});

test('traces that say that it had not answered yet clear it', () => {
  const after = [{ serviceName: 'stock', failed: 1, good: 1 }];
  const report = explain(WEB_FAILS, 'prices', { web: { failed: 30, good: 30, after, askedBy: [] } });
  assert.deepEqual(found(report), [['error-origin', 'web']]);
});

/** stock fails for web, and for nobody else. */
const STOCK_FAILS: Calls = [
  ['', 'web', since(0.4)],
  ['web', 'stock', since(0.4)],
  ['report', 'stock'],
  ['', 'report'],
];

test('whose requests fail where those of others of the same kind do not asks for the wrong thing', () => {
  const askedBy = [
    { serviceName: 'web', failed: 1, good: 0.4 },
    { serviceName: 'report', failed: 0, good: 0.6 },
  ];
  const traces = { stock: { failed: 30, good: 60, after: [], askedBy } };
  assert.deepEqual(found(explain(STOCK_FAILS, undefined, traces)), [['wrong-request', 'web']]);
  assert.deepEqual(found(explain(STOCK_FAILS, 'web')), [['wrong-request', 'web']]);
});

test('what fails for all who ask, or was rolled out itself, fails by itself', () => {
  const all = STOCK_FAILS.map((call): Calls[number] =>
    call[0] === 'report' ? ['report', 'stock', since(0.4)] : call,
  );
  assert.deepEqual(found(explain(all)), [['error-origin', 'stock']]);
  assert.equal(found(explain(STOCK_FAILS, 'stock'))[0]![1], 'stock');
});
