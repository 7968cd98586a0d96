import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { matchesGlob } from './glob.ts';

test('stars, question marks and alternatives', () => {
  const yes = [
    ['*', ''],
    ['payment-*', 'payment-'],
    ['*-api', 'shop-api'],
    ['a?c', 'abc'],
    ['shop:*:{api,web}*', 'shop:Deployment:web-2'],
    ['a*b*c', 'a-b-b-c'],
    ['a.c', 'a.c'],
  ] as const;
  const no = [
    ['payment-*', 'payments'],
    ['a?c', 'ac'],
    ['a.c', 'abc'],
    ['', 'a'],
    ['{a,b}', 'c'],
  ] as const;
  for (const [pattern, text] of yes) assert.ok(matchesGlob(pattern, text), `${pattern} ${text}`);
  for (const [pattern, text] of no) assert.ok(!matchesGlob(pattern, text), `${pattern} ${text}`);
});

test('a text without special characters matches itself only, and a hostile pattern ends', () => {
  const plain = fc.string().filter((text) => !/[*?{}]/.test(text));
  fc.assert(fc.property(plain, plain, (a, b) => matchesGlob(a, b) === (a === b)));
  assert.ok(!matchesGlob('*a'.repeat(200), 'a'.repeat(199)));
  assert.ok(!matchesGlob('{a,b}'.repeat(50), 'c'));
});
