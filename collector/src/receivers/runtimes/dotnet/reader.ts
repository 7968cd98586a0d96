/** Reads a buffer forward; past its end everything is 0 or '' and `isCut` is set. Little-endian. */
export class Reader {
  readonly #bytes: Buffer;
  at: number;
  isCut = false;

  constructor(bytes: Buffer, at = 0) {
    this.#bytes = bytes;
    this.at = at;
  }

  get left(): number {
    return this.#bytes.length - this.at;
  }

  u8(): number {
    return this.#take(1) ? this.#bytes[this.at - 1]! : 0;
  }
  u16(): number {
    return this.#take(2) ? this.#bytes.readUInt16LE(this.at - 2) : 0;
  }
  i32(): number {
    return this.#take(4) ? this.#bytes.readInt32LE(this.at - 4) : 0;
  }
  i64(): number {
    return this.#take(8) ? Number(this.#bytes.readBigInt64LE(this.at - 8)) : 0;
  }
  f32(): number {
    return this.#take(4) ? this.#bytes.readFloatLE(this.at - 4) : 0;
  }
  f64(): number {
    return this.#take(8) ? this.#bytes.readDoubleLE(this.at - 8) : 0;
  }

  skip(bytes: number): void {
    this.#take(bytes);
  }

  /** Seven bits a byte, the lowest first. */
  variable(): number {
    let value = 0;
    for (let i = 0; i < 10; i++) {
      const byte = this.u8();
      value += (byte & 0x7f) * 2 ** (7 * i);
      if (byte < 0x80) return value;
    }
    this.isCut = true;
    return 0;
  }

  /** UTF-16 up to a zero unit. */
  text(): string {
    const start = this.at;
    while (this.left >= 2) {
      if (this.u16() === 0) return this.#bytes.toString('utf16le', start, this.at - 2);
    }
    this.isCut = true;
    return '';
  }

  slice(bytes: number): Buffer {
    return this.#take(bytes) ? this.#bytes.subarray(this.at - bytes, this.at) : Buffer.alloc(0);
  }

  #take(bytes: number): boolean {
    if (bytes < 0 || this.isCut || this.left < bytes) {
      this.isCut = true;
      return false;
    }
    this.at += bytes;
    return true;
  }
}
