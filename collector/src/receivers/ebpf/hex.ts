/** Room for the 32 digits of a trace id. */
const digits = Buffer.alloc(32);
const DIGIT = Buffer.from('0123456789abcdef', 'latin1');

/** Writes the 16 lower-case hex digits of the u64 at `at`. Ids are most of a span's text: no strings on the way. */
function writeHex(bytes: Uint8Array, at: number, to: number): void {
  for (let i = 7; i >= 0; i--) {
    const byte = bytes[at + i]!;
    digits[to++] = DIGIT[byte >> 4]!;
    digits[to++] = DIGIT[byte & 15]!;
  }
}

/** 16 lower-case hex digits of the u64 at `at`. */
export function hexAt(bytes: Uint8Array, at: number): string {
  writeHex(bytes, at, 0);
  return digits.toString('latin1', 0, 16);
}

/** The same; '' for zero, which stands for "none". */
export function hexOrNoneAt(bytes: Uint8Array, at: number): string {
  for (let i = at; i < at + 8; i++) if (bytes[i] !== 0) return hexAt(bytes, at);
  return '';
}

/** 32 digits of the two u64 at `high` and `low`. */
export function traceIdAt(bytes: Uint8Array, high: number, low: number): string {
  writeHex(bytes, high, 0);
  writeHex(bytes, low, 16);
  return digits.toString('latin1', 0, 32);
}
