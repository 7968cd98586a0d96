import assert from 'node:assert/strict';
import { test } from 'node:test';
import { downtimesOf, gapsOf, mergeInstants } from './presence.ts';

const every = (from: number, to: number): Float64Array =>
  Float64Array.from({ length: Math.floor((to - from) / 5) + 1 }, (_, i) => from + 5 * i);

test('an instance that ends while its node goes on is down', () => {
  assert.deepEqual(downtimesOf(every(0, 50), every(0, 100), 12), [{ from: 50 }]);
});

test('an instance that comes back was down in between', () => {
  const seen = mergeInstants([every(0, 30), every(60, 100)]);
  assert.deepEqual(downtimesOf(seen, every(0, 100), 12), [{ from: 30, to: 60 }]);
});

test('a silent node proves nothing about its instances', () => {
  const both = mergeInstants([every(0, 30), every(60, 100)]);
  assert.deepEqual(downtimesOf(both, both, 12), []);
  assert.deepEqual(downtimesOf(every(0, 30), every(0, 30), 12), []);
  assert.deepEqual(gapsOf(both, 12, 105), [{ from: 30, to: 60 }]);
  assert.deepEqual(gapsOf(every(0, 30), 12, 105), [{ from: 30 }]);
});

test('merging keeps each instant once', () => {
  assert.deepEqual([...mergeInstants([every(0, 10), every(5, 15)])], [0, 5, 10, 15]);
});
