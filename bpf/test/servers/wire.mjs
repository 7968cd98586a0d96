// Both ends of protocols whose servers cannot be installed here, as their sources describe the bytes.
// PROTOCOL serve PORT, or: PROTOCOL load PORT ROUNDS; the latter prints how many answers it got, failed ones apart.
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const [protocol, mode, port, rounds] = process.argv.slice(2);

const little = (size, value) => {
  const bytes = Buffer.alloc(size);
  bytes.writeUIntLE(value, 0, size);
  return bytes;
};
const big = (size, value) => little(size, value).reverse();
const varint = (value) => {
  const bytes = [];
  for (; value >= 128; value = Math.floor(value / 128)) bytes.push((value % 128) | 128);
  return Buffer.from([...bytes, value]);
};
const text = (value) => Buffer.concat([varint(Buffer.byteLength(value)), Buffer.from(value)]);
const join = (...parts) => Buffer.concat(parts);

/** Header of 16 bytes, then the body: Hessian strings. */
const dubbo2 = {
  message(flags, status, id, body) {
    return join(Buffer.from([0xda, 0xbb, flags, status]), big(4, 0), big(4, id), big(4, body.length), body);
  },
  take(bytes) {
    if (bytes.length < 16) return undefined;
    const size = 16 + bytes.readUInt32BE(12);
    if (bytes.length < size) return undefined;
    return { size, flags: bytes[2], status: bytes[3], id: Number(bytes.readBigUInt64BE(4)) };
  },
  call(id, method, flags = 0xc2) {
    const words = ['2.0.2', 'shop.api.OrderService', '1.0', method];
    return this.message(flags, 0, id, join(...words.map(text)));
  },
  /** Answers in the reverse order of a batch; calls with an odd id fail. */
  answer(socket, batch) {
    const answered = batch.filter(({ flags }) => flags & 0x40).reverse();
    for (const { flags, id } of answered) {
      const [status, event] = [id % 2 ? 70 : 20, flags & 0x20];
      // header and body in calls of their own
      const message = this.message(2 | event, event ? 20 : status, id, text('done'));
      socket.write(message.subarray(0, 16));
      socket.write(message.subarray(16));
    }
  },
  round(socket, i) {
    const calls = [0, 1, 2, 3].map((n) => this.call(4 * i + n, 'place'));
    socket.write(join(...calls, this.call(1e6 + i, 'forget', 0x82), this.call(2e6 + i, '', 0xe2)));
    return 5;
  },
  failed: ({ status }) => status !== 20,
};

/** Types and layouts of revision 54460; a block is its table name and nothing that is looked at. */
const clickhouse = {
  hello: join(
    varint(0),
    text('ClickHouse client'),
    varint(24),
    varint(8),
    varint(54460),
    text('default'),
    text('u'),
    text('p'),
  ),
  query(sql) {
    const info = [
      Buffer.from([1]),
      text('u'),
      text(''),
      text('0.0.0.0:0'),
      Buffer.alloc(8),
      Buffer.from([1]),
    ];
    const client = [text('os'), text('host'), text('client'), varint(24), varint(8), varint(54460)];
    const rest = [text(''), varint(0), varint(1), Buffer.from([0]), varint(0), varint(0), varint(0)];
    const end = [text(''), text(''), varint(2), varint(0), text(sql)];
    return join(varint(1), text('11111111-2222-3333-4444-555555555555'), ...info, ...client, ...rest, ...end);
  },
  block: join(varint(2), text(''), Buffer.alloc(3)),
  take(bytes) {
    // clients of this test wait for each answer
    return { size: bytes.length, type: bytes[0], sql: bytes.toString('latin1') };
  },
  answer(socket, batch) {
    for (const { type, sql } of batch) {
      if (type === 0) socket.write(join(varint(0), text('ClickHouse'), varint(24), varint(8), varint(54460)));
      if (type === 4) socket.write(varint(4));
      if (type === 1) this.answerQuery(socket, sql);
    }
  },
  answerQuery(socket, sql) {
    if (sql.includes('missing'))
      return socket.write(
        join(varint(2), little(4, 60), text('DB::Exception'), text('no table'), text(''), varint(0)),
      );
    const progress = join(varint(3), ...[1000, 80_000, 1000, 0, 0, 7_000_000].map(varint));
    socket.write(progress);
    setTimeout(() => {
      // progress and what follows it in one call
      socket.write(join(progress, varint(1), text(''), Buffer.alloc(20, 1)));
      setTimeout(() => socket.write(varint(5)), 5);
    }, 20);
  },
  round(socket, i) {
    const kinds = [
      this.query('SELECT count() FROM shop.orders'),
      this.query('SELECT * FROM missing'),
      varint(4),
    ];
    socket.write(i % 3 === 2 ? kinds[2] : join(kinds[i % 3], this.block));
    return 1;
  },
  failed: ({ type }) => type === 2,
  /** An answer ends with the end of the stream, an exception or a pong. */
  isEnd: (bytes) => bytes[0] === 2 || bytes[0] === 4 || bytes.at(-1) === 5,
};

