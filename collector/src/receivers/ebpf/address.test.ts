import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressText, endpointText, isLinkLocal, isLoopback, isUnspecified } from './address.ts';

const text = (...groups: readonly number[]): string => {
  const view = new DataView(new ArrayBuffer(16));
  groups.forEach((group, i) => view.setUint16(i * 2, group));
  return addressText(view, 0);
};

test('addresses as text', () => {
  assert.equal(text(0, 0, 0, 0, 0, 0xffff, 0x0a4d, 0x0102), '10.77.1.2');
  assert.equal(text(0, 0, 0, 0, 0, 0, 0, 0), '::');
  assert.equal(text(0, 0, 0, 0, 0, 0, 0, 1), '::1');
  assert.equal(text(0xfe80, 0, 0, 0, 1, 0, 0, 2), 'fe80::1:0:0:2');
  assert.equal(text(0x2001, 0xdb8, 0, 1, 1, 1, 1, 1), '2001:db8:0:1:1:1:1:1');
  assert.equal(text(1, 2, 3, 4, 5, 6, 0, 0), '1:2:3:4:5:6::');
});

test('endpoints and kinds of addresses', () => {
  assert.equal(endpointText('10.0.0.1', 80), '10.0.0.1:80');
  assert.equal(endpointText('::1', 80), '[::1]:80');
  assert.ok(isUnspecified('::') && isUnspecified('0.0.0.0') && !isUnspecified('10.0.0.0'));
  assert.ok(isLoopback('127.0.0.53') && isLoopback('::1') && !isLoopback('128.0.0.1'));
  assert.ok(isLinkLocal('169.254.169.254') && isLinkLocal('fe80::1') && !isLinkLocal('fec0::1'));
});
