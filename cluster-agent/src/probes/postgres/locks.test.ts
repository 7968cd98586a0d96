import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { lockWaits, type Session } from './locks.ts';

const session = (pid: number, query: string, ...blockedBy: number[]): Session => ({
  pid,
  db: 'shop',
  user: 'shop',
  query,
  blockedBy,
});

test('waiting sessions are counted by the query that blocks them', () => {
  const sessions = [session(1, 'ALTER TABLE orders'), session(2, 'SELECT', 1), session(3, 'SELECT', 1)];
  assert.deepEqual(lockWaits(sessions), [
    { db: 'shop', user: 'shop', blockingQuery: 'ALTER TABLE orders', waiting: 2 },
  ]);
});

test('a queue is traced to its head: the holder, not the next in line', () => {
  const sessions = [session(1, 'idle in transaction'), session(2, 'ALTER TABLE', 1), session(3, 'SELECT', 2)];
  assert.deepEqual(
    lockWaits(sessions).map((wait) => [wait.blockingQuery, wait.waiting]),
    [['idle in transaction', 2]],
  );
});

test('a blocker that is not listed leaves the query empty', () => {
  assert.deepEqual(
    lockWaits([session(2, 'SELECT', 99)]).map((wait) => wait.blockingQuery),
    [''],
  );
});

test('any graph of waits ends, and every waiting session is counted once', () => {
  const graph = fc.array(fc.array(fc.nat({ max: 9 }), { maxLength: 3 }), { maxLength: 10 });
  fc.assert(
    fc.property(graph, (edges) => {
      const sessions = edges.map((blockedBy, pid) => session(pid, `q${pid}`, ...blockedBy));
      const waiting = lockWaits(sessions).reduce((sum, wait) => sum + wait.waiting, 0);
      assert.equal(waiting, sessions.filter((one) => one.blockedBy.length > 0).length);
    }),
  );
});
