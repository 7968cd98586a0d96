import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { frame } from '../../collector/src/protocols/testdata/http2-frame.ts';
import { constants, layout } from '../../collector/src/receivers/ebpf/layout.generated.ts';
import { decode } from './decode.ts';
import type { Struct } from './decode.ts';
import { skipReason } from './environment.ts';
import { NetworkNamespace, stop } from './network-namespace.ts';
import { observe } from './observed.ts';
import type { Observed } from './observed.ts';
import { NODE, program } from './servers/start.ts';

const PORT = '8010';
const DATA = 0;
const HEADERS = 1;
const SETTINGS = 4;
const PING = 6;
const HEAD = 9;
const EVERYTHING = { span_rate_per_second: 100_000 };

interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly body: Uint8Array;
}

/** Takes captured bytes apart; throws when they are no row of frames. */
function framesOf(bytes: Uint8Array): readonly Frame[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const frames: Frame[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = view.getUint32(at, false) >>> 8;
    const type = bytes[at + 3]!;
    const end = at + HEAD + (type === DATA ? 0 : length);
    const body = bytes.subarray(at + HEAD, end);
    frames.push({ type, flags: bytes[at + 4]!, stream: view.getUint32(at + 5, false), body });
    at = end;
    assert.ok(at <= bytes.length, `frame ${frames.length} of type ${type} ends behind the captured bytes`);
  }
  return frames;
}

interface Direction {
  readonly frames: readonly Frame[];
}

/** By connection and side: all bytes of one direction as one. */
function directions(observed: Observed, direction: number, fromClient: number): readonly Direction[] {
  const byConnection = new Map<bigint, Struct[]>();
  for (const event of observed.events) {
    if (event['direction'] !== direction || event['from_client'] !== fromClient) continue;
    if ((event['flags'] as number) & constants.GS_HTTP2_CLOSED) continue;
    const key = event['connection'] as bigint;
    byConnection.set(key, [...(byConnection.get(key) ?? []), event]);
  }
  return [...byConnection.values()].map((events) => {
    const bytes = events.map((event) =>
      (event['bytes'] as Uint8Array).subarray(0, event['length'] as number),
    );
    return { frames: framesOf(Buffer.concat(bytes)) };
  });
}

/** Header blocks of requests at one end and what is missing between them, as the kernel told it, record by record. */
function story(observed: Observed, direction: number): readonly string[] {
  return observed.events.flatMap((event) => {
    if (event['direction'] !== direction || event['from_client'] !== 1) return [];
    const flags = event['flags'] as number;
    if (flags & constants.GS_HTTP2_CLOSED) return [];
    const bytes = (event['bytes'] as Uint8Array).subarray(0, event['length'] as number);
    const headers = framesOf(bytes).filter(({ type }) => type === HEADERS);
    return [
      ...(flags & constants.GS_HTTP2_LOST ? ['gap'] : []),
      ...headers.map(({ stream }) => `headers ${stream}`),
    ];
  });
}

/** Python that sends each of these as one call over a connection to itself, and receives it in one. */
const sendsInCalls = (calls: readonly Buffer[]): string =>
  [
    'import socket',
    'listener = socket.socket(); listener.bind(("127.0.0.1", 0)); listener.listen()',
    'client = socket.socket(); client.connect(listener.getsockname())',
    'server = listener.accept()[0]',
    ...calls.map((bytes) => `client.sendall(bytes.fromhex("${bytes.toString('hex')}")); server.recv(65536)`),
    'client.close(); server.close()',
  ].join('\n');

const OPENING = Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), frame(SETTINGS, 0, 0, [])]);
/** :method GET, :scheme http, :path / of the static table; the stream ends with it. */
const request = (stream: number): Buffer => frame(HEADERS, 5, stream, [0x82, 0x86, 0x84]);
const ping = frame(PING, 0, 0, [0, 0, 0, 0, 0, 0, 0, 0]);

/** Stream, wire id and trace of each request that began; whole ones only, as everything is sampled. */
function identities(frames: readonly Frame[]): readonly string[] {
  return frames.flatMap(({ type, stream, body }, i) => {
    if (type !== constants.GS_HTTP2_IDENTITY) return [];
    const next = frames[i + 1];
    assert.deepEqual([next?.type, next?.stream], [HEADERS, stream], 'stands before its HEADERS');
    assert.equal(body.length, layout.gs_http2_identity.size);
    const identity = decode('gs_http2_identity', body, 0);
    assert.ok((identity['sampled'] as number) > 0);
    return [`${stream} ${identity['wire_id']} ${identity['trace_id_high']} ${identity['trace_id_low']}`];
  });
}

