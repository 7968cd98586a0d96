import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Series } from '@gumshoe/base/series';
import { TRACE_METRICS as T } from '@gumshoe/schema/metrics/trace';
import { selfTime, traceSeries, type CountedSpan } from './trace-series.ts';

const span = (part: Partial<CountedSpan>): CountedSpan => ({
  traceId: 't',
  spanId: 'a',
  parentSpanId: '',
  name: 'GET /',
  kind: 'Server',
  serviceName: 'web',
  start: 1_000_000,
  duration: 100,
  status: 'Unset',
  attributes: {},
  ...part,
});

const last = (series: readonly Series[], name: string, labels: Readonly<Record<string, string>>): number => {
  const found = series.filter(
    (one) =>
      one.labels['__name__'] === name &&
      Object.entries(labels).every(([key, value]) => one.labels[key] === value),
  );
  return found.reduce((sum, one) => sum + (one.values.at(-1) ?? 0), 0);
};

test('a request belongs to the service it enters and to the one that called, through the client span between', () => {
  const series = traceSeries([
    span({ spanId: 'a' }),
    span({ spanId: 'b', parentSpanId: 'a', kind: 'Client', name: 'call', start: 1_000_010, duration: 60 }),
    span({
      spanId: 'c',
      parentSpanId: 'b',
      serviceName: 'cart',
      start: 1_000_020,
      duration: 40,
      status: 'Error',
    }),
  ]);
  assert.equal(last(series, T.requests.name, { service_name: 'web', client_service_name: '' }), 1);
  assert.equal(
    last(series, T.requests.name, { service_name: 'cart', client_service_name: 'web', status: 'failed' }),
    1,
  );
  const sum = last(series, `${T.duration.name}_sum`, { service_name: 'cart' });
  assert.ok(Math.abs(sum - 0.04) < 1e-9);
  assert.equal(last(series, `${T.duration.name}_bucket`, { service_name: 'cart', le: '0.025' }), 0);
  assert.equal(last(series, `${T.duration.name}_bucket`, { service_name: 'cart', le: '0.05' }), 1);
  assert.equal(last(series, T.failures.name, { service_name: 'cart' }), 1);
  assert.equal(last(series, T.failures.name, { service_name: 'web' }), 0);
});

test('what is spoken is told by the attributes of the span that is counted', () => {
  const spoken = (attributes: CountedSpan['attributes'], kind = 'Client') =>
    traceSeries([span({ kind, attributes: { 'peer.service': 'other', ...attributes } })])
      .filter(({ labels }) => labels['__name__'] === T.calls.name)
      .map(
        ({ labels: { service_name: server, client_service_name: client, protocol } }) =>
          `${client} ${server} ${protocol}`,
      );
  assert.deepEqual(spoken({ 'db.system': 'postgresql' }), ['web other postgres']);
  assert.deepEqual(spoken({ 'rpc.system': 'grpc', 'http.status_code': '200' }), ['web other grpc']);
  assert.deepEqual(spoken({ 'messaging.system': 'kafka' }, 'Producer'), ['web other kafka']);
  assert.deepEqual(spoken({ 'http.request.method': 'GET' }, 'Server'), [' web http']);
  assert.deepEqual(spoken({ 'db.type': 'sql' }), []);
  assert.deepEqual(spoken({ 'db.system': 'Our own (7)' }), []);
});

test('spans of unknown kind enter a service where their parent belongs to another', () => {
  const series = traceSeries([
    span({ spanId: 'a', kind: 'Internal' }),
    span({ spanId: 'b', parentSpanId: 'a', kind: 'Internal', serviceName: 'cart' }),
    span({ spanId: 'c', parentSpanId: 'b', kind: 'Internal', serviceName: 'cart', name: 'render' }),
  ]);
  assert.equal(last(series, T.requests.name, { service_name: 'cart' }), 1);
  assert.equal(last(series, T.spans.name, { service_name: 'cart' }), 2);
});

