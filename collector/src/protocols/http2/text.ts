import { decodeHuffman } from './huffman.ts';

/** A header's value as it stood on the wire: most are never asked for, and become text when they are. */
export class Text {
  readonly #bytes: Uint8Array;
  readonly #huffman: boolean;
  #text: string | undefined;
  #number: number | undefined;

  /** `bytes` belong to the value from now on; with `huffman` they are a whole string of that code. */
  constructor(bytes: Uint8Array, huffman: boolean) {
    this.#bytes = bytes;
    this.#huffman = huffman;
  }

  static of(text: string): Text {
    return new Text(Buffer.from(text, 'latin1'), false);
  }

  /** latin1 */
  get text(): string {
    this.#text ??= this.#huffman ? (decodeHuffman(this.#bytes) ?? '') : latin1(this.#bytes);
    return this.#text;
  }

  /** A number of one to three digits; undefined when it is none. */
  get smallNumber(): number | undefined {
    this.#number ??= /^\d{1,3}$/.test(this.text) ? Number(this.text) : NaN;
    return Number.isNaN(this.#number) ? undefined : this.#number;
  }
}

export const latin1 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');

const SLOTS = 512;
/** Longer strings hardly come twice. */
const LONGEST = 64;

/**
 * What was made of strings on the wire: as many as are in use come again and again. One that finds its place taken goes
 * there instead.
 */
export class StringCache<Made extends object> {
  readonly #bytes: (Uint8Array | undefined)[] = Array.from({ length: SLOTS }, () => undefined);
  readonly #made: (Made | undefined)[] = Array.from({ length: SLOTS }, () => undefined);
  readonly #huffman = new Uint8Array(SLOTS);
  readonly #make: (bytes: Uint8Array, huffman: boolean) => Made;

  /** `make` gets a copy of the bytes. */
  constructor(make: (bytes: Uint8Array, huffman: boolean) => Made) {
    this.#make = make;
  }

  /** Of `bytes` from `at` to `end`. */
  of(bytes: Uint8Array, at: number, end: number, huffman: boolean): Made {
    const length = end - at;
    if (length > LONGEST) return this.#make(bytes.slice(at, end), huffman);
    let hash = length;
    for (let i = at; i < end; i++) hash = (Math.imul(hash, 31) + bytes[i]!) | 0;
    const slot = (hash ^ (hash >>> 15)) & (SLOTS - 1);
    const known = this.#bytes[slot];
    if (known?.length === length && this.#huffman[slot] === Number(huffman)) {
      let same = 0;
      while (same < length && known[same] === bytes[at + same]) same++;
      if (same === length) return this.#made[slot]!;
    }
    const copy = bytes.slice(at, end);
    const made = this.#make(copy, huffman);
    this.#bytes[slot] = copy;
    this.#huffman[slot] = Number(huffman);
    this.#made[slot] = made;
    return made;
  }
}
