import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Http2Request } from '../protocols/http2/connection.ts';
import { StreamingCalls } from './http2-streams.ts';

const MS = 1_000_000;

/** A gRPC call that was answered after 5 ms and ended `tail` ms later. */
const call = (path: string, tail: number, also: Partial<Http2Request> = {}): Http2Request => ({
  streamId: 1,
  method: 'POST',
  path,
  authority: '',
  scheme: 'http',
  status: 200,
  grpcStatus: 0,
  grpcMessage: '',
  isGrpc: true,
  traceContext: undefined,
  identity: undefined,
  started: 0,
  answered: 5 * MS,
  ended: (5 + tail) * MS,
  duplex: false,
  eventStream: false,
  outcome: 'ended',
  ...also,
});

test('a method whose answers last and never came at once streams', () => {
  const calls = new StreamingCalls();
  assert.equal(calls.isStreaming(call('/shop.Orders/Watch', 30_000)), true);
  assert.equal(calls.isStreaming(call('/shop.Orders/Watch', 200)), false);
  assert.equal(calls.isStreaming(call('/shop.Orders/Watch', 1, { grpcStatus: 16 })), false);
  assert.equal(calls.isStreaming(call('/shop.Orders/Watch', 4000, { grpcStatus: undefined })), true);
});

test('a method that has answered at once has a slow network, not a stream', () => {
  const calls = new StreamingCalls();
  calls.isStreaming(call('/shop.Orders/Get', 1));
  assert.equal(calls.isStreaming(call('/shop.Orders/Get', 5000)), false);
});

test('what streams in both directions, and event streams, need no history', () => {
  const calls = new StreamingCalls();
  assert.equal(calls.isStreaming(call('/shop.Chat/Talk', 1, { duplex: true })), true);
  const events = { isGrpc: false, grpcStatus: undefined, eventStream: true };
  assert.equal(calls.isStreaming(call('/events', 1, events)), true);
  const download = { isGrpc: false, grpcStatus: undefined };
  assert.equal(calls.isStreaming(call('/file', 60_000, download)), false);
});

test('beyond the methods that are remembered calls are ordinary', () => {
  const calls = new StreamingCalls();
  for (let i = 0; i < 1000; i++) calls.isStreaming(call(`/a.B/M${i}`, 1));
  assert.equal(calls.isStreaming(call('/a.B/Late', 60_000)), false);
});
