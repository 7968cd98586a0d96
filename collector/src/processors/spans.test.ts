import assert from 'node:assert/strict';
import { test } from 'node:test';
import { constants } from '../receivers/ebpf/layout.generated.ts';
import { RequestEvent } from '../receivers/ebpf/request-event.ts';
import { requestRecord } from '../receivers/ebpf/testdata/records.ts';
import type { RequestRecord } from '../receivers/ebpf/testdata/records.ts';
import { WallTime } from './clock-offset.ts';
import { SpanBuilder } from './spans.ts';

const OWNER = {
  serviceName: 'orders',
  resource: { 'service.name': 'orders', 'container.id': '/x.slice/orders' },
};
/** Wall time is monotonic time plus 1,700,000,000 s; both clocks stand still. */
const wallTime = new WallTime(
  () => 0n,
  () => 1_700_000_000_000,
);

const build = (record: RequestRecord) =>
  new SpanBuilder(wallTime).build(new RequestEvent().moveTo(requestRecord(record), 0), OWNER);

test('a server span, whole', () => {
  const row = build({
    time: 1_000_000_123n,
    durationNs: 2_500_000n,
    traceId: [0xabcn, 0xffff_ffff_0000_0001n],
    spanId: 0x1234_5678_9abc_def0n,
    parentSpanId: 0xfn,
    parentLink: constants.GS_PARENT_WIRE,
    direction: constants.GS_INBOUND,
    status: 503,
    reason: constants.GS_REASON_FAILED | constants.GS_REASON_SLOW,
    payload: 'GET /orders/7?token=x HTTP/1.1\r\nAuthorization: Bearer x\r\n',
    local: ['10.0.0.2', 8080],
    remote: ['10.0.0.1', 41000],
  });
  assert.deepEqual(row, {
    Timestamp: '1700000001.000000123',
    TraceId: '0000000000000abcffffffff00000001',
    SpanId: '123456789abcdef0',
    ParentSpanId: '000000000000000f',
    SpanName: 'GET /orders/{id}',
    SpanKind: 'Server',
    ServiceName: 'orders',
    ResourceAttributes: OWNER.resource,
    ScopeName: 'gumshoe.collector.ebpf',
    SpanAttributes: {
      'gumshoe.protocol': 'http',
      'http.response.status_code': '503',
      'http.request.method': 'GET',
      'url.path': '/orders/7',
      'server.address': '10.0.0.2',
      'server.port': '8080',
      'client.address': '10.0.0.1',
      'client.port': '41000',
      'gumshoe.parent.link': 'wire',
      'gumshoe.kept': 'failed,slow',
      'gumshoe.sampling.ratio': '1',
    },
    Duration: 2_500_000,
    StatusCode: 'Error',
    StatusMessage: 'HTTP 503',
  });
});

test('a client span is a root without a parent, its server is the remote end', () => {
  const row = build({
    protocol: constants.GS_PROTOCOL_REDIS,
    status: 0,
    payload: '*2\r\n$3\r\nGET\r\n$1\r\nk\r\n',
  });
  assert.equal(row?.SpanKind, 'Client');
  assert.equal(row?.ParentSpanId, '');
  assert.equal(row?.StatusCode, 'Unset');
  assert.equal(row?.SpanName, 'GET');
  assert.equal(row?.SpanAttributes['server.address'], '10.0.0.2');
  assert.equal(row?.SpanAttributes['gumshoe.parent.link'], undefined);
  assert.equal(row?.SpanAttributes['gumshoe.kept'], 'sampled');
});

test('a connection that ended without a response fails its span and shows no status', () => {
  const row = build({ status: constants.GS_STATUS_NO_RESPONSE, payload: 'GET / HTTP/1.1\r\n' });
  assert.equal(row?.StatusCode, 'Error');
  assert.equal(row?.StatusMessage, 'connection closed before a response');
  assert.equal(row?.SpanAttributes['http.response.status_code'], undefined);
});

test('an unknown protocol gives no span', () => {
  assert.equal(build({ protocol: 99 }), undefined);
});

test('a named statement is remembered per connection, by process and endpoints', () => {
  const builder = new SpanBuilder(wallTime);
  const event = new RequestEvent();
  const span = (record: RequestRecord) =>
    builder.build(
      event.moveTo(requestRecord({ protocol: constants.GS_PROTOCOL_POSTGRES, status: 0, ...record }), 0),
      OWNER,
    );
  span({ payload: 'P\0\0\0\x1cs1\0SELECT 1 FROM stock\0\0\0' });
  const bind = 'B\0\0\0\x10\0s1\0\0\0\0\0\0\0';
  assert.equal(span({ payload: bind })?.SpanName, 'SELECT stock');
  assert.equal(span({ payload: bind, local: ['10.0.0.1', 40001] })?.SpanName, 'EXECUTE');
  assert.equal(span({ payload: bind, tgid: 101 })?.SpanName, 'EXECUTE');
});

test('a W3C context in the payload wins, and our own span of the other end stays the parent', () => {
  const traceparent = 'traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
  const payload = `GET / HTTP/1.1\r\nHost: x\r\n${traceparent}\r\n\r\n`;
  const alone = build({ payload, parentSpanId: 0n });
  assert.equal(alone?.TraceId, '4bf92f3577b34da6a3ce929d0e0e4736');
  assert.equal(alone?.ParentSpanId, '00f067aa0ba902b7');
  const below = build({ payload, parentSpanId: 15n, parentLink: constants.GS_PARENT_WIRE });
  assert.equal(below?.TraceId, '4bf92f3577b34da6a3ce929d0e0e4736');
  assert.equal(below?.ParentSpanId, '000000000000000f');
});
