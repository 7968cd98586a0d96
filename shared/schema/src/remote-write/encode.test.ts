import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import protobuf from 'protobufjs';
import { encodeWriteRequest } from './encode.ts';

const SCHEMA = `syntax = "proto3"; package prometheus;
message Label { string name = 1; string value = 2; }
message Sample { double value = 1; int64 timestamp = 2; }
message TimeSeries { repeated Label labels = 1; repeated Sample samples = 2; }
message WriteRequest { repeated TimeSeries timeseries = 1; }`;
const WriteRequest = protobuf.parse(SCHEMA).root.lookupType('prometheus.WriteRequest');

interface Decoded {
  readonly timeseries?: readonly {
    readonly labels: readonly { readonly name: string; readonly value: string }[];
    readonly samples: readonly { readonly value: number; readonly timestamp: number }[];
  }[];
}

const decode = (bytes: Uint8Array): Decoded =>
  WriteRequest.toObject(WriteRequest.decode(bytes), { longs: Number, defaults: true }) as Decoded;

test('a reference decoder reads back every label, value and time', () => {
  const name = fc.stringMatching(/^[a-z_][a-z0-9_]{0,10}$/);
  const labels = fc.dictionary(name, fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }), {
    minKeys: 1,
    maxKeys: 6,
  });
  const sample = fc.record({
    labels,
    value: fc.double({ noNaN: true }),
    timestamp: fc.integer({ min: 1, max: 4e12 }),
  });
  fc.assert(
    fc.property(fc.array(sample, { maxLength: 20 }), (samples) => {
      const decoded = decode(encodeWriteRequest(samples)).timeseries ?? [];
      assert.equal(decoded.length, samples.length);
      decoded.forEach((series, i) => {
        const expected = samples[i]!;
        assert.deepEqual(
          series.labels.map((label) => [label.name, label.value]),
          Object.entries(expected.labels).sort(([a], [b]) => (a < b ? -1 : 1)),
        );
        assert.deepEqual(series.samples, [{ value: expected.value, timestamp: expected.timestamp }]);
      });
    }),
  );
});

test('an empty label value is left out', () => {
  const decoded = decode(
    encodeWriteRequest([{ labels: { __name__: 'up', job: '' }, value: 1, timestamp: 5 }]),
  );
  assert.deepEqual(decoded.timeseries?.[0]?.labels, [{ name: '__name__', value: 'up' }]);
});
