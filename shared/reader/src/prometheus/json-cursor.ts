const [QUOTE, BACKSLASH, COMMA, COLON] = [0x22, 0x5c, 0x2c, 0x3a];
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

/** Goes through a JSON text in bytes. Methods throw SyntaxError where the text is not what they want. */
export class JsonCursor {
  readonly bytes: Uint8Array;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  space(): void {
    const { bytes } = this;
    while (bytes[this.at]! <= 0x20) this.at++;
  }

  /** The next byte that is no space. */
  peek(): number | undefined {
    this.space();
    return this.bytes[this.at];
  }

  take(byte: number): boolean {
    if (this.peek() !== byte) return false;
    this.at++;
    return true;
  }

  expect(byte: number): void {
    if (!this.take(byte))
      throw new SyntaxError(`expected ${String.fromCharCode(byte)} at byte ${this.at} of the answer`);
  }

  comma(): void {
    this.expect(COMMA);
  }

  /** Whether another element follows; takes the comma or the end. */
  more(end: number): boolean {
    if (this.take(COMMA)) return true;
    this.expect(end);
    return false;
  }

  object(field: (name: string) => void): void {
    this.expect(OPEN_OBJECT);
    if (this.take(CLOSE_OBJECT)) return;
    do {
      this.space();
      const name = this.value();
      if (typeof name !== 'string')
        throw new SyntaxError(`a name is no text at byte ${this.at} of the answer`);
      this.expect(COLON);
      field(name);
    } while (this.more(CLOSE_OBJECT));
  }

  list(element: () => void): void {
    this.expect(OPEN_LIST);
    if (this.take(CLOSE_LIST)) return;
    do element();
    while (this.more(CLOSE_LIST));
  }

  /** The next value, whatever it is. */
  value(): unknown {
    this.space();
    const start = this.at;
    this.#skip();
    return JSON.parse(
      Buffer.from(this.bytes.buffer, this.bytes.byteOffset + start, this.at - start).toString('utf8'),
    );
  }

  #skip(): void {
    let depth = 0;
    const { bytes } = this;
    do {
      const byte = bytes[this.at];
      if (byte === undefined) throw new SyntaxError('the answer ends early');
      if (byte === QUOTE) this.#skipText();
      else {
        if (byte === OPEN_OBJECT || byte === OPEN_LIST) depth++;
        else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) depth--;
        else if (depth === 0) return this.#skipWord();
        this.at++;
      }
    } while (depth > 0);
  }

  #skipText(): void {
    const { bytes } = this;
    for (this.at++; bytes[this.at] !== QUOTE; this.at++) {
      if (bytes[this.at] === BACKSLASH) this.at++;
      if (this.at >= bytes.length) throw new SyntaxError('the answer ends in a text');
    }
    this.at++;
  }

  /** A number, true, false or null. */
  #skipWord(): void {
    const { bytes } = this;
    while (this.at < bytes.length && !ENDS.has(bytes[this.at]!)) this.at++;
  }
}

const ENDS: ReadonlySet<number> = new Set([COMMA, CLOSE_LIST, CLOSE_OBJECT, COLON, 0x20, 0x0a, 0x0d, 0x09]);
