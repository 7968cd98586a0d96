import { bytes, concat, OK, SECRET } from './common.ts';
import type { ProtocolSample } from './common.ts';

/** A MySQL packet: three bytes of length, sequence number, body. */
export function mysqlPacket(sequence: number, ...parts: readonly (string | readonly number[])[]): Uint8Array {
  const body = concat(...parts.map((part) => (typeof part === 'string' ? bytes(part) : Uint8Array.from(part))));
  const { length } = body;
  return concat(Uint8Array.of(length, length >> 8, length >> 16, sequence), body);
}

export const mysqlOk = mysqlPacket(1, [0, 0, 0, 2, 0, 0, 0]);

export function mysqlError(errno: number, state: string, message: string): Uint8Array {
  return mysqlPacket(1, [0xff, errno & 0xff, errno >> 8], `#${state}${message}`);
}

export const MYSQL_SAMPLES: readonly ProtocolSample[] = [
  {
    title: 'query with literals in both kinds of quotes',
    request: mysqlPacket(0, [3], `SELECT * FROM \`shop\`.\`orders\` WHERE name = "${SECRET}" OR note = '${SECRET}'`),
    response: mysqlPacket(1, [2]),
    status: 0,
    expected: { spanName: 'SELECT shop.orders', ...OK },
  },
  {
    title: 'query with query attributes',
    request: mysqlPacket(0, [3, 1, 1, 0, 1, 0xfe, 0, 2], 'id', [SECRET.length], SECRET, 'DELETE FROM cart'),
    response: mysqlOk,
    status: 0,
    expected: { spanName: 'DELETE cart', ...OK },
  },
  {
    title: 'prepare',
    request: mysqlPacket(0, [0x16], 'INSERT INTO users (a) VALUES (?)'),
    response: mysqlPacket(1, [0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0]),
    status: 0,
    expected: { spanName: 'PREPARE users', ...OK },
  },
  {
    title: 'execution of an unknown statement',
    request: mysqlPacket(0, [0x17, 9, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0xfd, 0, SECRET.length], SECRET),
    response: mysqlOk,
    status: 0,
    expected: { spanName: 'EXECUTE', ...OK },
  },
  {
    title: 'ping',
    request: mysqlPacket(0, [0x0e]),
    response: mysqlOk,
    status: 0,
    expected: { spanName: 'PING', ...OK },
  },
  {
    title: 'error that quotes a value',
    request: mysqlPacket(0, [3], `INSERT INTO users VALUES ('${SECRET}')`),
    response: mysqlError(1062, '23000', `Duplicate entry '${SECRET}' for key 'PRIMARY'`),
    status: 1,
    expected: {
      spanName: 'INSERT users',
      failed: true,
      statusMessage: "1062 (23000): Duplicate entry '?'",
    },
  },
];
