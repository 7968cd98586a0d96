import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stackHash } from './stack-hash.ts';

/** The definition, word by word. */
function reference(text: string): string {
  let hash = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(text))
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  return hash.toString();
}

test('is FNV-1a 64 of the frames joined by newlines', () => {
  assert.equal(stackHash([]), BigInt('0xcbf29ce484222325').toString());
  const stacks = [
    ['a'],
    ['foobar'],
    ['main', 'serve', 'handle'],
    ['größe größe.py:1', 'ÿ'],
    Array.from({ length: 127 }, (_, i) => `frame_${i * 7919}`),
  ];
  for (const frames of stacks) assert.equal(stackHash(frames), reference(frames.join('\n')));
});
