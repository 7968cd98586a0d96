import assert from 'node:assert/strict';
import { once } from 'node:events';
import http2 from 'node:http2';
import { connect, createServer, type AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import fc from 'fast-check';
import { Http2Connection, type Http2Chunk, type Http2Request } from './connection.ts';
import { FIELD, Fields } from './fields.ts';
import { HpackDecoder } from './hpack.ts';
import { decodeHuffman, KRAFT_SUM } from './huffman.ts';
import { frame } from '../testdata/http2-frame.ts';

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));

test('the Huffman code is complete', () => {
  assert.equal(KRAFT_SUM, 1);
});

test('strings of RFC 7541, appendix C', () => {
  assert.equal(decodeHuffman(hex('f1e3 c2e5 f23a 6ba0 ab90 f4ff')), 'www.example.com');
  assert.equal(
    decodeHuffman(hex('d07a be94 1054 d444 a820 0595 040b 8166 e082 a62d 1bff')),
    'Mon, 21 Oct 2013 20:13:21 GMT',
  );
  assert.equal(decodeHuffman(hex('f1e3 c2e5 f23a 6ba0 ab90 f4')), undefined, 'padding of zeros');
  assert.equal(decodeHuffman(hex('ffff ffff')), undefined, 'EOS');
});

/** What one block says: the text of a field by its place, as far as it is known. */
function decoded(decoder: HpackDecoder, block: Uint8Array): (field: number) => string | undefined {
  const fields = new Fields();
  decoder.decode(block, 0, block.length, fields);
  return (field) => fields.get(field)?.text;
}

test('requests of RFC 7541, C.4: one table over three blocks', () => {
  const decoder = new HpackDecoder();
  const authority = (block: string): string | undefined => decoded(decoder, hex(block))(FIELD.authority);
  assert.equal(authority('8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff'), 'www.example.com');
  assert.equal(authority('8286 84be 5886 a8eb 1064 9cbf'), 'www.example.com');
  assert.equal(authority('8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf'), 'www.example.com');
});

test('a decoder that joins late gives no value for what it did not see, and the right one for what it did', () => {
  const decoder = new HpackDecoder();
  const late = decoded(decoder, hex('8286 84be'));
  assert.deepEqual([FIELD.method, FIELD.scheme, FIELD.path, FIELD.authority].map(late), [
    'GET',
    'http',
    '/',
    undefined,
  ]);
  decoder.decode(hex('4401 2f'), 0, 3, new Fields());
  assert.equal(decoded(decoder, hex('be'))(FIELD.path), '/');
});

test('headers that authenticate are not kept, whatever form they take', () => {
  const decoder = new HpackDecoder();
  for (const block of ['57 06 736563726574 40 05 782d6b6579 06 736563726574', 'be bf']) {
    const value = decoded(decoder, hex(block));
    for (const field of Object.values(FIELD)) assert.equal(value(field), undefined);
  }
});

test('values leave the table with their entries, and come back in any number', () => {
  const decoder = new HpackDecoder();
  // a table of 64 bytes has room for one path of four characters
  assert.equal(decoded(decoder, hex('3f21 4404 2f616161'))(FIELD.path), '/aaa');
  assert.equal(decoded(decoder, hex('be'))(FIELD.path), '/aaa');
  decoder.decode(hex('4404 2f626262'), 0, 6, new Fields());
  assert.equal(decoded(decoder, hex('be'))(FIELD.path), '/bbb');
  assert.equal(decoded(decoder, hex('bf'))(FIELD.path), undefined);
  decoder.decode(hex('3fe11f'), 0, 3, new Fields());
  for (let i = 0; i < 99; i++)
    decoder.decode(hex(`4404 2f${Buffer.from(`${i}`.padStart(3, '0')).toString('hex')}`), 0, 6, new Fields());
  assert.equal(decoded(decoder, hex('be'))(FIELD.path), '/098');
  assert.equal(decoded(decoder, hex('ff10'))(FIELD.path), '/017', '4096 bytes hold 99 of 41 bytes');
});

