import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeValue, encodeValue } from './codec.ts';

const column = fc.oneof(
  fc.float64Array(),
  fc.float32Array(),
  fc.int32Array(),
  fc.uint32Array(),
  fc.uint16Array(),
  fc.uint8Array(),
);
const leaf = fc.oneof(fc.string(), fc.boolean(), fc.double(), fc.constant(null), column);
const key = fc.oneof(fc.string(), fc.constantFrom('$n', '$a', '$o', '$u', '__proto__'));
const value = fc.letrec((tie) => ({
  node: fc.oneof(
    { maxDepth: 4 },
    leaf,
    fc.array(tie('node'), { maxLength: 4 }),
    fc.dictionary(key, tie('node'), { maxKeys: 4, noNullPrototype: true }),
  ),
})).node;

test('any value comes back as it was, columns and odd numbers included', () => {
  fc.assert(
    fc.property(value, (original) => {
      assert.deepStrictEqual(decodeValue(encodeValue(original)), original);
    }),
  );
});

test('NaN, infinities, negative zero and undefined in rows survive', () => {
  const rows = [[NaN, Infinity, -Infinity, -0, undefined, 'NULL']];
  assert.deepStrictEqual(decodeValue(encodeValue({ rows })), { rows });
});

test('a field that is undefined is left out, as structured cloning into JSON would', () => {
  assert.deepStrictEqual(decodeValue(encodeValue({ a: 1, b: undefined })), { a: 1 });
});

test('columns are copies at any offset of the frame', () => {
  const bytes = encodeValue({ values: Float64Array.of(1.5, NaN, -2) });
  const shifted = new Uint8Array(bytes.byteLength + 3);
  shifted.set(bytes, 3);
  const decoded = decodeValue(shifted.subarray(3)) as { values: Float64Array };
  assert.deepStrictEqual(decoded.values, Float64Array.of(1.5, NaN, -2));
});

test('garbage is refused as corrupt and nothing else', () => {
  const whole = encodeValue({ values: Float64Array.of(1, 2, 3), text: 'ä' });
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), fc.nat(whole.length), (noise, cut) => {
      for (const bytes of [noise, whole.subarray(0, cut)]) {
        try {
          decodeValue(bytes);
        } catch (error) {
          assert.match(String(error), /read a message/);
        }
      }
    }),
  );
  assert.throws(() => decodeValue(whole.subarray(0, whole.length - 8)), /column reaches beyond/);
});

test('functions and endless nesting are refused before they are sent', () => {
  assert.throws(() => encodeValue({ call: () => 1 }), /cannot be sent/);
  const loop: Record<string, unknown> = {};
  loop['again'] = loop;
  assert.throws(() => encodeValue(loop), /nested too deeply/);
});
