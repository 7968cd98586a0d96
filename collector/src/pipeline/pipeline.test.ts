import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CONTAINER_METRICS, REQUEST_METRICS } from '@gumshoe/schema/metrics/container';
import { exposition } from '../exporters/prometheus/exposition.ts';
import { IntervalSamples } from './registry.ts';

const options = { machineLabels: { machine_id: 'm' }, maxSeriesPerContainer: 40 };
const container = { containerId: '/system.slice/api@1.service', appId: 'api' };

test('a histogram becomes cumulative buckets, a sum and a count', () => {
  const samples = new IntervalSamples(options, 1000);
  const buckets = new Float64Array(16);
  buckets[0] = 3;
  buckets[15] = 1;
  samples.histogram(REQUEST_METRICS.http.inboundDuration, container, {}, { buckets, count: 4, sum: 61.5 });
  const values = samples.samples.map((one) => [one.labels['__name__'], one.labels['le'], one.value]);
  assert.deepEqual(values[0], ['container_http_inbound_requests_duration_seconds_total_bucket', '0.001', 3]);
  assert.deepEqual(values[15], ['container_http_inbound_requests_duration_seconds_total_bucket', '+Inf', 4]);
  assert.deepEqual(values[16]?.[2], 61.5);
  assert.equal(samples.samples[0]?.labels['app_id'], 'api');
});

test('a container has its share of series, and what is beyond is counted', () => {
  const samples = new IntervalSamples(options, 1000);
  for (let i = 0; i < 50; i++)
    samples.sample(CONTAINER_METRICS.tcpActive, container, { destination: `10.0.0.${i}:80` }, i);
  assert.equal(samples.samples.length, 40);
  assert.equal(samples.shed, 10);
});

test('the greatest producers of series come first', () => {
  const samples = new IntervalSamples(options, 1000);
  for (let i = 0; i < 3; i++)
    samples.sample(CONTAINER_METRICS.tcpActive, container, { destination: `${i}` }, i);
  samples.sample(CONTAINER_METRICS.restarts, { containerId: '/x' }, {}, 1);
  assert.deepEqual(samples.top(1), {
    containers: [[container.containerId, 3]],
    metrics: [['container_net_tcp_active_connections', 3]],
  });
});

test('the exposition escapes label values and names each family once', () => {
  const samples = new IntervalSamples(options, 1000);
  samples.sample(CONTAINER_METRICS.restarts, container, { odd: 'a"b\\c\nd' }, 2);
  samples.sample(CONTAINER_METRICS.restarts, { containerId: '/x' }, {}, 1);
  const text = exposition(samples.samples);
  assert.equal(text.match(/# TYPE container_restarts_total counter/g)?.length, 1);
  assert.ok(text.includes('odd="a\\"b\\\\c\\nd"'));
});
