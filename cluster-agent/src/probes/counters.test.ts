import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Counters, highestFirst } from './counters.ts';

const at = (...entries: readonly (readonly [string, readonly number[]])[]) => new Map(entries);

test('rates are per second, of what moved, and nothing is known at first', () => {
  const counters = new Counters();
  assert.deepEqual([...counters.rates(at(['a', [10, 1]], ['b', [5, 5]]), 1000)], []);
  assert.deepEqual(
    [...counters.rates(at(['a', [30, 1]], ['b', [5, 5]], ['c', [4, 0]]), 3000)],
    [
      ['a', [10, 0]],
      ['c', [2, 0]],
    ],
  );
});

test('a counter that began anew counts from zero', () => {
  const counters = new Counters();
  counters.rates(at(['a', [100, 50]]), 0);
  assert.deepEqual([...counters.rates(at(['a', [6, 3]]), 1000)], [['a', [6, 3]]]);
});

test('two looks at one time say nothing', () => {
  const counters = new Counters();
  counters.rates(at(['a', [1]]), 5);
  assert.equal(counters.rates(at(['a', [2]]), 5).size, 0);
});

test('the highest come first, and those without weight not at all', () => {
  assert.deepEqual(
    highestFirst([3, 0, 5, NaN, 4], (one) => one, 2),
    [5, 4],
  );
});
