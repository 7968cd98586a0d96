import assert from 'node:assert/strict';
import { test } from 'node:test';
import { moneyText, sumKnown } from './money.ts';

test('an amount has its currency, and none is no number', () => {
  assert.equal(moneyText(12.3, 'USD'), '12.30 USD');
  assert.equal(moneyText(0.00472, 'USD'), '0.0047 USD');
  assert.equal(moneyText(0, 'USD'), '0.00 USD');
  assert.equal(moneyText(NaN, 'USD'), '–');
});

test('a sum leaves out what is not known, and is not known when nothing is', () => {
  assert.equal(sumKnown([1, NaN, 2]), 3);
  assert.equal(sumKnown([NaN]), NaN);
  assert.equal(sumKnown([]), NaN);
});
