import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextShare } from './native.ts';

test('of more stacks than there is room for a share is kept, and all of them again when they are few', () => {
  assert.equal(nextShare(1, 300, 512), 1);
  assert.equal(nextShare(1, 15_000, 512), 29);
  assert.equal(nextShare(29, 520, 512), 29);
  assert.equal(nextShare(29, 100, 512), 6);
  assert.equal(nextShare(6, 0, 512), 1);
  assert.equal(nextShare(1000, 1e6, 512), 1024);
});
