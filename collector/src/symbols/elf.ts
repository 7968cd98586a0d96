import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';

/** A loaded range of the file: what the kernel maps. Bytes and addresses fit a number (user space is 47 bits). */
export interface ElfSegment {
  readonly offset: number;
  readonly fileSize: number;
  readonly address: number;
  readonly isExecutable: boolean;
}

export interface ElfSection {
  readonly name: string;
  readonly type: number;
  /** Link-time address; 0 when it is not loaded. */
  readonly address: number;
  readonly offset: number;
  readonly size: number;
  /** Index of the section that holds the names, for symbol tables. */
  readonly link: number;
}

const PT_LOAD = 1;
const PF_X = 1;
const PAGE = 4096;
const PROGRAM_HEADER = 56;
const SECTION_HEADER = 64;
const MAX_HEADERS = 4096;
const MAX_STRING_TABLE = 1 << 20;

/** A 64-bit little-endian ELF file, kept open: names are read when they are asked for. */
export class ElfFile {
  readonly segments: readonly ElfSegment[];
  readonly sections: readonly ElfSection[];
  /** e_machine. */
  readonly machine: number;
  readonly #source: number | Buffer;

  /**
   * A file by path, or its bytes.
   * @throws Error for what is not such a file.
   */
  constructor(source: string | Buffer) {
    this.#source =
      typeof source === 'string' ? openSync(source, constants.O_RDONLY | constants.O_NONBLOCK) : source;
    try {
      if (typeof this.#source === 'number' && !fstatSync(this.#source).isFile())
        throw new Error('not a regular file');
      const header = this.read(0, 64);
      // Magic, 64 bits, little-endian.
      if (header.readUInt32BE(0) !== 0x7f454c46 || header[4] !== 2 || header[5] !== 1)
        throw new Error('not a 64-bit little-endian ELF file');
      this.machine = header.readUInt16LE(18);
      this.segments = this.#segments(header);
      this.sections = this.#sections(header);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Bytes at an offset of the file; fewer at its end. */
  read(offset: number, length: number): Buffer {
    const bytes = Buffer.alloc(length);
    return bytes.subarray(0, this.readInto(bytes, offset));
  }

  /** Fills `bytes` from an offset of the file; returns how many there were. */
  readInto(bytes: Buffer, offset: number): number {
    if (typeof this.#source !== 'number') return this.#source.copy(bytes, 0, offset);
    let got = 0;
    while (got < bytes.length) {
      const count = readSync(this.#source, bytes, got, bytes.length - got, offset + got);
      if (count === 0) break;
      got += count;
    }
    return got;
  }

  section(name: string): ElfSection | undefined {
    return this.sections.find((section) => section.name === name);
  }

  /** Link-time address of an offset of the file; undefined when it is not loaded. */
  addressOf(offset: number): number | undefined {
    const segment = this.segments.find((one) => offset >= one.offset && offset < one.offset + one.fileSize);
    return segment && offset - segment.offset + segment.address;
  }

  /** What to add to link-time addresses when the executable segment is mapped from `offset` of the file on at `start`. */
  biasOf(start: number, offset: number): number | undefined {
    const segment = this.segments.find(
      (one) =>
        one.isExecutable && offset >= one.offset - (one.offset % PAGE) && offset < one.offset + one.fileSize,
    );
    return segment && start - (offset - segment.offset + segment.address);
  }

  /** Offset of the file of a link-time address; undefined when the file has no bytes for it. */
  offsetOf(address: number): number | undefined {
    const segment = this.segments.find(
      (one) => address >= one.address && address < one.address + one.fileSize,
    );
    return segment && address - segment.address + segment.offset;
  }

  close(): void {
    if (typeof this.#source === 'number') closeSync(this.#source);
  }

  #segments(header: Buffer): readonly ElfSegment[] {
    const count = Math.min(header.readUInt16LE(56), MAX_HEADERS);
    const table = this.read(Number(header.readBigUInt64LE(32)), count * PROGRAM_HEADER);
    const segments: ElfSegment[] = [];
    for (let at = 0; at + PROGRAM_HEADER <= table.length; at += PROGRAM_HEADER) {
      if (table.readUInt32LE(at) !== PT_LOAD) continue;
      segments.push({
        offset: Number(table.readBigUInt64LE(at + 8)),
        address: Number(table.readBigUInt64LE(at + 16)),
        fileSize: Number(table.readBigUInt64LE(at + 32)),
        isExecutable: (table.readUInt32LE(at + 4) & PF_X) !== 0,
      });
    }
    return segments;
  }

  #sections(header: Buffer): readonly ElfSection[] {
    const count = Math.min(header.readUInt16LE(60), MAX_HEADERS);
    const table = this.read(Number(header.readBigUInt64LE(40)), count * SECTION_HEADER);
    const raw = Array.from({ length: Math.floor(table.length / SECTION_HEADER) }, (_, i) => {
      const at = i * SECTION_HEADER;
      return {
        name: table.readUInt32LE(at),
        type: table.readUInt32LE(at + 4),
        address: Number(table.readBigUInt64LE(at + 16)),
        offset: Number(table.readBigUInt64LE(at + 24)),
        size: Number(table.readBigUInt64LE(at + 32)),
        link: table.readUInt32LE(at + 40),
      };
    });
    const names = raw[header.readUInt16LE(62)];
    const text = names ? this.read(names.offset, Math.min(names.size, MAX_STRING_TABLE)) : Buffer.alloc(0);
    return raw.map((section) => ({ ...section, name: textAt(text, section.name) }));
  }
}

/** Text up to the next zero byte. */
export function textAt(bytes: Buffer, start: number): string {
  const end = bytes.indexOf(0, start);
  return bytes.toString('latin1', start, end < 0 ? bytes.length : end);
}
