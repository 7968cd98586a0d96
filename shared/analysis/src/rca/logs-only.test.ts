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

test('who is complained about and complains about nobody is where it ends, however few say so', () => {
  const report = explain([
    ...usual,
    ['stock', 'info', 'request served', () => 20],
    ['web', 'error', 'call to cart failed: timeout', since(4)],
    ['cart', 'error', 'call to ledger failed: timeout', since(1)],
    ['ledger', 'error', 'call to stock failed: timeout', since(0.1)],
    ['cart', 'error', 'cache entry expired early', since(0.3)],
  ]);
  assert.match(report.causes[0]!.application, /:stock$/);
});

/** What is usual until the fault, and so many times as much from then on. */
const times =
  (rate: number, factor: number): Course =>
  (at) =>
    at > FAULT ? factor * rate : rate;

test('more of what is logged in the course of work tells of more work, and of where it begins', () => {
  const report = explain([
    ['web', 'info', 'request served', times(20, 5)],
    ['cart', 'info', 'request served', times(20, 5)],
    ['ledger', 'info', 'request served', times(10, 5)],
    ['web', 'error', 'call to cart failed: timeout', times(0.05, 60)],
    ['cart', 'error', 'call to ledger failed: timeout', times(0.05, 60)],
  ]);
  const [top] = report.causes;
  assert.deepEqual([top?.kind, top?.application.split(':').at(-1)], ['log-surge', 'web']);
  assert.ok(!report.causes.slice(1).some(({ score }) => score > top!.score / 2));
});

test('who asks one far more often, with no more to do itself, is named', () => {
  const report = explain([
    ['web', 'info', 'request served', () => 20],
    ['cart', 'info', 'request served', () => 20],
    ['ledger', 'info', 'request served', times(10, 8)],
    ['web', 'error', 'call to ledger failed: timeout', times(0.05, 4)],
    ['cart', 'error', 'call to ledger failed: timeout', times(0.05, 60)],
  ]);
  const [top] = report.causes;
  assert.deepEqual([top?.kind, top?.application.split(':').at(-1)], ['log-surge', 'cart']);
});

test('a burst of minutes is dated by itself, not by traffic that comes and goes', () => {
  const burst: Course = (at) => (at > FAULT && at <= FAULT + 180_000 ? 6 : 0);
  const waves: Course = (at) => 0.08 + 0.03 * Math.sin(at / 150_000) + burst(at);
  const { impacted } = explain([
    ...usual,
    ['web', 'error', 'call to cart failed', waves],
    ['cart', 'error', 'unexpected state', burst],
  ]);
  assert.ok(impacted.every(({ since: from }) => Math.abs(from - FAULT) <= 60_000));
  assert.ok(impacted.length >= 2);
});
