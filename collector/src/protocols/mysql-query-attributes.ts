import type { ByteReader } from './byte-reader.ts';

/** Length-encoded integer of the MySQL protocol; 0 with `cut` for the values that cannot begin one. */
export function lengthEncoded(reader: ByteReader): number {
  const first = reader.big(1);
  if (first < 0xfb) return first;
  if (first === 0xfc) return reader.little(2);
  if (first === 0xfd) return reader.little(3);
  if (first === 0xfe) {
    const low = reader.little(4);
    if (reader.little(4) === 0) return low;
  }
  reader.skip(-1);
  return 0;
}

const PARAMETER_LIMIT = 64;

/** Bytes of a value of fixed size by field type; types that are not here carry their length. */
const FIXED_SIZE: Readonly<Record<number, number>> = {
  0x01: 1,
  0x02: 2,
  0x03: 4,
  0x04: 4,
  0x05: 8,
  0x06: 0,
  0x08: 8,
  0x09: 4,
  0x0d: 2,
};

/**
 * Skips the parameters that CLIENT_QUERY_ATTRIBUTES puts before the text of COM_QUERY. Whether the connection has
 * that capability was said in its login, so it is told by the bytes: no statement begins with a parameter count
 * followed by the parameter set count, which is always 1.
 * Source: MySQL client/server protocol, COM_QUERY.
 */
export function skipQueryAttributes(packet: ByteReader): void {
  const { bytes, at } = packet;
  if (packet.left < 2 || bytes[at + 1] !== 1 || bytes[at]! > PARAMETER_LIMIT) return;
  const count = lengthEncoded(packet);
  packet.skip(1);
  if (count === 0) return;
  const nulls = packet.at;
  packet.skip((count + 7) >> 3);
  packet.skip(1); // new_params_bind_flag
  const types: number[] = [];
  for (let i = 0; i < count; i++) {
    types.push(packet.little(2) & 0xff);
    packet.skip(lengthEncoded(packet));
  }
  for (const [i, type] of types.entries()) {
    if ((bytes[nulls + (i >> 3)]! >> (i & 7)) & 1) continue;
    packet.skip(FIXED_SIZE[type] ?? lengthEncoded(packet));
  }
}
