import assert from 'node:assert/strict';
import { test } from 'node:test';
import { milliseconds } from '@gumshoe/base/time';
import { buildWorld } from '@gumshoe/model/build/build-world';
import { SeriesWriter, type Course } from '@gumshoe/model/testdata/series-writer';
import { TRACE_METRICS as T } from '@gumshoe/schema/metrics/trace';
import { inspectWorld } from '../inspect.ts';
import { investigate } from './investigate.ts';

const FROM = 1_790_000_000_000;
const FAULT = FROM + 20 * 60_000;
const range = { from: milliseconds(FROM), to: milliseconds(FROM + 30 * 60_000) };

type Line = readonly [service: string, level: string, sample: string, rate: Course];

function explain(lines: readonly Line[]) {
  const writer = new SeriesWriter(range, 15_000);
  lines.forEach(([service, level, sample, rate], i) =>
    writer.counter(T.logMessages.name, { service_name: service, level, pattern_hash: `p${i}`, sample }, rate),
  );
  return investigate(inspectWorld(buildWorld(writer.series, range, { history: 0 })));
}

const since =
  (rate: number): Course =>
  (at) =>
    at > FAULT ? rate : 0;

const usual: readonly Line[] = ['web', 'cart', 'ledger'].map((name): Line => [
  name,
  'info',
  'request served',
  () => 20,
]);

test('logs alone lead along who complains about whom to the one with an error of its own', () => {
  const report = explain([
    ...usual,
    ['web', 'error', 'call to cart failed: timeout', since(4)],
    ['cart', 'error', 'connection to ledger.shop.svc refused', since(4)],
    ['ledger', 'error', 'cannot write journal segment', since(3)],
  ]);
  const [top] = report.causes;
  assert.match(top!.application, /:ledger$/);
  assert.ok(report.impacted.length >= 2);
  assert.match(report.summary, /errors since/);
});

test('a service that logs nothing itself is found through those who speak of it', () => {
  const [top] = explain([
    ...usual,
    ['web', 'error', 'call to ledger failed', since(4)],
    ['cart', 'error', 'call to ledger failed', since(4)],
  ]).causes;
  assert.deepEqual([top?.kind, top?.application.split(':').at(-1)], ['log-mention', 'ledger']);
});

test('one program that grumbles a little is no incident', () => {
  const report = explain([...usual, ['cart', 'error', 'cache entry expired early', since(0.3)]]);
  assert.deepEqual([report.impacted, report.causes], [[], []]);
});
