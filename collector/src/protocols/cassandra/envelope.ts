import { ByteReader } from '../byte-reader.ts';

/** One request or answer. Source: Cassandra native protocol v3, v4 and v5, section 2. */
export interface CassandraEnvelope {
  /** 3 to 5, without the bit that marks answers. */
  readonly version: number;
  readonly answer: boolean;
  readonly compressed: boolean;
  readonly flags: number;
  /** Pairs an answer with its request; negative ones are pushed events. */
  readonly stream: number;
  readonly opcode: number;
  /** Reads the body as far as it was captured. */
  readonly body: ByteReader;
}

const ANSWER = 0x80;
const COMPRESSED = 0x01;
const OLDEST = 3;
const NEWEST = 6;
const LARGEST_OPCODE = 0x10;
/** native_transport_max_frame_size of 256 MiB is far above the default. */
const LARGEST_BODY = 1 << 28;

function envelopeAt(bytes: Uint8Array, from: number): CassandraEnvelope | undefined {
  const reader = new ByteReader(bytes, from);
  const first = reader.big(1);
  const version = first & ~ANSWER;
  const flags = reader.big(1);
  const stream = reader.signed(2);
  const opcode = reader.big(1);
  const length = reader.big(4);
  if (reader.cut || version < OLDEST || version > NEWEST) return undefined;
  if (flags > 0x1f || opcode > LARGEST_OPCODE || length > LARGEST_BODY) return undefined;
  return {
    version,
    answer: (first & ANSWER) !== 0,
    compressed: (flags & COMPRESSED) !== 0,
    flags,
    stream,
    opcode,
    body: new ByteReader(bytes, reader.at, reader.at + length),
  };
}

const CRC24_INITIAL = 0x875060;
const CRC24_POLYNOMIAL = 0x1974f0b;

/** Checksum of a v5 frame header, bytes from the lowest. Source: native protocol v5, section 2.2. */
export function crc24(header: Uint8Array): number {
  let crc = CRC24_INITIAL;
  for (const byte of header) {
    crc ^= byte << 16;
    for (let bit = 0; bit < 8; bit++) {
      crc <<= 1;
      if (crc & 0x1000000) crc ^= CRC24_POLYNOMIAL;
    }
  }
  return crc & 0xffffff;
}

/** v5 wraps envelopes in frames: bytes of the frame's header, 0 when there is no frame. */
function frameHeader(bytes: Uint8Array): { size: number; compressed: boolean } | undefined {
  const reader = new ByteReader(bytes, 3);
  if (reader.little(3) === crc24(bytes.subarray(0, 3)) && !reader.cut) return { size: 6, compressed: false };
  const long = new ByteReader(bytes, 5);
  if (long.little(3) !== crc24(bytes.subarray(0, 5)) || long.cut) return undefined;
  // 17 bits of compressed length, then 17 bits of uncompressed length: 0 when the payload is as it was.
  const uncompressed = ((bytes[2]! >> 1) | (bytes[3]! << 7) | (bytes[4]! << 15)) & 0x1ffff;
  return { size: 8, compressed: uncompressed !== 0 };
}

/** The first envelope of what was captured; 'compressed' when a frame hides it, undefined when there is none. */
export function cassandraEnvelope(bytes: Uint8Array): CassandraEnvelope | 'compressed' | undefined {
  const frame = frameHeader(bytes);
  if (!frame) return envelopeAt(bytes, 0);
  return frame.compressed ? 'compressed' : envelopeAt(bytes, frame.size);
}
