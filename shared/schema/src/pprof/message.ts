const VARINT = 0;
const LENGTH = 2;

/** A protobuf message; nested ones are built apart, so that lengths are as short as they can be. */
export class MessageWriter {
  #buffer = new Uint8Array(256);
  #length = 0;

  /** int64 and uint64; zero is the default and is left out. */
  integer(field: number, value: number | bigint): void {
    if (value === 0 || value === 0n) return;
    this.#varint((field << 3) | VARINT);
    this.#varint(value);
  }

  /** Packed. */
  integers(field: number, values: readonly number[]): void {
    if (values.length === 0) return;
    const packed = new MessageWriter();
    for (const value of values) packed.#varint(value);
    this.#part(field, packed.bytes());
  }

  /** Also when it is empty. */
  string(field: number, text: string): void {
    this.#part(field, utf8(text));
  }

  message(field: number, write: (message: MessageWriter) => void): void {
    const nested = new MessageWriter();
    write(nested);
    this.#part(field, nested.bytes());
  }

  bytes(): Uint8Array {
    return this.#buffer.slice(0, this.#length);
  }

  #part(field: number, bytes: Uint8Array): void {
    this.#varint((field << 3) | LENGTH);
    this.#varint(bytes.length);
    this.#room(bytes.length);
    this.#buffer.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** Negative numbers take ten bytes, as two's complement. */
  #varint(value: number | bigint): void {
    this.#room(10);
    let rest = BigInt.asUintN(64, BigInt(value));
    while (rest >= 0x80n) {
      this.#buffer[this.#length++] = Number(rest & 0x7fn) | 0x80;
      rest >>= 7n;
    }
    this.#buffer[this.#length++] = Number(rest);
  }

  #room(bytes: number): void {
    if (this.#length + bytes <= this.#buffer.length) return;
    const larger = new Uint8Array(Math.max(this.#buffer.length * 2, this.#length + bytes));
    larger.set(this.#buffer.subarray(0, this.#length));
    this.#buffer = larger;
  }
}

/** Lone surrogates become the replacement character, as the encoding asks. */
function utf8(text: string): Uint8Array {
  const bytes: number[] = [];
  for (const character of text) {
    const point = character.codePointAt(0) ?? 0;
    const code = point >= 0xd800 && point <= 0xdfff ? 0xfffd : point;
    if (code < 0x80) bytes.push(code);
    else if (code < 0x800) bytes.push(0xc0 | (code >> 6), tail(code));
    else if (code < 0x10000) bytes.push(0xe0 | (code >> 12), tail(code >> 6), tail(code));
    else bytes.push(0xf0 | (code >> 18), tail(code >> 12), tail(code >> 6), tail(code));
  }
  return Uint8Array.from(bytes);
}

const tail = (code: number): number => 0x80 | (code & 0x3f);
