import { createReadStream } from 'node:fs';

const MAX_SYMBOLS = 400_000;
const UNKNOWN = '[kernel]';

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
    let rest = '';
    for await (const chunk of createReadStream(this.#path, { encoding: 'latin1', highWaterMark: 1 << 16 })) {
      const text = rest + String(chunk);
      const end = text.lastIndexOf('\n') + 1;
      for (let at = 0; at < end;) {
        const next = text.indexOf('\n', at);
        symbols.add(text.slice(at, next));
        at = next + 1;
      }
      rest = text.slice(end);
    }
    ({ addresses: this.#addresses, nameOffsets: this.#nameOffsets, names: this.#names } = symbols.sorted());
  }
}

/** Grows without an object for each symbol. */
class SymbolList {
  #addresses = new Float64Array(1 << 17);
  #nameOffsets = new Uint32Array(1 << 17);
  #names = Buffer.alloc(1 << 22);
  #count = 0;
  #length = 0;

  /** `ffffffff81000000 T _text` or with a tab and the module's name after it. */
  add(line: string): void {
    const address = Number.parseInt(line.slice(4, 16), 16);
    const end = line.indexOf('\t', 19);
    const name = end < 0 ? line.slice(19) : line.slice(19, end);
    if (!(address > 0) || !'tTwW'.includes(line[17] ?? '-') || this.#count >= MAX_SYMBOLS) return;
    this.#reserve(name.length + 1);
    this.#addresses[this.#count] = address;
    this.#nameOffsets[this.#count++] = this.#length;
    this.#length += this.#names.write(name, this.#length, 'latin1') + 1;
  }

  sorted(): {
    readonly addresses: Float64Array<ArrayBuffer>;
    readonly nameOffsets: Uint32Array<ArrayBuffer>;
    readonly names: Buffer<ArrayBuffer>;
  } {
    // Nearly sorted as it comes: modules stand behind the kernel.
    const order = Uint32Array.from({ length: this.#count }, (_, i) => i);
    const addresses = this.#addresses;
    order.sort((a, b) => addresses[a]! - addresses[b]! || a - b);
    return {
      addresses: Float64Array.from(order, (i) => addresses[i]!),
      nameOffsets: Uint32Array.from(order, (i) => this.#nameOffsets[i]!),
      names: Buffer.from(this.#names.subarray(0, this.#length)),
    };
  }

  #reserve(bytes: number): void {
    if (this.#length + bytes > this.#names.length) {
      const larger = Buffer.alloc(this.#names.length * 2);
      this.#names.copy(larger);
      this.#names = larger;
    }
    if (this.#count < this.#addresses.length) return;
    const [addresses, nameOffsets] = [new Float64Array(this.#count * 2), new Uint32Array(this.#count * 2)];
    addresses.set(this.#addresses);
    nameOffsets.set(this.#nameOffsets);
    [this.#addresses, this.#nameOffsets] = [addresses, nameOffsets];
  }
}
