import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { decodeOtlp, encodeOtlp } from './protobuf.ts';

const point = { timeUnixNano: '1700000000000000000', flags: 1 };

test('flags of every kind of point come back from protobuf', () => {
  for (const kind of ['gauge', 'sum', 'histogram', 'exponentialHistogram', 'summary']) {
    const metric = { name: 'm', [kind]: { dataPoints: [point] } };
    const request = { resourceMetrics: [{ scopeMetrics: [{ metrics: [metric] }] }] };
    const read = decodeOtlp(encodeOtlp(request, 'resourceMetrics'), 'resourceMetrics');
    assert.match(JSON.stringify(read), /"flags":1/, kind);
  }
});

test('bytes that are no request are a RangeError', () => {
  assert.throws(() => decodeOtlp(Uint8Array.of(0x0a, 0xff), 'resourceMetrics'), RangeError);
});
