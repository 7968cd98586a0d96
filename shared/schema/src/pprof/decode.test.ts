import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodePprof } from './decode.ts';
import { encodePprof, type PprofProfile } from './encode.ts';

const profile: PprofProfile = {
  valueTypes: [
    { type: 'samples', unit: 'count' },
    { type: 'cpu', unit: 'nanoseconds' },
  ],
  samples: [
    { stack: ['leaf src/a.ts:7', 'main'], values: [3, 30_000_000] },
    { stack: ['main'], values: [1, 10_000_000] },
  ],
  timeNanos: 1_790_000_000_123_456_789n,
  durationNanos: 10_000_000_000n,
};

test('what was encoded comes back', () => {
  assert.deepEqual(decodePprof(encodePprof(profile)), profile);
});

test('bytes that are no profile are refused', () => {
  assert.throws(() => decodePprof(new Uint8Array()), RangeError);
  const whole = encodePprof(profile);
  fc.assert(
    fc.property(fc.nat(whole.length - 1), fc.nat(255), fc.nat(whole.length), (at, byte, length) => {
      const changed = Uint8Array.from(whole);
      changed[at] = byte;
      try {
        decodePprof(changed.subarray(0, length));
      } catch (error) {
        assert.ok(error instanceof Error);
      }
    }),
    { numRuns: 200 },
  );
});
