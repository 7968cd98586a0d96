import { crc24 } from '../../cassandra/envelope.ts';
import { big, bytes, concat, little, OK, SECRET } from './common.ts';
import type { ProtocolSample } from './common.ts';

/** An envelope on stream 3; `first` is the version, with 0x80 for an answer. */
export function cqlWire(first: number, opcode: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const body = concat(...parts);
  return concat(Uint8Array.of(first, 0, 0, 3, opcode), big(4, body.length), body);
}

/** A v5 frame around an envelope, self-contained and not compressed. */
export function cqlFrame(envelope: Uint8Array): Uint8Array {
  const header = little(3, envelope.length + 0x20000);
  return concat(header, little(3, crc24(header)), envelope, new Uint8Array(4));
}

export const cqlLong = (text: string): Uint8Array => concat(big(4, bytes(text).length), bytes(text));
export const cqlShort = (content: Uint8Array): Uint8Array => concat(big(2, content.length), content);

const VOID = cqlWire(0x84, 0x08, big(4, 1));
export const cqlError = (code: number, text: string): Uint8Array =>
  cqlWire(0x84, 0x00, big(4, code), cqlShort(bytes(text)));

export const CASSANDRA_SAMPLES: readonly ProtocolSample[] = [
  {
    title: 'v4 query with literals and a uuid',
    request: cqlWire(
      4,
      0x07,
      cqlLong(
        `SELECT * FROM shop.orders WHERE id = 550e8400-e29b-41d4-a716-446655440000 AND n = '${SECRET}'`,
      ),
      big(3, 0x000100),
    ),
    response: VOID,
    status: 0,
    expected: { spanName: 'SELECT shop.orders', ...OK },
  },
  {
    title: 'v3 prepare',
    request: cqlWire(3, 0x09, cqlLong('INSERT INTO users (id, mail) VALUES (:id, :mail)')),
    response: cqlWire(0x83, 0x08, big(4, 4), cqlShort(bytes('0123456789abcdef'))),
    status: 0,
    expected: { spanName: 'PREPARE users', ...OK },
  },
  {
    title: 'v4 execution of an unknown statement',
    request: cqlWire(4, 0x0a, cqlShort(bytes('fedcba9876543210')), big(3, 0x000101), cqlLong(SECRET)),
    response: VOID,
    status: 0,
    expected: { spanName: 'EXECUTE', ...OK },
  },
  {
    title: 'v4 batch',
    request: cqlWire(4, 0x0d, Uint8Array.of(1), big(2, 1), Uint8Array.of(0), cqlLong(`DELETE FROM cart WHERE k='${SECRET}'`)),
    response: VOID,
    status: 0,
    expected: { spanName: 'UNLOGGED BATCH cart', ...OK },
  },
  {
    title: 'v5 frame, error that quotes the statement',
    request: cqlFrame(cqlWire(5, 0x07, cqlLong(`UPDATE t SET a = '${SECRET}'`))),
    response: cqlFrame(cqlWire(0x85, 0x00, big(4, 0x2200), cqlShort(bytes(`cannot parse '${SECRET}'`)))),
    status: 1,
    expected: { spanName: 'UPDATE t', failed: true, statusMessage: '0x2200 Invalid' },
  },
  {
    title: 'timeout',
    request: cqlWire(4, 0x07, cqlLong('SELECT a FROM t')),
    response: cqlError(0x1200, 'Operation timed out - received only 1 responses.'),
    status: 0,
    expected: {
      spanName: 'SELECT t',
      failed: true,
      statusMessage: '0x1200 Read timeout: Operation timed out - received only ? responses.',
    },
  },
];
