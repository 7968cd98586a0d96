import { big, bytes, concat, OK, SECRET } from './common.ts';
import type { ProtocolSample } from './common.ts';

const signed = (value: number): Uint8Array => big(4, value < 0 ? value + 2 ** 32 : value);
const text = (value: string): Uint8Array => concat(big(4, bytes(value).length), bytes(value));
const message = (...parts: readonly Uint8Array[]): Uint8Array => {
  const body = concat(...parts);
  return concat(big(4, body.length), body);
};
const answer = (error: number): Uint8Array => message(big(4, 7), new Uint8Array(8), signed(error));

export const ZOOKEEPER_SAMPLES: readonly ProtocolSample[] = [
  {
    title: 'create with data',
    request: message(big(4, 7), big(4, 1), text('/locks/job-0000000042'), text(SECRET), big(4, 0)),
    response: answer(0),
    status: 0,
    expected: { spanName: 'create /locks/{id}', ...OK },
  },
  {
    title: 'a node that is not there is an answer, no failure',
    request: message(big(4, 7), big(4, 4), text('/shop/config'), Uint8Array.of(0)),
    response: answer(-101),
    status: 1,
    expected: { spanName: 'getData /shop/config', ...OK },
  },
  {
    title: 'lost quorum',
    request: message(big(4, 7), big(4, 5), text('/shop/config'), text(SECRET), big(4, 1)),
    response: answer(-4),
    status: 1,
    expected: { spanName: 'setData /shop/config', failed: true, statusMessage: '-4: ConnectionLoss' },
  },
  {
    title: 'several at once',
    request: message(
      big(4, 7),
      big(4, 14),
      big(4, 2),
      Uint8Array.of(0),
      signed(-1),
      text('/a/b'),
      signed(-1),
    ),
    response: answer(0),
    status: 0,
    expected: { spanName: 'multi(delete) /a/b', ...OK },
  },
  {
    title: 'credentials',
    request: message(signed(-4), big(4, 100), big(4, 0), text('digest'), text(`shop:${SECRET}`)),
    response: answer(0),
    status: 0,
    expected: { spanName: 'auth', ...OK },
  },
];
