import protobuf from 'protobufjs/minimal.js';

/** How a field is written. `packed` lists may also come one by one. */
export type Kind =
  | 'string'
  | 'bool'
  | 'double'
  | 'fixed64'
  | 'sfixed64'
  | 'uint64'
  | 'sint32'
  | 'uint32'
  | 'fixed32'
  | 'hex'
  | 'bytes'
  | 'int64'
  | { readonly message: () => Message }
  | { readonly packed: 'fixed64' | 'double' | 'uint64' | 'int64' };

/** Fields by number: name, kind, and whether it repeats. */
export interface Message {
  readonly [field: number]: readonly [name: string, kind: Kind, repeated?: boolean];
}

const MAX_DEPTH = 24;

/**
 * Decodes the fields that `message` names and skips the rest. 64-bit integers become decimal text, `hex` bytes
 * lowercase hexadecimal, `bytes` are copied.
 * @throws RangeError when the bytes are no such message.
 */
export const decodeMessage = (bytes: Uint8Array, message: Message): Record<string, unknown> =>
  decode(protobuf.Reader.create(bytes), bytes.length, message, 0);

function decode(
  reader: protobuf.Reader,
  end: number,
  message: Message,
  depth: number,
): Record<string, unknown> {
  if (depth > MAX_DEPTH) throw new RangeError('nested too deeply');
  const out: Record<string, unknown> = {};
  while (reader.pos < end) {
    const tag = reader.uint32();
    const field = message[tag >>> 3];
    if (!field || !fits(field[1], tag & 7)) {
      reader.skipType(tag & 7);
      continue;
    }
    const [name, kind, repeated] = field;
    const value = read(reader, kind, tag & 7, depth);
    if (!repeated) out[name] = value;
    else if (Array.isArray(out[name])) out[name].push(value);
    else out[name] = [value];
  }
  if (reader.pos !== end) throw new RangeError('a field runs past its message');
  return out;
}

const WIRE: Readonly<Record<string, number>> = {
  bool: 0,
  uint64: 0,
  int64: 0,
  sint32: 0,
  uint32: 0,
  double: 1,
  fixed64: 1,
  sfixed64: 1,
  fixed32: 5,
};

const fits = (kind: Kind, wire: number): boolean =>
  typeof kind === 'string' ? wire === (WIRE[kind] ?? 2) : wire === 2 || ('packed' in kind && wire !== 5);

function read(reader: protobuf.Reader, kind: Kind, wire: number, depth: number): unknown {
  if (typeof kind !== 'string') {
    if ('packed' in kind) return readPacked(reader, kind.packed, wire);
    const end = reader.uint32() + reader.pos;
    if (end > reader.len) throw new RangeError('a message runs past the end');
    return decode(reader, end, kind.message(), depth + 1);
  }
  if (kind === 'string') return reader.string();
  if (kind === 'hex') return hexText(reader.bytes());
  if (kind === 'bytes') return Uint8Array.from(reader.bytes());
  if (kind === 'bool') return reader.bool();
  if (kind === 'double') return reader.double();
  if (kind === 'uint32') return reader.uint32();
  if (kind === 'sint32') return reader.sint32();
  if (kind === 'fixed32') return reader.fixed32();
  if (kind === 'int64' || kind === 'uint64') return readVarint(reader);
  return read64(reader, kind === 'sfixed64');
}

function readPacked(
  reader: protobuf.Reader,
  kind: 'fixed64' | 'double' | 'uint64' | 'int64',
  wire: number,
): unknown[] {
  const fixed = kind === 'fixed64' || kind === 'double';
  const one = (): unknown =>
    kind === 'double' ? reader.double() : fixed ? read64(reader, false) : readVarint(reader);
  if (wire !== 2) return [one()];
  const end = reader.uint32() + reader.pos;
  if (end > reader.len || (fixed && (end - reader.pos) % 8 !== 0))
    throw new RangeError('a list runs past the end');
  const out: unknown[] = [];
  while (reader.pos < end) out.push(one());
  return out;
}

function read64(reader: protobuf.Reader, signed: boolean): string {
  const low = BigInt(reader.fixed32());
  const value = (BigInt(reader.fixed32()) << 32n) | low;
  return String(signed ? BigInt.asIntN(64, value) : value);
}

/** protobufjs reads 64-bit varints as floats without a helper library. */
function readVarint(reader: protobuf.Reader): string {
  let value = 0n;
  for (let shift = 0n; shift < 70n; shift += 7n) {
    const byte = reader.buf[reader.pos++];
    if (byte === undefined || reader.pos > reader.len) throw new RangeError('a number runs past the end');
    value |= BigInt(byte & 0x7f) << shift;
    if (byte < 0x80) return String(BigInt.asIntN(64, value));
  }
  throw new RangeError('a number is longer than 10 bytes');
}

const DIGITS = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

function hexText(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += DIGITS[byte]!;
  return text;
}
