import assert from 'node:assert/strict';
import { test } from 'node:test';
import { zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { inflate } from './inflate.ts';

const MOST = 1024 ** 2;

test('whatever was compressed comes back, of every size and also when the header does not say it', () => {
  for (const size of [0, 1, 63, 255, 256, 65_791, 65_792, 200_000, MOST]) {
    const bytes = Uint8Array.from({ length: size }, (_, i) => i * 7);
    assert.deepEqual(inflate(zstdCompressSync(bytes), MOST), bytes);
    const silent = zstdCompressSync(bytes, { params: { [200]: 0 } });
    assert.deepEqual(inflate(silent, MOST), bytes);
  }
});

test('more than the limit is refused, whether the header owns up to it or not', () => {
  const frame = zstdCompressSync(Buffer.alloc(MOST + 1));
  assert.throws(() => inflate(frame, MOST));
});

test('a header that lies about the size costs nothing but an error', () => {
  const bytes = Buffer.from('seventeen bytes here, or some more');
  fc.assert(
    fc.property(fc.nat({ max: 17 }), fc.nat(255), (at, byte) => {
      const frame = Buffer.from(zstdCompressSync(bytes));
      frame[at] = byte;
      try {
        assert.ok(inflate(frame, MOST).length <= MOST);
      } catch (error) {
        assert.ok(error instanceof Error);
      }
    }),
  );
});
