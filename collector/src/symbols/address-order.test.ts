import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { addressOrder } from './address-order.ts';

const sorted = (addresses: readonly number[]): number[] =>
  addresses.map((_, i) => i).sort((a, b) => addresses[a]! - addresses[b]! || a - b);

test('orders by address, then by index, near and far addresses alike', () => {
  const near = fc.array(fc.integer({ min: 0xffff_8100_0000, max: 0xffff_8100_00ff }), { maxLength: 50 });
  const far = fc.array(fc.maxSafeNat(), { maxLength: 50 });
  fc.assert(
    fc.property(fc.oneof(near, far), (addresses) => {
      assert.deepEqual([...addressOrder(Float64Array.from(addresses))], sorted(addresses));
    }),
  );
});
