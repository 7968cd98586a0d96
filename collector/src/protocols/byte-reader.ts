import { indexOfByte, textOf } from './bytes.ts';

/**
 * Reads the fields of a binary message one after the other. Past the end numbers are 0, texts hold what was there,
 * and `cut` is true from then on: a captured message may end anywhere, so nothing here throws.
 */
export class ByteReader {
  readonly bytes: Uint8Array;
  readonly end: number;
  at: number;
  cut = false;

  constructor(bytes: Uint8Array, from = 0, to = bytes.length) {
    this.bytes = bytes;
    this.end = Math.min(to, bytes.length);
    this.at = Math.min(Math.max(from, 0), this.end);
  }

  get left(): number {
    return this.end - this.at;
  }

  /** Unsigned big-endian integer of 1 to 6 bytes. */
  big(size: number): number {
    return this.#number(size, (value, byte) => value * 256 + byte);
  }

  /** Unsigned little-endian integer of 1 to 6 bytes. */
  little(size: number): number {
    let scale = 1;
    return this.#number(size, (value, byte) => {
      const sum = value + byte * scale;
      scale *= 256;
      return sum;
    });
  }

  /** Signed big-endian integer of 2 or 4 bytes. */
  signed(size: 2 | 4): number {
    const value = this.big(size);
    const bound = size === 2 ? 0x8000 : 0x80000000;
    return value >= bound ? value - 2 * bound : value;
  }

  /** Unsigned LEB128 of at most five bytes. */
  varint(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.big(1);
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    this.cut = true;
    return 0;
  }

  skip(size: number): void {
    if (size < 0 || size > this.left) {
      this.at = this.end;
      this.cut = true;
    } else this.at += size;
  }

  /** UTF-8 text of `size` bytes. */
  text(size: number): string {
    const from = this.at;
    this.skip(size);
    return textOf(this.bytes, from, this.at);
  }

  /** UTF-8 text that a NUL byte ends. */
  cString(): string {
    const from = this.at;
    const nul = indexOfByte(this.bytes, 0, from, this.end);
    if (nul < 0) return this.text(this.left + 1);
    this.at = nul + 1;
    return textOf(this.bytes, from, nul);
  }

  #number(size: number, add: (value: number, byte: number) => number): number {
    if (size > this.left) {
      this.skip(size);
      return 0;
    }
    let value = 0;
    for (let i = 0; i < size; i++) value = add(value, this.bytes[this.at++]!);
    return value;
  }
}
