// Servers of MongoDB, Kafka and Cassandra that speak just enough of the real wire format for their clients.
// Arguments: ports of the three. Prints `ready`, and the number of requests answered when its input ends.
import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import { BSON } from 'mongodb';
import { big, bytes, concat, little } from '../../../../protocols/testdata/samples/common.ts';
import { cqlError, cqlFrame, cqlShort, cqlWire } from '../../../../protocols/testdata/samples/cassandra.ts';
import { kafkaString } from '../../../../protocols/testdata/samples/kafka.ts';
import { mongoWire } from '../../../../protocols/testdata/samples/mongodb.ts';

const answered = { mongodb: 0, kafka: 0, cassandra: 0 };

/** Calls `onMessage` with each whole message; `sizeOf` gives 0 while its length is not there. */
function serve(port: number, sizeOf: (data: Buffer) => number, onMessage: (message: Buffer, socket: Socket) => void) {
  const server = createServer((socket) => {
    let data = Buffer.alloc(0);
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk) => {
      data = Buffer.concat([data, chunk]);
      for (let size = sizeOf(data); size > 0 && data.length >= size; size = sizeOf(data)) {
        onMessage(data.subarray(0, size), socket);
        data = data.subarray(size);
      }
    });
  });
  return new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
}

const HELLO = { ismaster: true, maxBsonObjectSize: 16777216, maxMessageSizeBytes: 48000000, maxWriteBatchSize: 1000, minWireVersion: 0, maxWireVersion: 21, readOnly: false, ok: 1.5 };

function mongoAnswer(command: BSON.Document): BSON.Document {
  if ('hello' in command || 'ismaster' in command || 'isMaster' in command) return { ...HELLO, ok: 1.0000001 };
  if ('insert' in command) return { n: 1, ok: 1.0000001 };
  if ('find' in command) return { cursor: { firstBatch: [], id: 0n, ns: `shop.${String(command['find'])}` }, ok: 1.0000001 };
  if ('count' in command) return { ok: new BSON.Double(0), errmsg: 'no such command', code: 59, codeName: 'CommandNotFound' };
  return { ok: 1.0000001 };
}

function onMongo(message: Buffer, socket: Socket): void {
  const legacy = message.readInt32LE(12) === 2004;
  const at = legacy ? message.indexOf(0, 20) + 9 : 21;
  const document = mongoAnswer(BSON.deserialize(message.subarray(at, at + message.readInt32LE(at))));
  const id = message.readInt32LE(4);
  answered.mongodb++;
  const reply = BSON.serialize(document);
  socket.write(
    legacy
      ? mongoWire(1, id, little(4, 8), new Uint8Array(12), little(4, 1), reply)
      : mongoWire(2013, id, little(4, 0), Uint8Array.of(0), reply),
  );
}

function kafkaBody(api: number, port: number): Uint8Array {
  if (api === 18) {
    const versions = [[0, 3], [3, 1], [18, 2]].map(([key, newest]) => concat(big(2, key!), big(2, 0), big(2, newest!)));
    return concat(big(2, 0), big(4, versions.length), ...versions, big(4, 0));
  }
  if (api === 3) {
    const broker = concat(big(4, 1), kafkaString('127.0.0.1'), big(4, port), big(2, 0xffff));
    const partition = concat(big(2, 0), big(4, 0), big(4, 1), big(4, 1), big(4, 1), big(4, 1), big(4, 1));
    const topic = concat(big(2, 0), kafkaString('orders'), Uint8Array.of(0), big(4, 1), partition);
    return concat(big(4, 1), broker, big(4, 1), big(4, 1), topic);
  }
  const partition = concat(big(4, 0), big(2, 0), big(8, 7), big(8, 0));
  return concat(big(4, 1), kafkaString('orders'), big(4, 1), partition, big(4, 0));
}

function cassandraAnswer(envelope: Buffer): Uint8Array {
  const opcode = envelope[4]!;
  const prepared = [big(4, 4), cqlShort(bytes('0123456789abcdef'))];
  const result = cqlWire(0x84, 8, ...(opcode === 9 ? prepared : [big(4, 1)]));
  const answer = opcode === 1 ? cqlWire(0x84, 2) : envelope.includes('broken') ? cqlError(0x2200, 'broken') : result;
  const copy = Uint8Array.from(answer);
  copy.set([0x80 | envelope[0]!, 0, ...envelope.subarray(2, 4)]);
  return copy;
}

/** Envelopes of one frame, or the one that stands alone. */
function* envelopesOf(message: Buffer, framed: boolean): Generator<Buffer> {
  const end = message.length - (framed ? 4 : 0);
  for (let at = framed ? 6 : 0, next = 0; at < end; at = next) {
    next = at + 9 + message.readUInt32BE(at + 5);
    yield message.subarray(at, next);
  }
}

function onCassandra(message: Buffer, socket: Socket): void {
  const framed = message[0] !== 4 && message.readUInt8(4) !== 1;
  const answers = [...envelopesOf(message, framed)].map(cassandraAnswer);
  answered.cassandra += answers.length;
  // Later answers first: clients pair them by stream.
  const answer = concat(...answers.reverse());
  setTimeout(() => socket.write(framed ? cqlFrame(answer) : answer), 20 - (message[framed ? 9 : 3]! % 10));
}

const cassandraSize = (data: Buffer): number => {
  if (data.length < 9) return 0;
  if (data[0] === 4 || data[4] === 1) return 9 + data.readUInt32BE(5);
  return 10 + (data.readUIntLE(0, 3) & 0x1ffff);
};

const [mongo, kafka, cassandra] = process.argv.slice(2).map(Number) as [number, number, number];
await serve(mongo, (data) => (data.length < 4 ? 0 : data.readInt32LE(0)), onMongo);
await serve(
  kafka,
  (data) => (data.length < 4 ? 0 : 4 + data.readInt32BE(0)),
  (message, socket) => {
    answered.kafka++;
    const body = concat(message.subarray(8, 12), kafkaBody(message.readInt16BE(4), kafka));
    socket.write(concat(big(4, body.length), body));
  },
);
await serve(cassandra, cassandraSize, onCassandra);
process.stdout.write('ready\n');
process.stdin.resume().on('end', () => {
  process.stdout.write(`${JSON.stringify(answered)}\n`);
  process.exit();
});
