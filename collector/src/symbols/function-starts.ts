import type { ElfFile } from './elf.ts';

const HEADER = 12;
const ENTRY = 8;
/** Pointers relative to the section, 32 bits: what every linker writes. */
const TABLE_ENCODING = 0x3b;
const COUNT_ENCODING = 0x03;
const MAX_FUNCTIONS = 1 << 20;

/**
 * Where functions start, from the index of the unwind tables (.eh_frame_hdr), which stripped files keep. Without a
 * name, the samples of one function still share one frame.
 */
export class FunctionStarts {
  /** Relative to the section's address, ascending. */
  readonly #starts: Int32Array;
  readonly #base: number;

  constructor(file: ElfFile) {
    const section = file.section('.eh_frame_hdr');
    const header = section ? file.read(section.offset, HEADER) : Buffer.alloc(0);
    this.#base = (section && file.addressOf(section.offset)) ?? 0;
    if (!section || header.length < HEADER || header[2] !== COUNT_ENCODING || header[3] !== TABLE_ENCODING) {
      this.#starts = new Int32Array(0);
      return;
    }
    const count = Math.min(
      header.readUInt32LE(8),
      Math.floor((section.size - HEADER) / ENTRY),
      MAX_FUNCTIONS,
    );
    const table = file.read(section.offset + HEADER, count * ENTRY);
    this.#starts = new Int32Array(Math.floor(table.length / ENTRY));
    for (let i = 0; i < this.#starts.length; i++) this.#starts[i] = table.readInt32LE(i * ENTRY);
  }

  get size(): number {
    return this.#starts.length;
  }

  /** Link-time address where the function around a link-time address starts. */
  startOf(address: number): number | undefined {
    const wanted = address - this.#base;
    let low = 0;
    let high = this.#starts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#starts[middle]! <= wanted) low = middle + 1;
      else high = middle;
    }
    const found = this.#starts[low - 1];
    return found === undefined ? undefined : this.#base + found;
  }
}
