import assert from 'node:assert/strict';
import { test } from 'node:test';
import { latencySummary, statementDeltas, type StatementCounters } from './statements.ts';

const counters = (id: string, calls: number, time: number): StatementCounters => ({
  id,
  db: 'shop',
  user: 'shop',
  query: `query ${id}`,
  calls,
  time,
  ioTime: 0,
});
const byId = (rows: readonly StatementCounters[]) => new Map(rows.map((row) => [row.id, row]));

test('a delta is what was added since the last round', () => {
  const deltas = statementDeltas(byId([counters('a', 10, 1)]), [counters('a', 15, 2), counters('b', 3, 0.3)]);
  assert.deepEqual(
    deltas.map((delta) => [delta.query, delta.calls, delta.time]),
    [
      ['query a', 5, 1],
      ['query b', 3, 0.3],
    ],
  );
});

test('the first round has no deltas, and a reset counts from zero', () => {
  assert.deepEqual(statementDeltas(new Map(), [counters('a', 10, 1)]), []);
  assert.equal(statementDeltas(byId([counters('a', 10, 1)]), [counters('a', 2, 0.5)])[0]?.time, 0.5);
});

test('latency is weighted by calls, and a running statement counts with its age', () => {
  const deltas = statementDeltas(byId([counters('a', 0, 0)]), [counters('a', 98, 0.98)]);
  const summary = latencySummary(deltas, [{ age: 30 }, { age: 40 }]);
  assert.equal(summary?.p50, 0.01);
  assert.equal(summary?.p99, 30);
  assert.equal(summary?.max, 40);
  assert.ok(Math.abs((summary?.avg ?? 0) - (0.98 + 70) / 100) < 1e-9);
});

test('no statement, no summary', () => assert.equal(latencySummary([], []), undefined));
