import { open } from 'node:fs/promises';
import { addressOrder, MAX_ADDRESSES } from './address-order.ts';

const UNKNOWN = '[kernel]';
const CHUNK = 1 << 16;
const MAX_NAMES = 16 << 20;

/** Functions of the kernel and its modules, from /proc/kallsyms. Loaded once, at the first kernel stack. */
export class KernelSymbols {
  readonly #path: string;
  #addresses = new Float64Array(0);
  #nameOffsets = new Uint32Array(0);
  #names = Buffer.alloc(0);
  #loading: Promise<void> | undefined;

  constructor(path = '/proc/kallsyms') {
    this.#path = path;
  }

  /** `address` without its upper 16 bits, which are set in all of the kernel and do not fit a number. */
  frameAt(address: number): string {
    let low = 0;
    let high = this.#addresses.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#addresses[middle]! <= address) low = middle + 1;
      else high = middle;
    }
    const start = this.#nameOffsets[low - 1];
    if (start === undefined) return UNKNOWN;
    return this.#names.toString('latin1', start, this.#names.indexOf(0, start));
  }

  /** Where addresses are hidden (kptr_restrict) or unreadable, kernel frames stay unnamed. */
  load(): Promise<void> {
    this.#loading ??= this.#read().catch(() => undefined);
    return this.#loading;
  }

  async #read(): Promise<void> {
    const symbols = new SymbolList();
    const file = await open(this.#path);
    try {
      const chunk = Buffer.alloc(CHUNK);
      for (let kept = 0; ;) {
        const { bytesRead } = await file.read(chunk, kept, CHUNK - kept);
        if (bytesRead === 0) break;
        const end = kept + bytesRead;
        kept = end - symbols.addLines(chunk.subarray(0, end));
        chunk.copyWithin(0, end - kept, end);
      }
    } finally {
      await file.close();
    }
    ({ addresses: this.#addresses, nameOffsets: this.#nameOffsets, names: this.#names } = symbols.sorted());
  }
}

const NEWLINE = 10;
const TAB = 9;
const TEXT_TYPES: ReadonlySet<number> = new Set(Buffer.from('tTwW'));

/** No object and no text for each symbol. Pages that are never written cost no memory. */
class SymbolList {
  readonly #addresses = new Float64Array(MAX_ADDRESSES);
  readonly #nameOffsets = new Uint32Array(MAX_ADDRESSES);
  readonly #names = Buffer.alloc(MAX_NAMES);
  #count = 0;
  #length = 0;

  /** Takes the whole lines of a part of the list; returns how many bytes they were. */
  addLines(bytes: Buffer): number {
    let at = 0;
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, at)) {
      this.#add(bytes, at, end);
      at = end + 1;
    }
    return at;
  }

  /** `ffffffff81000000 T _text`, or with a tab and the module's name after it. */
  #add(bytes: Buffer, start: number, end: number): void {
    if (end - start < 20 || !TEXT_TYPES.has(bytes[start + 17]!) || this.#count >= MAX_ADDRESSES) return;
    const address = hexAt(bytes, start + 4, start + 16);
    if (address === 0) return;
    let nameEnd = start + 19;
    while (nameEnd < end && bytes[nameEnd] !== TAB) nameEnd++;
    if (this.#length + nameEnd - start > MAX_NAMES) return;
    this.#addresses[this.#count] = address;
    this.#nameOffsets[this.#count++] = this.#length;
    this.#length += bytes.copy(this.#names, this.#length, start + 19, nameEnd) + 1;
  }

  sorted(): {
    readonly addresses: Float64Array<ArrayBuffer>;
    readonly nameOffsets: Uint32Array<ArrayBuffer>;
    readonly names: Buffer<ArrayBuffer>;
  } {
    const order = addressOrder(this.#addresses.subarray(0, this.#count));
    const [addresses, nameOffsets] = [new Float64Array(this.#count), new Uint32Array(this.#count)];
    for (let i = 0; i < order.length; i++) {
      addresses[i] = this.#addresses[order[i]!]!;
      nameOffsets[i] = this.#nameOffsets[order[i]!]!;
    }
    return { addresses, nameOffsets, names: Buffer.from(this.#names.subarray(0, this.#length)) };
  }
}

function hexAt(bytes: Buffer, start: number, end: number): number {
  let value = 0;
  for (let i = start; i < end; i++) {
    const digit = bytes[i]!;
    value = value * 16 + (digit <= 57 ? digit - 48 : (digit | 32) - 87);
  }
  return value;
}
