import { big, bytes, concat, OK, SECRET } from './common.ts';
import type { ProtocolSample } from './common.ts';

/** A frame on channel 1. Types: 1 method, 2 content header, 3 body. */
export function amqpFrame(type: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const body = concat(...parts);
  return concat(Uint8Array.of(type, 0, 1), big(4, body.length), body, Uint8Array.of(0xce));
}

export const amqpMethod = (
  [classNumber, method]: readonly [number, number],
  ...parts: readonly Uint8Array[]
): Uint8Array => amqpFrame(1, big(2, classNumber), big(2, method), ...parts);

export const amqpShort = (text: string): Uint8Array => concat(Uint8Array.of(bytes(text).length), bytes(text));

const content = concat(
  amqpFrame(2, big(2, 60), big(2, 0), big(8, SECRET.length), big(2, 0)),
  amqpFrame(3, bytes(SECRET)),
);

export const AMQP_SAMPLES: readonly ProtocolSample[] = [
  {
    title: 'publish to an exchange',
    request: concat(
      amqpMethod([60, 40], big(2, 0), amqpShort('orders'), amqpShort('eu.42.paid'), Uint8Array.of(0)),
      content,
    ),
    response: new Uint8Array(0),
    status: 0,
    expected: { spanName: 'publish orders', ...OK },
  },
  {
    title: 'publish to a queue',
    request: concat(
      amqpMethod([60, 40], big(2, 0), amqpShort(''), amqpShort('mails'), Uint8Array.of(0)),
      content,
    ),
    response: new Uint8Array(0),
    status: 0,
    expected: { spanName: 'publish mails', ...OK },
  },
  {
    title: 'delivery',
    request: concat(
      amqpMethod([60, 60], amqpShort(SECRET), big(8, 1), Uint8Array.of(0), amqpShort('orders'), amqpShort('eu')),
      content,
    ),
    response: new Uint8Array(0),
    status: 0,
    expected: { spanName: 'deliver orders', ...OK },
  },
  {
    title: 'refused declaration',
    request: amqpMethod([50, 10], big(2, 0), amqpShort('mails'), Uint8Array.of(1), big(4, 0)),
    response: amqpMethod(
      [20, 40],
      big(2, 404),
      amqpShort(`NOT_FOUND - no queue '${SECRET}' in vhost '/'`),
      big(4, 0),
    ),
    status: 1,
    expected: { spanName: 'queue.declare mails', failed: true, statusMessage: '404 NOT_FOUND: no queue ?' },
  },
  {
    title: 'acknowledgement',
    request: amqpMethod([60, 80], big(8, 1), Uint8Array.of(0)),
    response: new Uint8Array(0),
    status: 0,
    expected: { spanName: 'ack', ...OK },
  },
];