test('no block makes the decoder throw', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 80 }), { maxLength: 5 }), (blocks) => {
      const decoder = new HpackDecoder();
      for (const block of blocks) {
        const value = decoded(decoder, block);
        for (const field of Object.values(FIELD)) assert.ok((value(field)?.length ?? 0) <= 2048);
      }
    }),
    { numRuns: 2000 },
  );
});

interface Wire {
  readonly fromClient: boolean;
  readonly bytes: Buffer;
}

/** A proxy that keeps the bytes of both directions in the order in which they passed. */
async function recorded(
  t: TestContext,
  port: number,
): Promise<{ readonly port: number; readonly wire: Wire[] }> {
  const wire: Wire[] = [];
  const proxy = createServer((client) => {
    const server = connect(port, '127.0.0.1');
    client.on('data', (bytes: Buffer) => {
      wire.push({ fromClient: true, bytes });
      server.write(bytes);
    });
    server.on('data', (bytes: Buffer) => {
      wire.push({ fromClient: false, bytes });
      client.write(bytes);
    });
    for (const socket of [client, server])
      socket.on('error', () => undefined).on('close', () => (client.destroy(), server.destroy()));
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  t.after(() => proxy.close());
  return { port: (proxy.address() as AddressInfo).port, wire };
}

/** As the kernel hands it over: without the bodies of frames that nobody needs. */
class KernelView {
  readonly #left = new Map<boolean, Buffer>([
    [true, Buffer.alloc(0)],
    [false, Buffer.alloc(0)],
  ]);
  #preface = true;

  take({ fromClient, bytes }: Wire): Uint8Array {
    let rest = Buffer.concat([this.#left.get(fromClient)!, bytes]);
    const out: Buffer[] = [];
    if (fromClient && this.#preface) {
      rest = rest.subarray(24);
      this.#preface = false;
    }
    while (rest.length >= 9) {
      const length = rest.readUIntBE(0, 3);
      if (rest.length < 9 + length) break;
      const [type, flags] = [rest[3]!, rest[4]!];
      if ([1, 3, 4, 5, 7, 9].includes(type)) out.push(rest.subarray(0, 9 + length));
      else if (type === 0 && flags & 1) out.push(rest.subarray(0, 9));
      rest = rest.subarray(9 + length);
    }
    this.#left.set(fromClient, Buffer.from(rest));
    return Buffer.concat(out);
  }
}

type Given = Pick<Http2Chunk, 'fromClient' | 'bytes' | 'time' | 'lost'>;

/** A connection; `take` gives it one chunk and tells the requests that ended with it. */
function following() {
  const done: Http2Request[] = [];
  const connection = new Http2Connection((request) => done.push(request));
  const take = ({ bytes, ...chunk }: Given): readonly Http2Request[] => {
    // as a part of a batch that is gone afterwards
    const batch = Uint8Array.from([255, ...bytes, 255]);
    connection.feed({ ...chunk, bytes: batch, at: 1, end: 1 + bytes.length });
    batch.fill(255);
    return done.splice(0);
  };
  const close = (time: number): readonly Http2Request[] => {
    connection.close(time);
    return done.splice(0);
  };
  return { connection, take, close };
}

/** All that can be asked of a request. */
const told = (request: Http2Request) => ({
  streamId: request.streamId,
  wireId: request.identity?.wireId,
  method: request.method,
  path: request.path,
  authority: request.authority,
  scheme: request.scheme,
  status: request.status,
  grpcStatus: request.grpcStatus,
  grpcMessage: request.grpcMessage,
  isGrpc: request.isGrpc,
  traceContext: request.traceContext,
  started: request.started,
  answered: request.answered,
  ended: request.ended,
  duplex: request.duplex,
  eventStream: request.eventStream,
  outcome: request.outcome,
});

/** Feeds what was recorded, cut into pieces by `cut`. */
function replay(wire: readonly Wire[], cut: (length: number) => number): Http2Request[] {
  const { take } = following();
  const view = new KernelView();
  let time = 0;
  const done: Http2Request[] = [];
  for (const one of wire) {
    const bytes = view.take(one);
    for (let at = 0; at < bytes.length;) {
      const size = Math.max(1, Math.min(bytes.length - at, cut(bytes.length)));
      done.push(
        ...take({
          fromClient: one.fromClient,
          bytes: bytes.subarray(at, at + size),
          time: ++time,
          lost: false,
        }),
      );
      at += size;
    }
  }
  return done;
}

const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

/** Many streams at once against a real server, with trailers, large headers and an early reset. */
async function traffic(
  t: TestContext,
): Promise<{ readonly wire: readonly Wire[]; readonly paths: readonly string[] }> {
  const server = http2.createServer();
  server.on('stream', (stream, headers) => {
    const path = headers[':path'] ?? '';
    if (path === '/reset') return stream.close(http2.constants.NGHTTP2_CANCEL);
    if (path.startsWith('/grpc')) {
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '13', 'grpc-message': 'broken' }));
      return stream.end('x'.repeat(100));
    }
    stream.additionalHeaders({ ':status': 103 });
    stream.respond({ ':status': path === '/missing' ? 404 : 200, 'x-large': 'y'.repeat(9000) });
    stream.end('body '.repeat(5000));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const proxy = await recorded(t, (server.address() as AddressInfo).port);
  const client = http2.connect(`http://127.0.0.1:${proxy.port}`);
  const paths = [
    '/',
    '/missing',
    '/reset',
    '/grpc.Shop/Get',
    ...Array.from({ length: 40 }, (_, i) => `/item/${i}`),
  ];
  await Promise.all(
    paths.map(
      (path) =>
        new Promise<void>((resolve) => {
          const stream = client.request({
            ':path': path,
            ':method': 'POST',
            traceparent: TRACEPARENT,
            authorization: 'Bearer hunter2',
            'x-long': 'z'.repeat(9000),
          });
          stream
            .on('error', () => undefined)
            .on('close', resolve)
            .resume();
          stream.end('request body');
        }),
    ),
  );
  client.close();
  return { wire: proxy.wire, paths };
}

test('every request of a real client and server, however the bytes are cut', async (t) => {
  const { wire, paths } = await traffic(t);
  let random = 1;
  const cuts: ((length: number) => number)[] = [
    (length) => length,
    () => 1,
    () => 7,
    () => (random = (random * 48271) % 2147483647) % 200,
  ];
  for (const cut of cuts) {
    const done = replay(wire, cut);
    const byPath = new Map(done.map((one) => [one.path, one]));
    assert.deepEqual([...byPath.keys()].sort(), [...paths].sort());
    assert.equal(done.length, paths.length);
    assert.equal(byPath.get('/')?.status, 200);
    assert.equal(byPath.get('/missing')?.status, 404);
    assert.equal(byPath.get('/reset')?.outcome, 'reset');
    const grpc = byPath.get('/grpc.Shop/Get');
    assert.deepEqual([grpc?.isGrpc, grpc?.grpcStatus, grpc?.grpcMessage], [true, 13, 'broken']);
    for (const one of done) {
      assert.equal(one.method, 'POST');
      assert.equal(one.traceContext?.spanId, 'b7ad6b7169203331');
      assert.ok(one.started < one.ended && one.answered <= one.ended);
    }
    assert.ok(!JSON.stringify(done.map(told)).includes('hunter2'));
  }
});

test('joined late, or with bytes lost: what is said is right or missing', async (t) => {
  const { wire, paths } = await traffic(t);
  const view = new KernelView();
  const chunks = wire.map((one) => ({ fromClient: one.fromClient, bytes: view.take(one) }));
  for (let skip = 1; skip < chunks.length; skip++) {
    const { take } = following();
    const done = chunks.flatMap((one, i) => (i < skip ? [] : take({ ...one, time: i, lost: i === skip })));
    for (const { path, status } of done) {
      assert.ok(path === '' || paths.includes(path), path);
      assert.ok([0, 200, 404].includes(status), String(status));
    }
  }
});

test('garbage: no throw, bounded in streams, the same answer twice', () => {
  const chunk = fc.record({
    fromClient: fc.boolean(),
    bytes: fc.uint8Array({ maxLength: 120 }),
    lost: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(chunk, { maxLength: 20 }), (chunks) => {
      const run = () => {
        const { connection, take, close } = following();
        const done = chunks.flatMap((one, i) => [...take({ ...one, time: i })]);
        done.push(...close(99));
        return [done.map(told), connection.open];
      };
      assert.deepEqual(run(), run());
    }),
    { numRuns: 1000 },
  );
});

test('streams without an end are bounded in number and in time', () => {
  const { connection, take } = following();
  const request = (streamId: number): Uint8Array => {
    const frame = Buffer.concat([Buffer.from([0, 0, 3, 1, 4, 0, 0, 0, 0]), Buffer.from([0x82, 0x86, 0x84])]);
    frame.writeUInt32BE(streamId, 5);
    return frame;
  };
  for (let i = 0; i < 1500; i++) take({ fromClient: true, bytes: request(2 * i + 1), time: i, lost: false });
  assert.equal(connection.open, 1000);
  assert.equal(connection.dropped, 500);
  assert.equal(connection.expire(601_000_000_000), 1000);
  assert.equal(connection.open, 0);
});

type Sent = readonly [side: 'client' | 'server', bytes: Uint8Array];

/** Frames one after the other, each by a side; time counts them. */
function fed(...frames: readonly Sent[]): readonly Http2Request[] {
  const { take } = following();
  return frames.flatMap(([side, bytes], i) =>
    take({ fromClient: side === 'client', bytes, time: i, lost: false }),
  );
}

const ask = (streamId: number): readonly ['client', Uint8Array] => [
  'client',
  frame(1, 5, streamId, [0x82, 0x86, 0x84]),
];

test('a gRPC call that is answered before its client is done streams in both directions', () => {
  // content-type: application/grpc, by its index in the static table and as text
  const grpc = [0x82, 0x86, 0x84, 0x5f, 16, ...Buffer.from('application/grpc')];
  const open = (streamId: number): Sent => ['client', frame(1, 4, streamId, grpc)];
  const answer = (streamId: number, flags = 4): Sent => ['server', frame(1, flags, streamId, [0x88])];
  const end = (side: Sent[0], streamId: number): Sent => [side, frame(0, 1, streamId, [])];
  const duplex = (...frames: readonly Sent[]): readonly boolean[] =>
    fed(...frames).map((request) => request.duplex);
  assert.deepEqual(duplex(open(1), answer(1), end('client', 1), end('server', 1)), [true]);
  assert.deepEqual(duplex(open(1), end('client', 1), answer(1), end('server', 1)), [false]);
  assert.deepEqual(duplex(open(1), answer(1, 5)), [false], 'refused');
  assert.deepEqual(
    duplex(['client', frame(1, 4, 1, [0x82, 0x86, 0x84])], answer(1), end('server', 1)),
    [false],
    'not gRPC',
  );
});

test('GOAWAY ends what the server did not take up', () => {
  const done = fed(ask(1), ask(3), ask(5), ['server', frame(7, 0, 0, [0, 0, 0, 1, 0, 0, 0, 0])]);
  assert.deepEqual(
    done.map(({ streamId, outcome }) => [streamId, outcome]),
    [
      [3, 'reset'],
      [5, 'reset'],
    ],
  );
});

test('padding, priority, and a pushed block over two frames leave both tables right', () => {
  // `x: y` enters the server's table with the pushed block; index 62 then names it
  const pushed = frame(5, 0, 1, [0, 0, 0, 2, 0x40, 1, 0x78]);
  const done = fed(
    ['client', frame(4, 0, 0, [0, 4, 0, 0, 255, 255])],
    ['client', frame(1, 0x2d, 1, [2, 0, 0, 0, 0, 200, 0x82, 0x86, 0x84, 0, 0])],
    ['server', pushed],
    ['server', frame(9, 4, 1, [1, 0x79])],
    ['server', frame(1, 5, 1, [0xbe, 0x8d])],
  );
  assert.deepEqual(
    done.map(({ method, path, status, started, ended }) => ({ method, path, status, started, ended })),
    [{ method: 'GET', path: '/', status: 404, started: 1, ended: 4 }],
  );
});
