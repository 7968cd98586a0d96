import { ByteReader } from './byte-reader.ts';

/**
 * The beginning of a raw Snappy block that may be cut anywhere: at most `limit` bytes of what it held. Libraries refuse
 * a cut block. Source: google/snappy, format_description.txt.
 */
export function snappyPrefix(block: Uint8Array, limit: number): Uint8Array {
  const reader = new ByteReader(block);
  const out = new Uint8Array(Math.min(reader.varint(), limit));
  let filled = 0;
  while (filled < out.length && reader.left > 0) {
    const tag = reader.big(1);
    const next = (tag & 3) === 0 ? literal(reader, tag, out, filled) : copy(reader, tag, out, filled);
    if (next === filled) break;
    filled = next;
  }
  return out.subarray(0, filled);
}

function literal(reader: ByteReader, tag: number, out: Uint8Array, filled: number): number {
  const code = tag >> 2;
  const length = code < 60 ? code + 1 : reader.little(code - 59) + 1;
  const size = Math.min(length, reader.left, out.length - filled);
  out.set(reader.bytes.subarray(reader.at, reader.at + size), filled);
  reader.skip(size);
  return filled + size;
}

function copy(reader: ByteReader, tag: number, out: Uint8Array, filled: number): number {
  const kind = tag & 3;
  const length = kind === 1 ? ((tag >> 2) & 7) + 4 : (tag >> 2) + 1;
  const offset = kind === 1 ? ((tag >> 5) << 8) + reader.big(1) : reader.little(kind === 2 ? 2 : 4);
  if (reader.cut || offset === 0 || offset > filled) return filled;
  const end = Math.min(filled + length, out.length);
  for (let at = filled; at < end; at++) out[at] = out[at - offset]!;
  return end;
}
