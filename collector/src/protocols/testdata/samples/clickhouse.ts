import { bytes, concat, little, OK, SECRET } from './common.ts';
import type { ProtocolSample } from './common.ts';

const varint = (value: number): Uint8Array => {
  const out: number[] = [];
  let left = value;
  for (; left >= 128; left >>= 7) out.push((left & 127) | 128);
  return Uint8Array.of(...out, left);
};
const text = (value: string): Uint8Array => concat(varint(bytes(value).length), bytes(value));

/** A Query packet as clients of this revision write it (ClickHouse, src/Client/Connection.cpp). */
function query(revision: number, sql: string): Uint8Array {
  const since = (first: number, ...parts: readonly Uint8Array[]): Uint8Array =>
    revision >= first ? concat(...parts) : new Uint8Array(0);
  return concat(
    ...[varint(1), text(''), Uint8Array.of(1), text('shop'), text(''), text('0.0.0.0:0')],
    since(54449, new Uint8Array(8)),
    ...[Uint8Array.of(1), text('os'), text('host'), text('client'), varint(24), varint(8), varint(revision)],
    since(54060, text(SECRET)),
    since(54448, varint(0)),
    since(54401, varint(3)),
    since(54442, Uint8Array.of(0)),
    since(54453, varint(0), varint(0), varint(0)),
    since(54475, varint(0), varint(0)),
    since(54476, Uint8Array.of(0)),
    ...[text('max_threads'), varint(1), text('8'), text('')],
    since(54472, text('')),
    since(54441, text('')),
    ...[varint(2), varint(1), text(sql)],
  );
}

const exception = concat(
  varint(2),
  little(4, 60),
  text('DB::Exception'),
  text(`no table ${SECRET}`),
  text('trace'),
);

export const CLICKHOUSE_SAMPLES: readonly ProtocolSample[] = [
  {
    title: 'query of a current client',
    request: query(54476, `SELECT count() FROM shop.orders WHERE token = '${SECRET}'`),
    response: Uint8Array.of(1, 0),
    status: 0,
    expected: { spanName: 'SELECT shop.orders', ...OK },
  },
  {
    title: 'query of an older client, refused',
    request: query(54447, `INSERT INTO orders VALUES ('${SECRET}')`),
    response: exception,
    status: 1,
    expected: { spanName: 'INSERT orders', failed: true, statusMessage: '60: DB::Exception' },
  },
  {
    title: 'rows behind their format',
    request: query(54460, `INSERT INTO orders FORMAT CSV 1,${SECRET}`),
    response: Uint8Array.of(5),
    status: 0,
    expected: { spanName: 'INSERT orders', ...OK },
  },
  {
    title: 'ping',
    request: varint(4),
    response: varint(4),
    status: 0,
    expected: { spanName: 'PING', ...OK },
  },
];
