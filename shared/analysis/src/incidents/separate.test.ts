import assert from 'node:assert/strict';
import { test } from 'node:test';
import { milliseconds } from '@gumshoe/base/time';
import { buildWorld } from '@gumshoe/model/build/build-world';
import { SeriesWriter, type Course } from '@gumshoe/model/testdata/series-writer';
import { TRACE_METRICS as T } from '@gumshoe/schema/metrics/trace';
import { findIncidents } from '../incidents.ts';
import { inspectWorld } from '../inspect.ts';
import { writeCalls, type Call } from '../testdata/calls.ts';
import { EMPTY_BOOK, updateIncidents } from './book.ts';
import { groupIncidents } from './group.ts';

const MINUTE = 60_000;
const FROM = 1_790_000_000_000;

/** 0.4 between two minutes. */
const between =
  (from: number, to = Infinity): Course =>
  (at) =>
    at > FROM + from * MINUTE && at <= FROM + to * MINUTE ? 0.4 : 0;

function look(calls: readonly Call[], minutes = 30) {
  const range = { from: milliseconds(FROM), to: milliseconds(FROM + minutes * MINUTE) };
  const writer = new SeriesWriter(range, 15_000);
  for (const [, server] of calls)
    writer.counter(T.spans.name, { service_name: server, span_name: 'GET', status: 'ok' }, () => 20);
  writeCalls(writer, calls);
  return inspectWorld(buildWorld(writer.series, range, { history: 0 }));
}

const incidentsOf = (calls: readonly Call[], minutes?: number) => {
  const inspected = look(calls, minutes);
  return groupIncidents(inspected.world, findIncidents(inspected)).map((incident) => ({
    incident,
    names: incident.impacts.map(({ name }) => name),
  }));
};

const either =
  (a: Course, b: Course): Course =>
  (at) =>
    Math.max(a(at), b(at));
const never: Course = () => 0;

const cart = between(10, 16);
const mail = between(11, 24);
const TWO: readonly Call[] = [
  ['', 'web', either(cart, mail)],
  ['web', 'cart', cart],
  ['web', 'mail', mail],
];

test('two faults behind one frontend within two minutes are two incidents, each with its own end', () => {
  const [first, second, ...more] = incidentsOf(TWO);
  assert.deepEqual([first!.names, second!.names, more], [['web', 'cart'], ['mail'], []]);
  const minute = (at?: number): number => Math.round((at! - FROM) / MINUTE);
  assert.deepEqual([minute(first!.incident.openedAt), minute(first!.incident.resolvedAt)], [10, 16]);
  assert.deepEqual([minute(second!.incident.openedAt), minute(second!.incident.resolvedAt)], [11, 24]);
});

test('an incident costs its share of the requests, and of what thirty days may fail', () => {
  const [only, ...more] = incidentsOf([['', 'cart', cart]]);
  assert.equal(more.length, 0);
  const { impact, budgetSpent, impacts } = only!.incident;
  // 40 % of 20 requests/s for six minutes are 2880 of the 518,400 that one per cent of thirty days is.
  // Its first and last cell reach beyond it.
  assert.ok(impact <= 0.4 && impact >= (0.4 * 24) / 25 - 1e-9, `${impact}`);
  assert.ok(Math.abs(budgetSpent - 2880 / 518_400) < 2e-4, `${budgetSpent}`);
  assert.ok(Math.abs(impacts[0]!.breach.bad - 2880) < 80);
});

test('the same two with a store below that fails both are one', () => {
  const store: readonly Call[] = [
    ['cart', 'ledger', cart],
    ['mail', 'ledger', mail],
  ];
  assert.equal(incidentsOf([...TWO, ...store]).length, 1);
});

test('the same two, one of which waits for the other, are one', () => {
  const [only, ...more] = incidentsOf([...TWO, ['cart', 'mail', never]]);
  assert.deepEqual([[...only!.names].sort(), more], [['cart', 'mail', 'web'], []]);
});

test('incidents that turn out to be one keep the times of their own', () => {
  const [ledger, late] = [between(5, 8), between(6, 20)];
  const apart: readonly Call[] = [
    ['', 'cart', ledger],
    ['', 'mail', late],
  ];
  const joined: readonly Call[] = [...apart, ['cart', 'mail', never]];
  const first = updateIncidents(EMPTY_BOOK, look(apart, 11), 10 * MINUTE);
  assert.equal(first.book.entries.length, 2);
  const { book, events } = updateIncidents(first.book, look(joined, 14), 10 * MINUTE);
  const merged = events.find(({ kind }) => kind === 'merged');
  const [entry] = book.entries;
  assert.equal(merged?.absorbed?.length, 1);
  assert.deepEqual(
    entry!.absorbed.map(({ id }) => id),
    merged.absorbed,
  );
  assert.equal(entry!.absorbed[0]!.resolvedAt, undefined);
  const { book: later } = updateIncidents(book, look(joined, 24), 2 * MINUTE);
  const ended = later.entries[0]!.absorbed[0]!.resolvedAt!;
  assert.ok(Math.abs(ended - FROM - 20 * MINUTE) <= MINUTE);
});
