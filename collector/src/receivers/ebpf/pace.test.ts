import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Pace, THREAD_CLOCK } from './pace.ts';

/** Records of `cost` ms each, and a processor that comes back `turn` ms after it is given away: where the thread slept. */
function work(records: number, cost: number, turn = 0.05) {
  let at = 1000;
  const pauses: number[] = [];
  const pace = new Pace({ now: () => at, sleep: () => void (at += turn) });
  pace.begin();
  for (let i = 1; i <= records; i++) {
    at += cost;
    if (!pace.isDue) continue;
    pauses.push(i);
    pace.pause();
  }
  return pauses;
}

test('work pauses when a piece of it took a fifth of a millisecond, whatever its parts cost', () => {
  assert.deepEqual(work(12, 0.055), [4, 8, 12]);
  assert.deepEqual(work(3, 0.3), [1, 2, 3]);
  assert.deepEqual(work(3, 0.06), []);
});

test('it pauses for ten milliseconds at most: less often where others take long turns', () => {
  assert.equal(work(100_000, 0.02, 0.125).length, 80);
  assert.equal(work(100_000, 0.02, 4).length, 3);
});

test('each beginning counts anew', () => {
  let at = 0;
  const pace = new Pace({ now: () => at, sleep: () => {} });
  pace.begin();
  at = 50;
  pace.begin();
  assert.equal(pace.isDue, false);
  at = 50.3;
  assert.equal(pace.isDue, true);
});

test('the thread sleeps for fractions of a millisecond', () => {
  const started = THREAD_CLOCK.now();
  for (let i = 0; i < 20; i++) THREAD_CLOCK.sleep(0.05);
  assert.ok(THREAD_CLOCK.now() - started >= 1);
});
