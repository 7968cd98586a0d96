import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fuzz, mutate, randomFrom } from './fuzz.ts';
import { FUZZ_SUBJECTS } from './subjects.ts';

for (const subject of FUZZ_SUBJECTS)
  test(`${subject.name}: 5,000 mutated inputs break nothing`, () => {
    assert.equal(fuzz(subject, 5_000, 7).failure, undefined);
  });

test('the same seed makes the same inputs', () => {
  const seeds = [Uint8Array.of(1, 2, 3, 4)];
  const inputs = (seed: number): Uint8Array[] => {
    const random = randomFrom(seed);
    return Array.from({ length: 50 }, () => mutate(seeds, random));
  };
  assert.deepEqual(inputs(3), inputs(3));
  assert.notDeepEqual(inputs(3), inputs(4));
});

test('a reader that breaks is found, with the input that breaks it', () => {
  const run = (input: Uint8Array): void => {
    if (input[0] === 0xff) throw new Error('no');
  };
  const { failure } = fuzz({ name: 'x', seeds: [Uint8Array.of(1, 2)], run }, 20_000, 1);
  assert.match(failure?.input ?? '', /^ff/);
});
