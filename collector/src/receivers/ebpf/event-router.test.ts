import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { EventRouter } from './event-router.ts';
import { constants } from './layout.generated.ts';
import {
  concatRecords,
  http2Record,
  listenRecord,
  processRecord,
  requestRecord,
} from './testdata/records.ts';

function route(batch: DataView) {
  const seen: string[] = [];
  const router = new EventRouter({
    request: (event) => seen.push(`request ${event.tgid} ${event.status} ${event.payload.length}`),
    dns: ({ tgid, answered }) => seen.push(`dns ${tgid} ${answered}`),
    http2: ({ connection, at, end }) => seen.push(`http2 ${connection} ${end - at}`),
    process: ({ change, tgid, comm, exitCode }) => seen.push(`process ${change} ${tgid} ${comm} ${exitCode}`),
    listen: ({ open, tgid, address, port, netns }) =>
      seen.push(`listen ${open} ${tgid} ${address}:${port} ${netns}`),
  });
  router.consume(batch);
  return { seen, malformed: router.malformed };
}

const BATCH = concatRecords([
  processRecord({ type: constants.GS_EVENT_PROCESS_EXEC, tgid: 7, comm: 'redis-server' }),
  listenRecord({ type: constants.GS_EVENT_TCP_LISTEN, tgid: 7, address: '10.0.0.2', port: 6379, netns: 12 }),
  requestRecord({ tgid: 8, status: 404, payload: 'GET / HTTP/1.1\r\n' }),
  listenRecord({ type: constants.GS_EVENT_TCP_OPEN, tgid: 8, address: '10.0.0.1', port: 40000, netns: 12 }),
  listenRecord({
    type: constants.GS_EVENT_TCP_LISTEN_CLOSE,
    tgid: 7,
    address: '10.0.0.2',
    port: 6379,
    netns: 12,
  }),
  processRecord({ type: constants.GS_EVENT_OOM_KILL, tgid: 7, comm: 'a-name-of-16-byt', exitCode: 9 }),
  http2Record({ connection: 4096n, bytes: new Uint8Array(16) }),
]);

test('each record goes to its sink, in order', () => {
  assert.deepEqual(route(BATCH), {
    seen: [
      'process exec 7 redis-server 0',
      'listen true 7 10.0.0.2:6379 12',
      'request 8 404 16',
      'listen false 7 10.0.0.2:6379 12',
      'process oom-kill 7 a-name-of-16-byt 9',
      'http2 4096 16',
    ],
    malformed: 0,
  });
});

test('a record cut short ends the batch, what came before counts', () => {
  const all = route(BATCH).seen;
  for (let length = 0; length < BATCH.byteLength; length++) {
    const { seen } = route(new DataView(BATCH.buffer, 0, length));
    assert.deepEqual(seen, all.slice(0, seen.length));
    assert.ok(seen.length < all.length);
  }
});

test('a record shorter than its type is counted and skipped', () => {
  const short = processRecord({ type: constants.GS_EVENT_REQUEST, tgid: 1, comm: '' });
  assert.deepEqual(route(concatRecords([short, short])), { seen: [], malformed: 2 });
});

test('garbage never throws and always ends', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2048 }), (bytes) => {
      route(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    }),
  );
});
