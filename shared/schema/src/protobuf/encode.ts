import protobuf from 'protobufjs/minimal.js';
import type { Kind, Message } from './decode.ts';

/**
 * Writes the fields that `message` names and `value` has, in the shape that decodeMessage gives: 64-bit integers as
 * decimal text or numbers, `hex` as text. Fields that are undefined are left out.
 */
export function encodeMessage(value: Readonly<Record<string, unknown>>, message: Message): Uint8Array {
  const writer = protobuf.Writer.create();
  write(writer, value, message);
  return writer.finish();
}

function write(writer: protobuf.Writer, value: Readonly<Record<string, unknown>>, message: Message): void {
  for (const [number, [name, kind, repeated]] of Object.entries(message) as [string, Message[number]][]) {
    const given = value[name];
    if (given === undefined || given === null) continue;
    const field = Number(number);
    if (repeated) for (const one of given as readonly unknown[]) writeOne(writer, field, kind, one);
    else writeOne(writer, field, kind, given);
  }
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

function writeOne(writer: protobuf.Writer, field: number, kind: Kind, value: unknown): void {
  if (typeof kind !== 'string') {
    writer.uint32((field << 3) | 2).fork();
    if ('message' in kind) write(writer, value as Readonly<Record<string, unknown>>, kind.message());
    else for (const one of value as readonly unknown[]) writePlain(writer, kind.packed, one);
    writer.ldelim();
    return;
  }
  writer.uint32((field << 3) | (WIRE[kind] ?? 2));
  writePlain(writer, kind, value);
}

function writePlain(writer: protobuf.Writer, kind: string, value: unknown): void {
  if (kind === 'string') writer.string(String(value));
  else if (kind === 'hex') writer.bytes(bytesOf(String(value)));
  else if (kind === 'bytes') writer.bytes(value as Uint8Array);
  else if (kind === 'bool') writer.bool(value === true);
  else if (kind === 'double') writer.double(Number(value));
  else if (kind === 'uint32') writer.uint32(Number(value));
  else if (kind === 'sint32') writer.sint32(Number(value));
  else if (kind === 'fixed32') writer.fixed32(Number(value));
  else if (kind === 'int64' || kind === 'uint64') writer.uint64(longOf(value));
  else writer.fixed64(longOf(value));
}

/** 64 bits as the writer takes them without a helper library. */
function longOf(value: unknown): protobuf.Long {
  const bits = BigInt.asUintN(64, BigInt(String(value)));
  return { low: Number(bits & 0xffffffffn), high: Number(bits >> 32n), unsigned: true };
}

function bytesOf(hex: string): Uint8Array {
  const out = new Uint8Array(hex.length >> 1);
  for (let i = 0; i < out.length; i++) out[i] = parseInt(hex.slice(2 * i, 2 * i + 2), 16);
  return out;
}
