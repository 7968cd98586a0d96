import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Patterns } from './patterns.ts';

/** Lines, the words that are left of them by the rules, and what md5sum gives for those words. */
const GOLDEN: readonly (readonly [line: string, words: string, hash: string])[] = [
  [
    '2026-11-21T05:00:00Z ERROR block added to dead pool beef: id=0xdeadbeef',
    'ERROR block to pool',
    '899e9af942c8e43fbd4be8a294c45ae0',
  ],
  [
    'worker-7 failed: "a b" FACE 550e8400-e29b-41d4-a716-446655440000 node1.zone2 [x] (y {z}) end;',
    'failed node.zone end',
    'd313187d0e31c9dbef9e2d1a5d632199',
  ],
];
for (const [line, words, hash] of GOLDEN)
  test(`hash of "${words}"`, () => assert.equal(new Patterns().of('error', line).hash, hash));

test('a word more or less that is hex is the same pattern', () => {
  const patterns = new Patterns();
  const { hash } = patterns.of('error', 'commit beef was lost');
  assert.equal(patterns.of('error', 'commit was lost').hash, hash);
  assert.equal(patterns.of('error', 'commit 9f3a was lost').hash, hash);
});
