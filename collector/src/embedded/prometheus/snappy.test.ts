import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import snappy from 'snappyjs';
import { uncompressSnappy } from './snappy.ts';

const { compress } = snappy as { compress: (bytes: Uint8Array) => Uint8Array };

test('what a compressor wrote is read back', () => {
  const text = fc.array(fc.constantFrom('label', 'value', '=', 'x'.repeat(80), '\u0000'), { maxLength: 400 });
  fc.assert(
    fc.property(text, (parts) => {
      const bytes = Buffer.from(parts.join(''));
      assert.deepEqual(uncompressSnappy(compress(bytes), 1 << 20), bytes);
    }),
  );
});

test('any other bytes are refused with a RangeError or give as many bytes as they announce', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      try {
        assert.ok(uncompressSnappy(bytes, 1 << 16).length <= 1 << 16);
      } catch (error) {
        assert.ok(error instanceof RangeError);
      }
    }),
    { numRuns: 2000 },
  );
});
