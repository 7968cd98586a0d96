import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RemoteWriteSample } from '@gumshoe/schema/remote-write/encode';
import { decodeOtlp, encodeOtlp } from '@gumshoe/schema/otlp/protobuf';
import { METRICS } from '@gumshoe/schema/metrics/catalogue';
import { OtlpMetrics } from '../../receivers/otlp/metrics.ts';
import { metricRequest } from './encode.ts';

type Request = { resourceMetrics: { scopeMetrics: { metrics: Record<string, unknown>[] }[] }[] };

const sample = (name: string, value: number): RemoteWriteSample => ({
  labels: { __name__: name, container_id: '/docker/shop' },
  value,
  timestamp: 1_790_000_000_123,
});
const sent = (...samples: RemoteWriteSample[]): Request => JSON.parse(metricRequest(samples)) as Request;
const bits = (value: number): bigint => {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  return view.getBigUint64(0);
};

test('counters of the catalogue are monotonic cumulative sums, all others gauges', () => {
  const samples = [sample('container_oom_kills_total', 3), sample('of_somebody_else', 4)];
  const [counter, gauge] = sent(...samples).resourceMetrics[0]!.scopeMetrics[0]!.metrics;
  const { dataPoints, ...kind } = counter!['sum'] as { dataPoints: object[] };
  assert.deepEqual(kind, { aggregationTemporality: 2, isMonotonic: true });
  assert.equal(dataPoints.length, 1);
  assert.ok(gauge!['gauge'] && !gauge!['sum']);
});

test('the receiver has every metric of the catalogue back under its name, in JSON and in protobuf', () => {
  const samples = METRICS.map(({ name }, i) => sample(name, i / 8));
  const request = sent(...samples);
  assert.deepEqual(new OtlpMetrics().samples(request).rows, samples);
  const bytes = encodeOtlp(request, 'resourceMetrics');
  assert.deepEqual(new OtlpMetrics().samples(decodeOtlp(bytes, 'resourceMetrics')).rows, samples);
});

test('NaN goes as a point without a value, and comes back as the marker of a series that ended', () => {
  const request = sent(sample('container_oom_kills_total', NaN), sample('up', NaN), sample('up', Infinity));
  const metrics = request.resourceMetrics[0]!.scopeMetrics[0]!.metrics;
  for (const [i, kind] of (['sum', 'gauge'] as const).entries()) {
    const { dataPoints } = metrics[i]![kind] as { dataPoints: Record<string, unknown>[] };
    assert.deepEqual(
      dataPoints.map(({ flags, asDouble }) => [flags, asDouble]),
      [[1, undefined]],
    );
  }
  const { rows } = new OtlpMetrics().samples(request);
  assert.deepEqual(
    rows.map(({ labels, value }) => [labels['__name__'], bits(value)]),
    [
      ['container_oom_kills_total', 0x7ff0000000000002n],
      ['up', 0x7ff0000000000002n],
    ],
  );
});