describe('what cannot be told of HTTP/2', { skip: skipReason() }, () => {
  const told = async (...calls: readonly Buffer[]): Promise<readonly (readonly string[])[]> => {
    const namespace = new NetworkNamespace();
    const observed = observe('requests', { netns: [namespace.inode] }, EVERYTHING);
    try {
      await namespace.run(['/usr/bin/python3', '-S', '-c', sendsInCalls([OPENING, ...calls])]);
      await observed.settle();
      return [constants.GS_OUTBOUND, constants.GS_INBOUND].map((side) => story(observed, side));
    } finally {
      observed.close();
      await namespace.close();
    }
  };
  const atBothEnds = (...story: readonly string[]): readonly (readonly string[])[] => [story, story];

  test('a call with more frames than are looked at: a gap after those that were, before the next call', async () => {
    const pings = Array.from({ length: 200 }, () => ping);
    const long = Buffer.concat([request(1), ...pings, request(3)]);
    assert.deepEqual(await told(long, request(5)), atBothEnds('headers 1', 'gap', 'headers 5'));
  });

  test('bytes that are no frame: a gap after the frames before them', async () => {
    const noFrame = Buffer.concat([request(1), Buffer.alloc(HEAD, 0xff), request(3)]);
    assert.deepEqual(await told(noFrame, request(5)), atBothEnds('headers 1', 'gap', 'headers 5'));
  });
});

describe('HTTP/2', { skip: skipReason() }, () => {
  let namespace: NetworkNamespace;
  let server: ChildProcess;
  let observed: Observed;
  before(async () => {
    namespace = new NetworkNamespace();
    server = await namespace.serve([NODE, program('http2.mjs'), 'serve', PORT], /ready/);
    observed = observe('requests', { netns: [namespace.inode] }, EVERYTHING);
  });
  after(async () => {
    observed.close();
    await stop(server);
    await namespace.close();
  });

  test('every request and answer of node:http2 reaches user space whole, with one identity at both ends', async () => {
    const sent = JSON.parse(
      await namespace.run([NODE, program('http2.mjs'), 'load', PORT, '80', '3']),
    ) as Record<string, number>;
    await observed.settle();
    assert.deepEqual(sent, { 200: 180, 503: 60 });
    for (const side of [constants.GS_OUTBOUND, constants.GS_INBOUND]) {
      const asked = directions(observed, side, 1);
      const answered = directions(observed, side, 0);
      assert.deepEqual([asked.length, answered.length], [3, 3]);
      for (const { frames } of asked) {
        assert.equal(frames.filter(({ type }) => type === HEADERS).length, 80);
        assert.equal(identities(frames).length, 80);
      }
      for (const { frames } of answered) {
        assert.equal(frames.filter(({ type }) => type === HEADERS).length, 80);
        assert.equal(frames.filter(({ type, flags }) => type === DATA && flags & 1).length, 80);
      }
    }
    const [client, served] = [constants.GS_OUTBOUND, constants.GS_INBOUND].map((side) =>
      directions(observed, side, 1).flatMap(({ frames }) => identities(frames)),
    );
    assert.deepEqual([...client!].sort(), [...served!].sort());
    assert.equal(new Set(client).size, 240);
    const lost = observed.events.filter((event) => (event['flags'] as number) & constants.GS_HTTP2_LOST);
    assert.equal(lost.length, 0);
  });

  test('a record is as long as its frames', () => {
    for (const event of observed.events) {
      const size = (event['header'] as Struct)['size'] as number;
      assert.equal(size, layout.gs_http2_event.fields.bytes.offset + (event['length'] as number));
    }
  });

  test('nothing is left behind once the connections are closed', async () => {
    await observed.settle();
    const closed = observed.events.filter((event) => (event['flags'] as number) & constants.GS_HTTP2_CLOSED);
    assert.equal(closed.length, 6);
    assert.equal(observed.entries('pipelines', 'gs_waiting_key', 'gs_waiting').length, 0);
  });
});
