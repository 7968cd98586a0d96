import { MAX_ADDRESSES } from './address-order.ts';
import { type ElfFile, type ElfSection, textAt } from './elf.ts';

const ENTRY = 24;
const CHUNK = 4096 * ENTRY;
const STT_FUNC = 2;
/** What is read of a list of names at once. */
const MAX_STRINGS = 256 << 20;

/** A function of an ELF file. */
export interface NamedFunction {
  readonly name: string;
  /** Link-time address. */
  readonly address: number;
  /** Bytes. */
  readonly size: number;
}

/** Functions that the file defines and whose names `wants` takes, from both of its symbol tables, each once. */
export function functionsNamed(file: ElfFile, wants: (name: string) => boolean): readonly NamedFunction[] {
  const found = new Map<string, NamedFunction>();
  for (const section of ['.dynsym', '.symtab']) {
    const table = file.section(section);
    const strings = table && file.sections[table.link];
    if (!table || !strings || strings.size > MAX_STRINGS) continue;
    for (const one of functionsOf(file, table, strings, wants)) found.set(one.name, one);
  }
  return [...found.values()];
}

function* functionsOf(
  file: ElfFile,
  table: ElfSection,
  strings: ElfSection,
  wants: (name: string) => boolean,
): Generator<NamedFunction> {
  const text = file.read(strings.offset, strings.size);
  const end = Math.min(table.size, MAX_ADDRESSES * ENTRY);
  for (let from = 0; from < end; from += CHUNK) {
    const chunk = file.read(table.offset + from, Math.min(CHUNK, end - from));
    for (let at = 0; at + ENTRY <= chunk.length; at += ENTRY) {
      if ((chunk[at + 4]! & 0xf) !== STT_FUNC || chunk.readUInt16LE(at + 6) === 0) continue;
      const name = textAt(text, chunk.readUInt32LE(at));
      if (!wants(name)) continue;
      const address = Number(chunk.readBigUInt64LE(at + 8));
      yield { name, address, size: Number(chunk.readBigUInt64LE(at + 16)) };
    }
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
