import { big, bytes, concat, OK, SECRET } from './common.ts';
import type { ProtocolSample } from './common.ts';

const framed = (...parts: readonly Uint8Array[]): Uint8Array => {
  const body = concat(...parts);
  return concat(big(4, body.length), body);
};

export const kafkaString = (text: string): Uint8Array => concat(big(2, bytes(text).length), bytes(text));
export const kafkaCompact = (text: string): Uint8Array =>
  concat(Uint8Array.of(bytes(text).length + 1), bytes(text));

/** A request with header version 1, or 2 when `flexible`. */
export function kafkaWire(
  [key, version]: readonly [number, number],
  flexible: boolean,
  ...body: readonly Uint8Array[]
): Uint8Array {
  const tags = flexible ? Uint8Array.of(0) : new Uint8Array(0);
  return framed(big(2, key), big(2, version), big(4, 77), kafkaString('shop'), tags, ...body);
}

/** An answer with header version 0, or 1 when `flexible`. */
export const kafkaAnswer = (flexible: boolean, ...body: readonly Uint8Array[]): Uint8Array =>
  framed(big(4, 77), flexible ? Uint8Array.of(0) : new Uint8Array(0), ...body);

const uuid = Uint8Array.from({ length: 16 }, (_, i) => i + 1);
const records = bytes(SECRET);

export const KAFKA_SAMPLES: readonly ProtocolSample[] = [
  {
    title: 'produce v8, refused partition',
    request: kafkaWire(
      [0, 8],
      false,
      ...[big(2, 0xffff), big(2, 1), big(4, 1000)],
      ...[big(4, 1), kafkaString('orders'), big(4, 1), big(4, 0), records],
    ),
    response: kafkaAnswer(false, big(4, 1), kafkaString('orders'), big(4, 1), big(4, 0), big(2, 3)),
    status: 0,
    expected: { spanName: 'Produce orders', failed: true, statusMessage: 'UNKNOWN_TOPIC_OR_PARTITION' },
  },
  {
    title: 'produce v9 with compact texts',
    request: kafkaWire(
      [0, 9],
      true,
      ...[Uint8Array.of(0), big(2, 1), big(4, 1000), Uint8Array.of(2), kafkaCompact('orders'), records],
    ),
    response: kafkaAnswer(true, Uint8Array.of(2), kafkaCompact('orders'), Uint8Array.of(2), big(4, 0), big(2, 0)),
    status: 0,
    expected: { spanName: 'Produce orders', ...OK },
  },
  {
    title: 'fetch v16 by topic id',
    request: kafkaWire(
      [1, 16],
      true,
      ...[big(4, 500), big(4, 1), big(4, 1000), big(1, 0), big(4, 0), big(4, 0), Uint8Array.of(2), uuid],
    ),
    response: kafkaAnswer(true, big(4, 0), big(2, 100)),
    status: 0,
    expected: {
      spanName: 'Fetch id:AQIDBAUGBwgJCgsMDQ4PEA',
      failed: true,
      statusMessage: 'UNKNOWN_TOPIC_ID',
    },
  },
  {
    title: 'metadata of all topics',
    request: kafkaWire([3, 8], false, big(4, 0xffffffff), Uint8Array.of(1, 0, 0)),
    response: kafkaAnswer(false, big(4, 0)),
    status: 0,
    expected: { spanName: 'Metadata', ...OK },
  },
  {
    title: 'commit of a group',
    request: kafkaWire(
      [8, 7],
      false,
      ...[kafkaString('billing'), big(4, 3), kafkaString('member'), kafkaString('instance'), big(4, 1)],
      kafkaString('orders'),
    ),
    response: kafkaAnswer(false, big(4, 0), big(4, 1), kafkaString('orders'), big(4, 1), big(4, 0), big(2, 0)),
    status: 0,
    expected: { spanName: 'OffsetCommit orders', ...OK },
  },
];
