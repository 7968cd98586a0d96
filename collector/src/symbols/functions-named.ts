import { MAX_ADDRESSES } from './address-order.ts';
import type { ElfFile, ElfSection } from './elf.ts';

const ENTRY = 24;
const STT_FUNC = 2;
/** What is held of a table at once: large executables have tens of megabytes. */
const CHUNK = ENTRY << 14;
const LONGEST_NAME = 256;

/** A function of an ELF file. */
export interface NamedFunction {
  readonly name: string;
  /** Link-time address. */
  readonly address: number;
  /** Bytes. */
  readonly size: number;
}

/** Functions that the file defines, by name, from both of its symbol tables; absent ones are left out. */
export function functionsNamed(file: ElfFile, names: readonly string[]): ReadonlyMap<string, NamedFunction> {
  const found = new Map<string, NamedFunction>();
  for (const section of ['.dynsym', '.symtab']) {
    const table = file.section(section);
    const strings = table && file.sections[table.link];
    if (!table || !strings || found.size === names.length) continue;
    const offsets = nameOffsets(file, strings, names);
    if (offsets.size > 0) readFunctions(file, table, offsets, found);
  }
  return found;
}

/** Functions whose names contain a text. */
export function functionsMatching(file: ElfFile, needle: string): readonly NamedFunction[] {
  const table = file.section('.symtab');
  const strings = table && file.sections[table.link];
  if (!table || !strings) return [];
  const names = new Set<string>();
  for (const { bytes } of pieces(file, strings, LONGEST_NAME))
    for (let at = bytes.indexOf(needle); at >= 0; at = bytes.indexOf(needle, at + needle.length)) {
      const end = bytes.indexOf(0, at);
      if (end >= 0) names.add(bytes.toString('latin1', bytes.lastIndexOf(0, at) + 1, end));
    }
  return names.size === 0 ? [] : [...functionsNamed(file, [...names]).values()];
}

function readFunctions(
  file: ElfFile,
  table: ElfSection,
  offsets: ReadonlyMap<number, string>,
  found: Map<string, NamedFunction>,
): void {
  const end = Math.min(table.size, MAX_ADDRESSES * ENTRY);
  const buffer = Buffer.alloc(Math.min(CHUNK, end));
  for (let from = 0; from < end; from += CHUNK) {
    const wanted = buffer.subarray(0, Math.min(CHUNK, end - from));
    const got = file.readInto(wanted, table.offset + from);
    for (let at = 0; at + ENTRY <= got; at += ENTRY) {
      const name = offsets.get(buffer.readUInt32LE(at));
      const isDefined = buffer.readUInt16LE(at + 6) !== 0;
      if (name === undefined || !isDefined || (buffer[at + 4]! & 0xf) !== STT_FUNC) continue;
      const address = Number(buffer.readBigUInt64LE(at + 8));
      found.set(name, { name, address, size: Number(buffer.readBigUInt64LE(at + 16)) });
    }
  }
}

/** Where names stand in a table of names. A name may also be the end of a longer one. */
function nameOffsets(
  file: ElfFile,
  strings: ElfSection,
  names: readonly string[],
): ReadonlyMap<number, string> {
  const offsets = new Map<number, string>();
  const patterns = names.map((name) => [name, Buffer.from(`${name}\0`, 'latin1')] as const);
  for (const { at, bytes } of pieces(file, strings, LONGEST_NAME))
    for (const [name, pattern] of patterns)
      for (let found = bytes.indexOf(pattern); found >= 0; found = bytes.indexOf(pattern, found + 1))
        offsets.set(at + found, name);
  return offsets;
}

/** A section piece by piece, in one buffer; each piece begins with the last `overlap` bytes of the one before. */
export function* pieces(
  file: ElfFile,
  section: ElfSection,
  overlap: number,
): Generator<{ readonly at: number; readonly bytes: Buffer }> {
  const buffer = Buffer.alloc(Math.min(CHUNK, section.size));
  for (let at = 0; at < section.size; at += CHUNK - overlap) {
    const wanted = buffer.subarray(0, Math.min(CHUNK, section.size - at));
    yield { at, bytes: wanted.subarray(0, file.readInto(wanted, section.offset + at)) };
  }
}

/** The bytes of a function. undefined where the file holds none of them. */
export function codeOf(
  file: ElfFile,
  { address, size }: NamedFunction,
  limit: number,
): Uint8Array | undefined {
  const offset = file.offsetOf(address);
  if (offset === undefined || size === 0 || size > limit) return undefined;
  const code = file.read(offset, size);
  return code.length === size ? code : undefined;
}