test('a call whose other side left no span goes to the peer that its attributes name', () => {
  const attributes = { 'db.system': 'postgresql', 'server.address': 'db1' };
  const series = traceSeries([
    span({ spanId: 'a' }),
    span({ spanId: 'b', parentSpanId: 'a', kind: 'Client', attributes }),
    span({ spanId: 'c', parentSpanId: 'a', kind: 'Client' }),
  ]);
  assert.equal(last(series, T.requests.name, { service_name: 'db1', client_service_name: 'web' }), 1);
  assert.equal(last(series, T.requests.name, { client_service_name: 'web' }), 1);
});

test('a peer that nothing names is the host of the URL, or what stands before a port', () => {
  const to = (attributes: Readonly<Record<string, string>>): string | undefined =>
    traceSeries([span({ spanId: 'a' }), span({ spanId: 'b', parentSpanId: 'a', kind: 'Client', attributes })])
      .map(({ labels }) => labels)
      .find((labels) => labels['client_service_name'] === 'web')?.['service_name'];
  assert.equal(to({ 'http.url': 'http://user@cart:8080/api?id=1', 'peer.address': 'proxy:80' }), 'cart');
  assert.equal(to({ 'url.full': 'https://api.example.com', 'server.address': 'api' }), 'api');
  assert.equal(to({ 'peer.address': 'db2:27017', 'db.system': 'mongodb' }), 'db2');
  assert.equal(to({ 'url.full': '/relative', 'db.system': 'redis' }), 'redis');
});

test('own time is what no child covers, however children overlap', () => {
  const child = (start: number, duration: number): CountedSpan =>
    span({ start: 1_000_000 + start, duration });
  assert.equal(selfTime(span({}), [child(10, 30), child(20, 30), child(90, 500), child(-50, 20)]), 50);
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: -50, max: 150 }), fc.integer({ min: 0, max: 200 })), {
        maxLength: 8,
      }),
      (parts) => {
        const own = selfTime(
          span({}),
          parts.map(([start, duration]) => child(start, duration)),
        );
        const covered = Array.from({ length: 100 }, (_, i) =>
          parts.some(([start, duration]) => start <= i && i + 1 <= start + duration),
        );
        assert.equal(own, covered.filter((one) => !one).length);
      },
    ),
  );
});

test('counters never fall, cover the same time, and do not depend on the order of spans', () => {
  const spans = Array.from({ length: 40 }, (_, i) =>
    span({
      traceId: `t${i % 7}`,
      spanId: `s${i}`,
      parentSpanId: i < 7 ? '' : `s${i - 7}`,
      serviceName: `svc${i % 3}`,
      start: 1_000_000 + 900 * i,
    }),
  );
  const series = traceSeries(spans);
  const [first] = series;
  for (const { values, timestamps } of series) {
    assert.deepEqual(timestamps, first!.timestamps);
    assert.equal(values[0], 0);
    values.forEach((value, i) => assert.ok(i === 0 || value >= values[i - 1]!));
  }
  assert.deepEqual(traceSeries([...spans].reverse()), series);
});

test('cycles, lost parents and spans that are their own parent do no harm', () => {
  const series = traceSeries([
    span({ spanId: 'a', parentSpanId: 'b' }),
    span({ spanId: 'b', parentSpanId: 'a' }),
    span({ spanId: 'c', parentSpanId: 'c' }),
    span({ spanId: 'd', parentSpanId: 'gone', kind: 'Internal' }),
  ]);
  assert.equal(last(series, T.spans.name, {}), 4);
});

test('what waits by design is a request without a latency', () => {
  const waiting: readonly CountedSpan['attributes'][] = [
    { 'gumshoe.blocking': 'true' },
    { 'messaging.operation.type': 'receive' },
    { 'http.status_code': '101' },
    { 'http.response.header.content-type': 'text/event-stream; charset=utf-8' },
  ];
  for (const attributes of waiting) {
    const series = traceSeries([span({ attributes, duration: 60_000 }), span({ traceId: 'u', spanId: 'b' })]);
    assert.equal(last(series, T.requests.name, { service_name: 'web' }), 2);
    assert.equal(last(series, `${T.duration.name}_count`, { service_name: 'web' }), 1);
  }
});
