import { bytes, concat, little, OK, SECRET } from './common.ts';
import type { ProtocolSample } from './common.ts';

/** Length, checksum (without TLS), token, root offset, file identifier, the rest of the message. */
const packet = (identifier: number, tls = false): Uint8Array => {
  const body = concat(new Uint8Array(16).fill(7), little(4, 16), little(4, identifier), bytes(SECRET));
  return concat(little(4, body.length), tls ? new Uint8Array(0) : new Uint8Array(8).fill(1), body);
};

export const FOUNDATIONDB_SAMPLES: readonly ProtocolSample[] = [
  {
    title: 'read of a key',
    request: packet(8454530),
    response: packet(1378929),
    status: 0,
    expected: { spanName: 'GetValue', ...OK },
  },
  {
    title: 'commit over TLS',
    request: packet(93948, true),
    response: packet(14254927, true),
    status: 0,
    expected: { spanName: 'CommitTransaction', ...OK },
  },
  {
    title: 'unknown request',
    request: packet(77),
    response: packet(78),
    status: 1,
    expected: { spanName: 'foundationdb', failed: true, statusMessage: 'request failed' },
  },
];
