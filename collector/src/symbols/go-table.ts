import type { ElfFile, ElfSection } from './elf.ts';

/**
 * Where each version of Go's function table keeps what (src/debug/gosym/pclntab.go, src/runtime/symtab.go), for
 * 64-bit programs.
 */
interface GoFormat {
  /** Of the header: offsets of fields of 8 bytes. */
  readonly textStart?: number;
  readonly names: number;
  readonly units: number;
  readonly files: number;
  readonly values: number;
  readonly functions: number;
  /** Bytes of each half of an entry of the list of functions. */
  readonly entry: 4 | 8;
  /** Of a function. */
  readonly name: number;
  readonly fileValues: number;
  readonly lineValues: number;
  readonly unit: number;
  readonly startLine?: number;
}

const GO_1_18: GoFormat = {
  textStart: 24,
  names: 32,
  units: 40,
  files: 48,
  values: 56,
  functions: 64,
  entry: 4,
  name: 4,
  fileValues: 20,
  lineValues: 24,
  unit: 32,
};
/** By the table's first four bytes. */
const FORMATS: Readonly<Record<number, GoFormat>> = {
  0xfffffff1: { ...GO_1_18, startLine: 36 }, // 1.20
  0xfffffff0: GO_1_18,
  0xfffffffa: {
    // 1.16
    names: 24,
    units: 32,
    files: 40,
    values: 48,
    functions: 56,
    entry: 8,
    name: 8,
    fileValues: 24,
    lineValues: 28,
    unit: 36,
  },
};

const HEADER = 72;
const FUNCTION = 48;
const MAX_FUNCTIONS = 1 << 20;
const MAX_TEXT = 512;
/** Enough for the first step of a list of values. */
const STEP = 10;

/** Functions of a Go program, which even a stripped one keeps: 16 bytes each; the rest stays in the file. */
export class GoTable {
  readonly #file: ElfFile;
  readonly #section: ElfSection;
  readonly #format: GoFormat;
  readonly #header: Buffer;
  /** Link-time addresses, ascending, with the end of the last. */
  readonly #starts: Float64Array;
  /** Relative to the list of functions. */
  readonly #places: Float64Array;

  private constructor(file: ElfFile, section: ElfSection, format: GoFormat, header: Buffer) {
    this.#file = file;
    this.#section = section;
    this.#format = format;
    this.#header = header;
    const { entry } = format;
    const count = Math.min(this.#field(8), MAX_FUNCTIONS, Math.floor(section.size / (2 * entry)));
    const list = this.#read(this.#field(format.functions), count * 2 * entry + entry);
    const wordAt = (at: number): number =>
      entry === 4 ? list.readUInt32LE(at) : Number(list.readBigUInt64LE(at));
    const whole = Math.max(0, Math.floor((list.length - entry) / (2 * entry)));
    const text = format.textStart === undefined ? 0 : this.#textStart(format.textStart);
    this.#starts = new Float64Array(whole + (list.length >= entry ? 1 : 0));
    this.#places = new Float64Array(whole);
    for (let i = 0; i < this.#starts.length; i++) this.#starts[i] = text + wordAt(i * 2 * entry);
    for (let i = 0; i < whole; i++) this.#places[i] = wordAt(i * 2 * entry + entry);
  }

  /** undefined for what is no Go program, or of a version that is not known. */
  static of(file: ElfFile): GoTable | undefined {
    const section = file.section('.gopclntab') ?? file.section('.data.rel.ro.gopclntab');
    const header = section && file.read(section.offset, HEADER);
    if (!section || !header || header.length < HEADER || header[7] !== 8) return undefined;
    const format = FORMATS[header.readUInt32LE(0)];
    return format && new GoTable(file, section, format, header);
  }

  get size(): number {
    return this.#places.length;
  }

  /** `function file.go:line` with the line where the function starts; before Go 1.20 that of its first instruction. */
  frameAt(address: number): string | undefined {
    const index = this.#indexOf(address);
    const place = this.#places[index];
    if (place === undefined) return undefined;
    const found = this.#read(this.#field(this.#format.functions) + place, FUNCTION);
    if (found.length < FUNCTION) return undefined;
    const name = this.#textAt(this.#field(this.#format.names) + found.readInt32LE(this.#format.name));
    if (name === '') return undefined;
    const path = this.#pathOf(found);
    const line = this.#lineOf(found);
    return path === '' ? name : `${name} ${path.slice(path.lastIndexOf('/') + 1)}:${line}`;
  }

  #lineOf(found: Buffer): number {
    const { startLine, lineValues } = this.#format;
    return startLine === undefined
      ? this.#firstValue(found.readUInt32LE(lineValues))
      : found.readInt32LE(startLine);
  }

  #pathOf(found: Buffer): string {
    const { unit, fileValues } = this.#format;
    const file = this.#firstValue(found.readUInt32LE(fileValues));
    const first = found.readUInt32LE(unit);
    if (file < 0 || first === 0xffffffff) return '';
    const entry = this.#read(this.#field(this.#format.units) + (first + file) * 4, 4);
    if (entry.length < 4 || entry.readUInt32LE(0) === 0xffffffff) return '';
    return this.#textAt(this.#field(this.#format.files) + entry.readUInt32LE(0));
  }

  /** A list of values by address starts with the difference from -1, zigzag-coded, as a varint. */
  #firstValue(offset: number): number {
    const bytes = this.#read(this.#field(this.#format.values) + offset, STEP);
    let value = 0;
    for (const [i, byte] of bytes.entries()) {
      value += (byte & 0x7f) * 2 ** (7 * i);
      if (byte < 0x80) break;
    }
    return -1 + (value % 2 === 1 ? -(value + 1) / 2 : value / 2);
  }

  /** Position-independent programs learn it when they are started: then it is where the code starts. */
  #textStart(field: number): number {
    return this.#field(field) || (this.#file.section('.text')?.address ?? 0);
  }

  #indexOf(address: number): number {
    let low = 0;
    let high = this.#starts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#starts[middle]! <= address) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  #field(at: number): number {
    return Number(this.#header.readBigUInt64LE(at));
  }

  /** Never beyond the section: the offsets come from the file. */
  #read(offset: number, length: number): Buffer {
    const room = Math.min(length, this.#section.size - offset);
    return offset >= 0 && room > 0 ? this.#file.read(this.#section.offset + offset, room) : Buffer.alloc(0);
  }

  #textAt(offset: number): string {
    const bytes = this.#read(offset, MAX_TEXT);
    const end = bytes.indexOf(0);
    return bytes.toString('utf8', 0, end < 0 ? bytes.length : end);
  }
}
