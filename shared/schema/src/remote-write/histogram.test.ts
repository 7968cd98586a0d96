import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CUSTOM_BUCKETS, NO_BUCKETS, sparseBuckets } from '@gumshoe/base/native-histogram';
import type { NativeHistogram } from '@gumshoe/base/native-histogram';
import type { Message } from '../protobuf/decode.ts';
import { encodeMessage } from '../protobuf/encode.ts';
import { decodeHistogram, encodeHistogram } from './histogram.ts';

const buckets = (...pairs: (readonly [number, number])[]) => sparseBuckets(new Map(pairs));

const plain: NativeHistogram = {
  schema: 3,
  count: 21,
  sum: -2.5,
  zeroThreshold: 0.001,
  zeroCount: 2,
  positive: buckets([-4, 3], [-3, 1], [7, 9]),
  negative: buckets([0, 4], [2, 2]),
  hint: 'unknown',
};

const cases: Readonly<Record<string, NativeHistogram>> = {
  'integer counts in several spans': plain,
  'float counts': { ...plain, count: 10.5, positive: buckets([0, 10.5]), negative: NO_BUCKETS, zeroCount: 0 },
  'a gauge of a coarse schema': { ...plain, schema: -4, hint: 'gauge' },
  'custom bounds': {
    ...plain,
    schema: CUSTOM_BUCKETS,
    zeroThreshold: 0,
    zeroCount: 0,
    positive: buckets([0, 1], [2, 5]),
    negative: NO_BUCKETS,
    bounds: Float64Array.of(0.1, 2),
    hint: 'reset',
  },
  'a stale marker': {
    ...plain,
    count: 0,
    zeroCount: 0,
    positive: NO_BUCKETS,
    negative: NO_BUCKETS,
    sum: NaN,
    stale: true,
  },
  nothing: { ...plain, count: 0, sum: 0, zeroCount: 0, positive: NO_BUCKETS, negative: NO_BUCKETS },
};

for (const [name, histogram] of Object.entries(cases))
  test(`${name} come back as they were`, () => {
    const timed = { timestamp: 1_767_225_600_123, histogram };
    assert.deepEqual(decodeHistogram(encodeHistogram(timed)), timed);
  });

test('what is no histogram is refused', () => {
  const span: Message = { 2: ['length', 'uint32'] };
  const spans: Message = { 8: ['spans', { message: () => span }, true] };
  assert.throws(() => decodeHistogram(encodeMessage({ spans: [{ length: 4e9 }] }, spans)), RangeError);
  assert.throws(() => decodeHistogram(encodeMessage({ schema: 9 }, { 4: ['schema', 'sint32'] })), RangeError);
  const whole = encodeHistogram({ timestamp: 1, histogram: plain });
  for (let end = 1; end < whole.length; end++) {
    try {
      decodeHistogram(whole.subarray(0, end));
    } catch (error) {
      assert.ok(error instanceof RangeError, String(error));
    }
  }
});
