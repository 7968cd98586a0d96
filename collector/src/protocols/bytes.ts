/** Bytes as text; bytes that are no UTF-8 (a cut character, garbage) become U+FFFD. Both ends are clamped. */
export function textOf(bytes: Uint8Array, from: number, to: number): string {
  const end = Math.min(to, bytes.length);
  if (from >= end) return '';
  return bufferOf(bytes).toString('utf8', from, end);
}

/** The same bytes, not copied: what a record gives is a Buffer already. */
export const bufferOf = (bytes: Uint8Array): Buffer =>
  bytes instanceof Buffer ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);

/** Bytes that are looked at sooner than V8 calls its own search. */
const NEAR = 32;

/** Index of `byte` in [from, to), or -1. */
export function indexOfByte(bytes: Uint8Array, byte: number, from: number, to = bytes.length): number {
  if (to - from <= NEAR) {
    for (let at = Math.max(0, from); at < to; at++) if (bytes[at] === byte) return at;
    return -1;
  }
  const at = bytes.indexOf(byte, from);
  return at >= 0 && at < to ? at : -1;
}

/** Big-endian unsigned 32-bit integer, or -1 when cut. */
export function uint32At(bytes: Uint8Array, at: number): number {
  if (at + 4 > bytes.length) return -1;
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}

/** `text` of at most `limit` characters, with an ellipsis when cut. Never ends in half a surrogate pair. */
export function bounded(text: string, limit: number): string {
  if (text.length <= limit) return text;
  return `${text.slice(0, limit - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}
