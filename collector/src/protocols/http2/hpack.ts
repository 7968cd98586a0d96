import { decodeHuffman } from './huffman.ts';

/** A header as far as it is known: '' for the name, or undefined for the value, of what was indexed before we looked. */
export interface Header {
  readonly name: string;
  readonly value: string | undefined;
}

/** RFC 7541, appendix A. */
const STATIC: readonly (readonly [string, string])[] = [
  [':authority', ''],
  [':method', 'GET'],
  [':method', 'POST'],
  [':path', '/'],
  [':path', '/index.html'],
  [':scheme', 'http'],
  [':scheme', 'https'],
  [':status', '200'],
  [':status', '204'],
  [':status', '206'],
  [':status', '304'],
  [':status', '400'],
  [':status', '404'],
  [':status', '500'],
  ['accept-charset', ''],
  ['accept-encoding', 'gzip, deflate'],
  ['accept-language', ''],
  ['accept-ranges', ''],
  ['accept', ''],
  ['access-control-allow-origin', ''],
  ['age', ''],
  ['allow', ''],
  ['authorization', ''],
  ['cache-control', ''],
  ['content-disposition', ''],
  ['content-encoding', ''],
  ['content-language', ''],
  ['content-length', ''],
  ['content-location', ''],
  ['content-range', ''],
  ['content-type', ''],
  ['cookie', ''],
  ['date', ''],
  ['etag', ''],
  ['expect', ''],
  ['expires', ''],
  ['from', ''],
  ['host', ''],
  ['if-match', ''],
  ['if-modified-since', ''],
  ['if-none-match', ''],
  ['if-range', ''],
  ['if-unmodified-since', ''],
  ['last-modified', ''],
  ['link', ''],
  ['location', ''],
  ['max-forwards', ''],
  ['proxy-authenticate', ''],
  ['proxy-authorization', ''],
  ['range', ''],
  ['referer', ''],
  ['refresh', ''],
  ['retry-after', ''],
  ['server', ''],
  ['set-cookie', ''],
  ['strict-transport-security', ''],
  ['transfer-encoding', ''],
  ['user-agent', ''],
  ['vary', ''],
  ['via', ''],
  ['www-authenticate', ''],
];

/** Headers whose values are kept; of all others only the size matters. Nothing that authenticates is among them. */
const WANTED: ReadonlySet<string> = new Set([
  ':method',
  ':path',
  ':scheme',
  ':authority',
  ':status',
  'content-type',
  'grpc-status',
  'grpc-message',
  'traceparent',
  'tracestate',
  'b3',
  'x-b3-traceid',
  'x-b3-spanid',
  'x-b3-parentspanid',
  'x-b3-sampled',
  'x-b3-flags',
]);

/** What an entry takes beside its name and value (section 4.1). */
const ENTRY_OVERHEAD = 32;
const DEFAULT_SIZE = 4096;
/** A table never grows beyond this, whatever the peer announces. */
const MOST_SIZE = 64 * 1024;
const MOST_HEADERS = 256;
const LONGEST_VALUE = 2048;

interface Entry {
  readonly header: Header;
  readonly size: number;
}

/** Thrown inside, never out of this file: the block is damaged and the table can no longer be trusted. */
class Damaged extends Error {}

/**
 * One direction of HPACK (RFC 7541). A decoder that joins a connection late does not know what was indexed before:
 * such headers come out without a value, never with a wrong one.
 */
export class HpackDecoder {
  /** Newest first. */
  #entries: Entry[] = [];
  #size = 0;
  #limit = DEFAULT_SIZE;
  #bytes: Uint8Array = new Uint8Array(0);
  #at = 0;

  /** Forgets the table: bytes were lost. */
  reset(): void {
    this.#entries = [];
    this.#size = 0;
  }

  /** Headers of one whole block; what stands before a damaged place, after which the table is forgotten. */
  decode(block: Uint8Array): Header[] {
    const headers: Header[] = [];
    this.#bytes = block;
    this.#at = 0;
    try {
      while (this.#at < block.length) {
        const header = this.#next();
        if (header && headers.length < MOST_HEADERS) headers.push(header);
      }
    } catch (error) {
      if (!(error instanceof Damaged)) throw error;
      this.reset();
    }
    this.#bytes = new Uint8Array(0);
    return headers;
  }

  #next(): Header | undefined {
    const first = this.#bytes[this.#at]!;
    if (first & 0x80) return this.#indexed(this.#integer(7));
    if (first & 0x40) return this.#literal(6, true);
    if (first & 0x20) {
      this.#resize(this.#integer(5));
      return undefined;
    }
    return this.#literal(4, false);
  }

  #indexed(index: number): Header {
    if (index === 0) throw new Damaged();
    const known = STATIC[index - 1];
    if (known) return { name: known[0], value: known[1] };
    return this.#entries[index - STATIC.length - 1]?.header ?? { name: '', value: undefined };
  }

  #literal(bits: number, remember: boolean): Header {
    const index = this.#integer(bits);
    const { text: literalName, size: nameSize } =
      index === 0 ? this.#string(true) : { text: this.#indexed(index).name, size: this.#nameSize(index) };
    const name = literalName ?? '';
    const { text, size } = this.#string(WANTED.has(name));
    const header = { name, value: text };
    if (remember) this.#remember({ header, size: nameSize + size + ENTRY_OVERHEAD });
    return header;
  }

  #nameSize(index: number): number {
    return this.#indexed(index).name.length;
  }

  /** Text if it is wanted and not too long; the size of what it stands for in any case. */
  #string(wanted: boolean): { readonly text: string | undefined; readonly size: number } {
    const huffman = ((this.#bytes[this.#at] ?? 0) & 0x80) !== 0;
    const length = this.#integer(7);
    if (this.#at + length > this.#bytes.length) throw new Damaged();
    const bytes = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    if (!huffman) {
      const text = wanted && length <= LONGEST_VALUE ? latin1(bytes) : undefined;
      return { text, size: length };
    }
    const text = decodeHuffman(bytes);
    if (text === undefined) throw new Damaged();
    return { text: wanted && text.length <= LONGEST_VALUE ? text : undefined, size: text.length };
  }

  /** Section 5.1; more than four further bytes make no sensible number. */
  #integer(bits: number): number {
    if (this.#at >= this.#bytes.length) throw new Damaged();
    const most = 2 ** bits - 1;
    let value = this.#bytes[this.#at++]! & most;
    if (value < most) return value;
    for (let shift = 0; shift <= 28; shift += 7) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) throw new Damaged();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw new Damaged();
  }

  #resize(limit: number): void {
    if (limit > MOST_SIZE) throw new Damaged();
    this.#limit = limit;
    this.#evict(0);
  }

  #remember(entry: Entry): void {
    this.#evict(entry.size);
    if (entry.size > this.#limit) return;
    this.#entries.unshift(entry);
    this.#size += entry.size;
  }

  #evict(room: number): void {
    while (this.#entries.length > 0 && this.#size + room > this.#limit)
      this.#size -= this.#entries.pop()?.size ?? 0;
  }
}

const latin1 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
