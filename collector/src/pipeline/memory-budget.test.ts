import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MemoryBudget } from './memory-budget.ts';

const LIMIT = 150e6;

test('signals stop in the documented order, all of them below the limit, and what is refused is counted', () => {
  const budget = new MemoryBudget(LIMIT);
  const shedding = [0.86, 0.88, 0.91, 0.94].map((share) => {
    budget.check(share * LIMIT);
    return budget.status().shedding;
  });
  assert.deepEqual(shedding, [[], ['profiles'], ['profiles', 'logs'], ['profiles', 'logs', 'spans']]);
  assert.equal(budget.admits('spans', 3), false);
  budget.refuse('profiles', 5);
  assert.deepEqual(budget.status().shed, { profiles: 5, logs: 0, spans: 3 });
});

test('a signal that was shed starts again only well below where it stopped', () => {
  const budget = new MemoryBudget(LIMIT);
  budget.check(0.88 * LIMIT);
  budget.check(0.85 * LIMIT);
  assert.equal(budget.sheds('profiles'), true);
  budget.check(0.81 * LIMIT);
  assert.equal(budget.sheds('profiles'), false);
  assert.equal(budget.admits('profiles', 7), true);
  assert.equal(budget.status().shed.profiles, 0);
});

test('whatever the sizes, nothing is shed while another that comes first is not', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 2 * LIMIT })), (sizes) => {
      const budget = new MemoryBudget(LIMIT);
      for (const size of sizes) {
        budget.check(size);
        assert.ok(!budget.sheds('spans') || budget.sheds('logs'));
        assert.ok(!budget.sheds('logs') || budget.sheds('profiles'));
      }
    }),
  );
});

test('memory is given back before anything stops, and again only when there is more of it', () => {
  const budget = new MemoryBudget(LIMIT);
  assert.equal(budget.isTight(0.7 * LIMIT, 0), false);
  assert.equal(budget.isTight(0.8 * LIMIT, 0.6 * LIMIT), true);
  assert.equal(budget.isTight(0.8 * LIMIT, 0.79 * LIMIT), false);
  budget.check(0.8 * LIMIT);
  assert.deepEqual(budget.status().shedding, []);
});
