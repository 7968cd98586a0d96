import { addressOrder, MAX_ADDRESSES } from './address-order.ts';
import { type ElfFile, type ElfSection, textAt } from './elf.ts';

const ENTRY = 24;
const STT_FUNC = 2;
const STT_GNU_IFUNC = 10;
const CHUNK_ENTRIES = 4096;
const MAX_NAME = 1024;
/** Without a size (assembler), a symbol reaches this far at most. */
const UNSIZED_REACH = 4096;

/** Where a name is read into, one at a time. */
const NAME = Buffer.alloc(MAX_NAME);

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
    // Loops, not `from`: that would make a list of all elements first, ten times as large.
    const order = addressOrder(addresses);
    this.#addresses = new Float64Array(order.length);
    this.#sizes = new Uint32Array(order.length);
    this.#nameOffsets = new Uint32Array(order.length);
    for (let to = 0; to < order.length; to++) {
      const from = order[to]!;
      this.#addresses[to] = addresses[from]!;
      this.#sizes[to] = sizes[from]!;
      this.#nameOffsets[to] = names[from]!;
    }
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
    return textAt(NAME.subarray(0, this.#file.readInto(NAME, offset)), 0);
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
  const count = table ? Math.min(Math.floor(table.size / ENTRY), MAX_ADDRESSES) : 0;
  const [addresses, sizes, names] = [new Float64Array(count), new Uint32Array(count), new Uint32Array(count)];
  const chunk = Buffer.alloc(Math.min(count, CHUNK_ENTRIES) * ENTRY);
  const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  let kept = 0;
  for (let first = 0; table && first < count; first += CHUNK_ENTRIES) {
    const wanted = Math.min(CHUNK_ENTRIES, count - first) * ENTRY;
    const got = file.readInto(chunk.subarray(0, wanted), table.offset + first * ENTRY);
    for (let at = 0; at + ENTRY <= got; at += ENTRY) {
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

/** Link-time addresses of a few named symbols of any type, by name; absent ones are left out. */
export function addressesOf(file: ElfFile, wanted: readonly string[]): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const name of ['.dynsym', '.symtab']) {
    const table = file.section(name);
    const strings = table && file.sections[table.link];
    if (!table || !strings || found.size === wanted.length) continue;
    const bytes = file.read(table.offset, Math.min(table.size, MAX_ADDRESSES * ENTRY));
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
