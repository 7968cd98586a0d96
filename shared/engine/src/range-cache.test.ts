import assert from 'node:assert/strict';
import { test } from 'node:test';
import { milliseconds, type TimeRange } from '@gumshoe/base/time';
import { isFresh, RangeCache } from './range-cache.ts';

const range = (to: number): TimeRange => ({ from: milliseconds(0), to: milliseconds(to) });
const at = milliseconds;

test('settled windows stay, live ones age', () => {
  assert.equal(isFresh(range(1_000), at(100_000), at(9e9)), true);
  assert.equal(isFresh(range(100_000), at(100_000), at(101_000)), true);
  assert.equal(isFresh(range(100_000), at(100_000), at(105_000)), false);
  assert.equal(isFresh(range(100_000), at(NaN), at(NaN)), false);
});

test('callers at the same time share one load', async () => {
  const cache = new RangeCache<number>(2);
  let loads = 0;
  const load = async () => ++loads;
  const both = [cache.get(range(5), at(10), load), cache.get(range(5), at(10), load)];
  assert.deepEqual(await Promise.all(both), [1, 1]);
});

test('a failed load is tried again', async () => {
  const cache = new RangeCache<number>(2);
  await assert.rejects(
    cache.get(range(5), at(10), () => Promise.reject(new Error('down'))),
    /down/,
  );
  assert.equal(await cache.get(range(5), at(10), async () => 7), 7);
});

test('only the last few windows are kept', async () => {
  const cache = new RangeCache<number>(2);
  let loads = 0;
  const load = async () => ++loads;
  for (const to of [1, 2, 3, 1]) await cache.get(range(to), at(1e6), load);
  assert.equal(loads, 4);
  await cache.get(range(3), at(1e6), load);
  assert.equal(loads, 4);
});
