import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Http2Request } from './connection.ts';
import { describeHttp2, http2Failed, http2StatusLabel } from './describe.ts';

const request = (given: Partial<Http2Request>): Http2Request => ({
  streamId: 1,
  method: 'POST',
  path: '/',
  authority: 'shop',
  scheme: 'http',
  status: 200,
  grpcStatus: undefined,
  grpcMessage: '',
  isGrpc: false,
  traceContext: undefined,
  identity: undefined,
  started: 0,
  answered: 1,
  ended: 1,
  duplex: false,
  eventStream: false,
  outcome: 'ended',
  ...given,
});

test('plain requests are named as those of HTTP/1 are, without a query string', () => {
  const plain = request({ method: 'GET', path: '/orders/42?token=hunter2', status: 404 });
  const { spanName, failed, statusMessage, attributes } = describeHttp2(plain, 'outbound');
  assert.deepEqual(
    { spanName, failed, statusMessage },
    { spanName: 'GET /orders/{id}', failed: true, statusMessage: 'HTTP 404' },
  );
  assert.equal(attributes['url.path'], '/orders/42');
  assert.equal(describeHttp2(plain, 'inbound').failed, false);
  assert.equal(http2StatusLabel(plain), '404');
});

test('a call is named by service and method, judged by its code; the message stays where it is', () => {
  const call = request({
    isGrpc: true,
    path: '/shop.Orders/Place',
    grpcStatus: 5,
    grpcMessage: 'no user hunter2',
  });
  const told = describeHttp2(call, 'outbound');
  assert.equal(told.spanName, 'shop.Orders/Place');
  assert.deepEqual([told.failed, told.statusMessage], [true, 'NOT_FOUND']);
  assert.equal(told.attributes['rpc.grpc.status_code'], '5');
  assert.ok(!JSON.stringify(told).includes('hunter2'));
  assert.equal(http2Failed(call, 'inbound'), false);
  assert.equal(http2Failed(request({ isGrpc: true, grpcStatus: 14 }), 'inbound'), true);
  assert.equal(http2StatusLabel(call), 'grpc:NOT_FOUND');
  assert.equal(http2StatusLabel(request({ isGrpc: true, grpcStatus: 99 })), 'grpc:UNKNOWN');
});

test('without an answer', () => {
  const lost = request({ status: 0, outcome: 'closed' });
  assert.equal(http2StatusLabel(lost), 'failed');
  assert.equal(describeHttp2(lost, 'outbound').statusMessage, 'connection closed before a response');
  assert.equal(http2Failed(request({ status: 0, outcome: 'reset' }), 'inbound'), false);
});

test('any path gives a bounded name', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 3000, unit: 'binary' }), fc.boolean(), (path, isGrpc) => {
      const { spanName, attributes } = describeHttp2(request({ path, isGrpc }), 'outbound');
      assert.ok(spanName.length > 0 && spanName.length <= 256);
      for (const value of Object.values(attributes)) assert.ok(value.length <= 512);
    }),
  );
});
