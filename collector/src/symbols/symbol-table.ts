import { type ElfFile, type ElfSection, textAt } from './elf.ts';

const ENTRY = 24;
const STT_FUNC = 2;
const STT_GNU_IFUNC = 10;
/** Indexes take 19 bits of a number's 53: files may be 16 GiB large. */
const INDEX_SPAN = 1 << 19;
const MAX_SYMBOLS = INDEX_SPAN;
const CHUNK_ENTRIES = 4096;
const MAX_NAME = 1024;
/** Without a size (assembler), a symbol reaches this far at most. */
const UNSIZED_REACH = 4096;

export interface FoundSymbol {
  readonly name: string;
  /** Bytes from the symbol's start. */
  readonly offset: number;
}

/** Functions of one ELF file by address: 16 bytes each; names stay in the file until asked for. */
export class SymbolTable {
  readonly #file: ElfFile;
  readonly #names: ElfSection | undefined;
  readonly #addresses: Float64Array;
  readonly #sizes: Uint32Array;
  readonly #nameOffsets: Uint32Array;

  /** The full table where the file has one, else what it exports. */
  constructor(file: ElfFile) {
    this.#file = file;
    const table = file.section('.symtab') ?? file.section('.dynsym');
    this.#names = table && file.sections[table.link];
    const { addresses, sizes, names } = functionsOf(file, table);
    const order = orderOf(addresses);
    this.#addresses = Float64Array.from(order, (i) => addresses[i]!);
    this.#sizes = Uint32Array.from(order, (i) => sizes[i]!);
    this.#nameOffsets = Uint32Array.from(order, (i) => names[i]!);
  }

  get size(): number {
    return this.#addresses.length;
  }

  /** The function that contains a link-time address. */
  find(address: number): FoundSymbol | undefined {
    const last = this.#lastUpTo(address);
    const start = this.#addresses[last];
    if (start === undefined) return undefined;
    // One address may have several names, some without a size.
    for (let at = last; this.#addresses[at] === start; at--)
      if (address < start + this.#sizes[at]!) return { name: this.#nameAt(at), offset: address - start };
    const reach = Math.min((this.#addresses[last + 1] ?? Infinity) - start, UNSIZED_REACH);
    if (this.#sizes[last] !== 0 || address >= start + reach) return undefined;
    return { name: this.#nameAt(last), offset: address - start };
  }

  #nameAt(index: number): string {
    const offset = (this.#names?.offset ?? 0) + this.#nameOffsets[index]!;
    return textAt(this.#file.read(offset, MAX_NAME), 0);
  }

  /** -1 when every symbol is above. */
  #lastUpTo(address: number): number {
    let low = 0;
    let high = this.#addresses.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#addresses[middle]! <= address) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}

interface RawSymbols {
  readonly addresses: Float64Array;
  readonly sizes: Uint32Array;
  readonly names: Uint32Array;
}

/** 64 bits as a number; exact below 2^53. */
const wordAt = (view: DataView, at: number): number =>
  view.getUint32(at, true) + view.getUint32(at + 4, true) * 0x1_0000_0000;

function functionsOf(file: ElfFile, table: ElfSection | undefined): RawSymbols {
  const count = table ? Math.min(Math.floor(table.size / ENTRY), MAX_SYMBOLS) : 0;
  const [addresses, sizes, names] = [new Float64Array(count), new Uint32Array(count), new Uint32Array(count)];
  let kept = 0;
  for (let first = 0; table && first < count; first += CHUNK_ENTRIES) {
    const entries = Math.min(CHUNK_ENTRIES, count - first);
    const bytes = file.read(table.offset + first * ENTRY, entries * ENTRY);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let at = 0; at + ENTRY <= bytes.length; at += ENTRY) {
      const type = view.getUint8(at + 4) & 0xf;
      const isDefined = view.getUint16(at + 6, true) !== 0;
      if (!isDefined || (type !== STT_FUNC && type !== STT_GNU_IFUNC)) continue;
      names[kept] = view.getUint32(at, true);
      addresses[kept] = wordAt(view, at + 8);
      sizes[kept++] = Math.min(wordAt(view, at + 16), 0xffff_ffff);
    }
  }
  return {
    addresses: addresses.subarray(0, kept),
    sizes: sizes.subarray(0, kept),
    names: names.subarray(0, kept),
  };
}

/** Indexes by address. Address and index share a number, so that the sort needs no comparator. */
function orderOf(addresses: Float64Array): Uint32Array {
  const lowest = addresses.reduce((least, address) => Math.min(least, address), Infinity);
  const keys = new Float64Array(addresses.length);
  for (let i = 0; i < keys.length; i++) keys[i] = (addresses[i]! - lowest) * INDEX_SPAN + i;
  keys.sort();
  return Uint32Array.from(keys, (key) => key % INDEX_SPAN);
}

/** Link-time addresses of a few named symbols of any type, by name; absent ones are left out. */
export function addressesOf(file: ElfFile, wanted: readonly string[]): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const name of ['.dynsym', '.symtab']) {
    const table = file.section(name);
    const strings = table && file.sections[table.link];
    if (!table || !strings || found.size === wanted.length) continue;
    const bytes = file.read(table.offset, Math.min(table.size, MAX_SYMBOLS * ENTRY));
    const text = file.read(strings.offset, strings.size);
    const offsets = new Map<number, string>();
    for (const symbol of wanted) for (const at of nameOffsets(text, symbol)) offsets.set(at, symbol);
    for (let at = 0; at + ENTRY <= bytes.length; at += ENTRY) {
      const symbol = offsets.get(bytes.readUInt32LE(at));
      if (symbol !== undefined && bytes.readUInt16LE(at + 6) !== 0)
        found.set(symbol, Number(bytes.readBigUInt64LE(at + 8)));
    }
  }
  return found;
}

/** Linkers share the tails of names: a name may also end a longer one. */
function nameOffsets(text: Buffer, name: string): readonly number[] {
  const pattern = Buffer.from(`${name}\0`, 'latin1');
  const offsets: number[] = [];
  for (let at = text.indexOf(pattern); at >= 0; at = text.indexOf(pattern, at + 1)) offsets.push(at);
  return offsets;
}
