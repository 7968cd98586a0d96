import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { CounterFold } from './counter-fold.ts';
import type { MapDump } from './counter-fold.ts';

const target = () => ({ totals: new Float64Array(2), seenAt: 0 });

/** Keys are one u32, values two u64. */
function dump(entries: readonly (readonly [number, bigint, bigint])[]): MapDump {
  const keys = new Uint32Array(entries.map(([key]) => key));
  const values = new BigUint64Array(entries.flatMap(([, a, b]) => [a, b]));
  return {
    count: entries.length,
    keySize: 4,
    valueSize: 16,
    keys: new Uint8Array(keys.buffer),
    values: new Uint8Array(values.buffer),
  };
}

test('two processes of one owner add up, and what they counted outlives them', () => {
  const fold = new CounterFold(2);
  const total = target();
  fold.fold(dump([[1, 10n, 1n], [2, 5n, 0n]]), 1, () => total); // prettier-ignore
  fold.fold(dump([[1, 12n, 1n], [2, 5n, 7n]]), 1, () => total); // prettier-ignore
  fold.fold(dump([[2, 6n, 7n]]), 1, () => total); // prettier-ignore
  assert.deepEqual([...total.totals], [18, 8]);
  assert.equal(fold.size, 1);
});

test('an evicted entry that began again is all growth', () => {
  const fold = new CounterFold(2);
  const total = target();
  fold.fold(dump([[1, 100n, 0n]]), 1, () => total);
  fold.fold(dump([[1, 3n, 0n]]), 1, () => total);
  assert.equal(total.totals[0], 103);
});

test('an entry without an owner waits and loses nothing', () => {
  const fold = new CounterFold(2);
  const total = target();
  fold.fold(dump([[1, 7n, 0n]]), 1, () => undefined);
  fold.fold(dump([[1, 9n, 0n]]), 1, () => total);
  assert.equal(total.totals[0], 9);
});

test('an owner knows when an entry of it was last there', () => {
  const fold = new CounterFold(2);
  const total = target();
  fold.fold(dump([[1, 7n, 0n]]), 10, () => total);
  fold.fold(dump([[1, 7n, 0n]]), 20, () => total);
  fold.fold(dump([]), 30, () => total);
  assert.equal(total.seenAt, 20);
});

test('counters beyond 32 bits', () => {
  const fold = new CounterFold(2);
  const total = target();
  fold.fold(dump([[1, (3n << 32n) + 5n, 0n]]), 1, () => total);
  assert.equal(total.totals[0], 3 * 2 ** 32 + 5);
});

test('totals never fall and equal the sum of what was counted, in any history without evictions', () => {
  const history = fc.array(fc.array(fc.tuple(fc.nat(3), fc.nat(50)), { maxLength: 4 }), { maxLength: 12 });
  fc.assert(
    fc.property(history, (rounds) => {
      const fold = new CounterFold(2);
      const total = target();
      const kernel = new Map<number, number>();
      let expected = 0;
      for (const round of rounds) {
        const before = total.totals[0]!;
        for (const [key, growth] of round) {
          kernel.set(key, (kernel.get(key) ?? 0) + growth);
          expected += growth;
        }
        fold.fold(dump([...kernel].map(([key, value]) => [key, BigInt(value), 0n] as const)), 1, () => total);
        assert.ok(total.totals[0]! >= before);
      }
      assert.equal(total.totals[0], expected);
    }),
  );
});
