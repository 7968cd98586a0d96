import assert from 'node:assert/strict';
import { test } from 'node:test';
import { labelHash, xxh64 } from './label-hash.ts';

test('XXH64 gives the published values', () => {
  const hash = (text: string): string =>
    xxh64(Uint8Array.from(text, (char) => char.charCodeAt(0))).toString(16);
  assert.equal(hash(''), 'ef46db3751d8e999');
  assert.equal(hash('a'), 'd24ec4f1a98c6e5b');
  assert.equal(hash('abc'), '44bc2cf5ad770999');
  assert.equal(hash('Nobody inspects the spammish repetition'), 'fbcea83c8a378bf1');
});

test('the hash of a label set depends on neither order nor where one text ends', () => {
  assert.equal(labelHash({ a: '1', b: '2' }), labelHash({ b: '2', a: '1' }));
  assert.notEqual(labelHash({ a: '12' }), labelHash({ a1: '2' }));
  assert.notEqual(labelHash({ a: 'é' }), labelHash({ a: 'e' }));
});
