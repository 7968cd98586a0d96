import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fuzz } from './run.ts';

test('mutated snapshots are refused in words or read, and never harm', async () => {
  const { count, refused, opened, crashed, overLimits, harmful, failures } = await fuzz(80, 7, false);
  assert.deepEqual(
    { crashed, overLimits, harmful },
    { crashed: 0, overLimits: 0, harmful: 0 },
    failures.join('\n'),
  );
  assert.equal(refused + opened, count);
  assert.ok(refused > count / 2);
});