/** Length, checksum, token, offset of the root, identifier, something. */
const foundationdb = {
  hello: join(little(4, 42), Buffer.from('0000007300b0db1f', 'hex'), Buffer.alloc(34)),
  packet(identifier) {
    const body = join(Buffer.alloc(16, 7), little(4, 16), little(4, identifier), Buffer.alloc(40, 3));
    return join(little(4, body.length), Buffer.alloc(8, 1), body);
  },
  take(bytes) {
    if (bytes.length < 12) return undefined;
    if (bytes[10] === 0xdb && bytes[11] === 0x1f) return { size: 4 + bytes.readUInt32LE(0), identifier: 0 };
    const size = 12 + bytes.readUInt32LE(0);
    return bytes.length < size ? undefined : { size, identifier: bytes.readUInt32LE(32) };
  },
  replies: new Map([
    [8454530, 1378929],
    [93948, 14254927],
    [14747733, 3],
  ]),
  answer(socket, batch) {
    const known = batch.filter(({ identifier }) => this.replies.has(identifier));
    // answers are wrapped: the upper byte of the identifier says so
    for (const { identifier } of known) socket.write(this.packet(this.replies.get(identifier) + 0x2000000));
  },
  round(socket) {
    socket.write(join(...[8454530, 8454530, 14747733, 93948].map((identifier) => this.packet(identifier))));
    return 4;
  },
  failed: () => false,
};

const wire = { dubbo2, clickhouse, foundationdb }[protocol];

/** Whole messages of what came so far. */
function messagesOf(socket, visit) {
  let left = Buffer.alloc(0);
  socket.on('data', (bytes) => {
    left = join(left, bytes);
    const batch = [];
    for (let one; left.length > 0 && (one = wire.take(left)); left = left.subarray(one.size)) batch.push(one);
    if (batch.length > 0) visit(batch, bytes);
  });
}

function serve() {
  const server = createServer((socket) => messagesOf(socket, (batch) => wire.answer(socket, batch)));
  server.listen(Number(port), '127.0.0.1', () => console.log('ready'));
}

async function load() {
  const socket = connect(Number(port), '127.0.0.1').setNoDelay(true);
  let [answers, failed, awaited] = [0, 0, 0];
  messagesOf(socket, (batch, bytes) => {
    failed += batch.filter((one) => wire.failed(one)).length;
    answers += wire.isEnd ? Number(wire.isEnd(bytes)) : batch.length;
  });
  await new Promise((resolve) => socket.once('connect', resolve));
  if (wire.hello) socket.write(wire.hello);
  await sleep(100);
  answers = 0;
  for (let i = 0; i < Number(rounds); i++) {
    awaited += wire.round(socket, i);
    while (answers < awaited) await sleep(2);
  }
  socket.end();
  console.log(JSON.stringify({ answers, failed }));
}

if (mode === 'serve') serve();
else await load();
