import assert from 'node:assert/strict';
import { test } from 'node:test';
import { http2StatusLabel } from '../protocols/http2/describe.ts';
import { Http2Event } from '../receivers/ebpf/http2-event.ts';
import { constants } from '../receivers/ebpf/layout.generated.ts';
import { http2Record, identityFrame } from '../receivers/ebpf/testdata/records.ts';
import type { Http2Record, IdentityFrame } from '../receivers/ebpf/testdata/records.ts';
import { WallTime } from './clock-offset.ts';
import { Http2Requests } from './http2-requests.ts';
import type { Http2Exchange } from './http2-requests.ts';
import { Http2Spans } from './http2-spans.ts';

const CLIENT = {
  direction: constants.GS_OUTBOUND,
  local: ['10.0.0.1', 40000],
  remote: ['10.0.0.2', 8080],
} as const;
const END = 0x5;
/** Indexed fields of the static table: `:method GET`, `:scheme http`, `:path /`; `:status 200`, `:status 500`. */
const GET = [0x82, 0x86, 0x84];
const [OK, FAILED] = [[0x88], [0x8e]];

const headers = (stream: number, block: readonly number[]): Uint8Array =>
  Uint8Array.from([0, 0, block.length, 1, END, 0, 0, 0, stream, ...block]);
const request = (identity: IdentityFrame, block: readonly number[] = GET): Uint8Array =>
  Buffer.concat([identityFrame(identity), headers(identity.stream, block)]);

/** A machine whose kernel is the test; `take` gives it one record and tells the requests that ended. */
function machine() {
  const done: Http2Exchange[] = [];
  const requests = new Http2Requests((exchange) => done.push(exchange));
  const take = (record: Http2Record): readonly Http2Exchange[] => {
    const view = http2Record({ ...CLIENT, ...record });
    requests.take(new Http2Event().moveTo(view, 0, view.byteLength));
    return done.splice(0);
  };
  return { requests, take };
}

const EVERY = 1_000_000;

function exchange(answer: readonly number[], identity: Partial<IdentityFrame> = {}): Http2Exchange {
  const { take } = machine();
  take({ time: 1000n, bytes: request({ stream: 1, sampled: EVERY, ...identity }) });
  const [done] = take({ time: 3000n, fromClient: false, bytes: headers(1, answer) });
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
const owner = () => ({ serviceName: 'shop', resource: {} });

test('a request ends with its answer, and keeps the identity it began with', () => {
  const { request: told, socket } = exchange(OK, { wireId: 0xffff_eeee_dddd_ccccn });
  assert.deepEqual([told.method, told.path, http2StatusLabel(told)], ['GET', '/', '200']);
  assert.deepEqual([told.started, told.ended], [1000, 3000]);
  assert.deepEqual([told.identity?.wireId, socket.remotePort], [0xffff_eeee_dddd_ccccn, 8080]);
});

test('what is open when the connection ends has failed', () => {
  const { requests, take } = machine();
  take({ bytes: request({ stream: 1 }) });
  const [done] = take({ flags: constants.GS_HTTP2_CLOSED, time: 9000n });
  assert.equal(done && http2StatusLabel(done.request), 'failed');
  assert.equal(requests.size, 0);
  take({ bytes: headers(1, GET), time: 1n });
  requests.expire(601_000_000_000);
  assert.equal(requests.size, 0);
});

test('connections are told apart by all bits of their names that differ', () => {
  const { requests, take } = machine();
  for (const connection of [0xffff_8881_0000_0000n, 0xffff_8881_0000_0001n, 0xffff_8882_0000_0000n])
    take({ connection, bytes: request({ stream: 1 }) });
  assert.equal(requests.size, 3);
});

test('requests are counted by status at the end that is looked at, and handed over once', () => {
  const { requests, take } = machine();
  const counts = () => {
    const all: string[] = [];
    requests.takeCounts(({ address, port }, status, totals) =>
      all.push(`${address}:${port} ${status} ${totals.join()}`),
    );
    return all;
  };
  for (const stream of [1, 3, 5]) {
    take({ time: 0n, bytes: request({ stream }) });
    const answer = headers(stream, stream === 5 ? FAILED : OK);
    take({ time: 2_000_000n, fromClient: false, bytes: answer });
  }
  const none = ',0'.repeat(14);
  assert.deepEqual(counts(), [
    `10.0.0.2:8080 200 2,4000000,0,2${none}`,
    `10.0.0.2:8080 500 1,2000000,0,1${none}`,
  ]);
  assert.deepEqual(counts(), []);
});

test('sampled spans say the share that was kept; failed ones are kept within their own bound', () => {
  const builder = spans();
  const ratio = (done: Http2Exchange) => builder.build(done, owner)?.SpanAttributes['gumshoe.sampling.ratio'];
  assert.equal(ratio(exchange(OK, { sampled: EVERY / 4 })), '0.25');
  assert.equal(ratio(exchange(OK, { sampled: 0 })), undefined);
  assert.equal(ratio(exchange(FAILED, { sampled: 0 })), '1');
  assert.equal(ratio(exchange(FAILED, { sampled: 0 })), undefined);
  assert.equal(builder.sampledOut, 2);
  assert.equal(
    builder.build(exchange(OK), () => undefined),
    undefined,
  );
  assert.equal(builder.ownerless, 1);
});

test('a span has the ids that the kernel gave it, or those that follow from its wire id', () => {
  const place = (done: Http2Exchange) => {
    const row = spans().build(done, owner);
    return [row?.TraceId, row?.SpanId, row?.ParentSpanId, row?.SpanAttributes['gumshoe.parent.link']];
  };
  const identity = { traceId: [0x1a2bn, 0xffff_ffff_ffff_fff1n], spanId: 0xabcn, parentSpanId: 7n } as const;
  const parentLink = constants.GS_PARENT_THREAD;
  assert.deepEqual(place(exchange(OK, { ...identity, parentLink })), [
    '0000000000001a2bfffffffffffffff1',
    '0000000000000abc',
    '0000000000000007',
    'thread',
  ]);
  // splitmix64 of the wire id and 3, 4 and 1: bpf/include/lib/span_identity.bpf.h
  assert.deepEqual(place(exchange(FAILED, { wireId: 12345n, sampled: 0 })), [
    '1e9a57bc80e6721d2d160e7e5c3f42ca',
    '22118258a9d111a0',
    '',
    undefined,
  ]);
});

test('a context that the request names wins', () => {
  const traceparent = Buffer.from('00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01');
  const name = Buffer.from('traceparent');
  const block = [...GET, 0, name.length, ...name, traceparent.length, ...traceparent];
  const { take } = machine();
  take({ bytes: request({ stream: 1, sampled: EVERY }, block) });
  const [done] = take({ fromClient: false, bytes: headers(1, OK) });
  const row = done && spans().build(done, owner);
  assert.deepEqual(
    [row?.TraceId, row?.ParentSpanId],
    ['0af7651916cd43dd8448eb211c80319c', 'b7ad6b7169203331'],
  );
});
