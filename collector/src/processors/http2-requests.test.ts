import assert from 'node:assert/strict';
import { test } from 'node:test';
import { http2StatusLabel } from '../protocols/http2/describe.ts';
import type { Http2Event, Http2Identity } from '../receivers/ebpf/http2-event.ts';
import { WallTime } from './clock-offset.ts';
import { Http2Requests } from './http2-requests.ts';
import type { Http2Exchange } from './http2-requests.ts';
import { Http2Spans } from './http2-spans.ts';

const SOCKET = {
  tgid: 10,
  cgroupId: 1n,
  netns: 7,
  inbound: false,
  localAddress: '10.0.0.1',
  localPort: 40000,
  remoteAddress: '10.0.0.2',
  remotePort: 8080,
};
const END = 0x5;
/** Indexed fields of the static table: `:method GET`, `:scheme http`, `:path /`; `:status 200`, `:status 500`. */
const GET = [0x82, 0x86, 0x84];
const [OK, FAILED] = [[0x88], [0x8e]];

const headers = (stream: number, block: readonly number[]): Uint8Array =>
  Uint8Array.from([0, 0, block.length, 1, END, 0, 0, 0, stream, ...block]);

const identity = (streamId: number, sampledShare = 1): Http2Identity => ({
  streamId,
  parentLink: 0,
  wireId: BigInt(streamId),
  traceHigh: 1n,
  traceLow: 2n,
  parentSpanId: 0n,
  sampledShare,
});

const event = (also: Partial<Http2Event>): Http2Event => ({
  connection: 1n,
  tgid: 10,
  time: 1000n,
  fromClient: true,
  lost: false,
  closed: false,
  sequence: 1,
  bytes: new Uint8Array(0),
  begun: [],
  socket: () => SOCKET,
  ...also,
});

function exchange(answer: readonly number[], sampledShare = 1): Http2Exchange {
  const requests = new Http2Requests();
  requests.take(event({ bytes: headers(1, GET), begun: [identity(1, sampledShare)] }));
  const [done] = requests.take(event({ fromClient: false, time: 3000n, bytes: headers(1, answer) }));
  assert.ok(done);
  return done;
}

const spans = () =>
  new Http2Spans(
    new WallTime(
      () => 0n,
      () => 0,
    ),
    { slowNs: 1e9, exceptionsPerSecond: 1 },
  );
const OWNER = { serviceName: 'shop', resource: {} };

test('a request ends with its answer, and keeps the identity it began with', () => {
  const { request, identity: kept, socket } = exchange(OK);
  assert.deepEqual([request.method, request.path, http2StatusLabel(request)], ['GET', '/', '200']);
  assert.deepEqual([kept?.wireId, socket.remotePort], [1n, 8080]);
});

test('what is open when the connection ends has failed', () => {
  const requests = new Http2Requests();
  requests.take(event({ bytes: headers(1, GET), begun: [identity(1)] }));
  const [done] = requests.take(event({ closed: true, time: 9000n }));
  assert.equal(done && http2StatusLabel(done.request), 'failed');
  assert.equal(requests.size, 0);
  requests.take(event({ bytes: headers(1, GET), time: 1n }));
  requests.expire(601_000_000_000n);
  assert.equal(requests.size, 0);
});

test('sampled spans say the share that was kept; failed ones are kept within their own bound', () => {
  const builder = spans();
  const ratio = (done: Http2Exchange) => builder.build(done, OWNER)?.SpanAttributes['gumshoe.sampling.ratio'];
  assert.equal(ratio(exchange(OK, 0.25)), '0.25');
  assert.equal(ratio(exchange(OK, 0)), undefined);
  assert.equal(ratio(exchange(FAILED, 0)), '1');
  assert.equal(ratio(exchange(FAILED, 0)), undefined);
  assert.equal(builder.sampledOut, 2);
});
