import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryBudget } from '../pipeline/memory-budget.ts';
import { ResidentMemory } from './resident-memory.ts';

test('looks at this process: far below the limit nothing stops, above it everything does', () => {
  const resident = process.memoryUsage.rss();
  const budgets = [new MemoryBudget(4 * resident), new MemoryBudget(resident / 4)];
  for (const budget of budgets) new ResidentMemory(budget).look(performance.now());
  assert.deepEqual(
    budgets.map((budget) => budget.status().shedding),
    [[], ['profiles', 'logs', 'spans']],
  );
});
