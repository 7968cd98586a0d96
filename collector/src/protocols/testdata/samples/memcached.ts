import { big, bytes, concat, OK, SECRET } from './common.ts';
import type { ProtocolSample } from './common.ts';

/** A request or answer of the binary protocol. `status` is the answer's, or the request's virtual bucket. */
export function memcachedBinary(
  magic: 0x80 | 0x81,
  opcode: number,
  { key = '', extras = 0, value = '', status = 0 }: Record<string, unknown> & {
    key?: string;
    extras?: number;
    value?: string;
    status?: number;
  } = {},
): Uint8Array {
  const body = concat(new Uint8Array(extras), bytes(key), bytes(value));
  const header = [magic, opcode, ...big(2, bytes(key).length), extras, 0, ...big(2, status)];
  return concat(Uint8Array.from(header), big(4, body.length), new Uint8Array(12), body);
}

export const MEMCACHED_SAMPLES: readonly ProtocolSample[] = [
  {
    title: 'set',
    request: bytes(`set session:${SECRET} 0 60 ${SECRET.length}\r\n${SECRET}\r\n`),
    response: bytes('STORED\r\n'),
    status: 0,
    expected: { spanName: 'set', ...OK },
  },
  {
    title: 'get of many keys, a miss',
    request: bytes(`gets a:${SECRET} ${SECRET} c\r\n`),
    response: bytes('END\r\n'),
    status: 0,
    expected: { spanName: 'gets', ...OK },
  },
  {
    title: 'meta get',
    request: bytes(`mg ${SECRET} t v\r\n`),
    response: bytes('EN\r\n'),
    status: 0,
    expected: { spanName: 'mg', ...OK },
  },
  {
    title: 'binary set',
    request: memcachedBinary(0x80, 0x01, { key: SECRET, extras: 8, value: SECRET }),
    response: memcachedBinary(0x81, 0x01),
    status: 0,
    expected: { spanName: 'set', ...OK },
  },
  {
    title: 'binary error',
    request: memcachedBinary(0x80, 0x05, { key: SECRET, extras: 20 }),
    response: memcachedBinary(0x81, 0x05, { status: 6, value: SECRET }),
    status: 1,
    expected: { spanName: 'incr', failed: true, statusMessage: '6: not a number' },
  },
  {
    title: 'text error',
    request: bytes(`incr ${SECRET} 1\r\n`),
    response: bytes('CLIENT_ERROR cannot increment or decrement non-numeric value\r\n'),
    status: 1,
    expected: {
      spanName: 'incr',
      failed: true,
      statusMessage: 'CLIENT_ERROR: cannot increment or decrement non-numeric value',
    },
  },
];
