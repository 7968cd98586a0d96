import type { ElfFile } from '../../symbols/elf.ts';

const ENTRY = 24;
const MAX_TABLE = 64 << 20;

/** Link-time address and size of a data symbol. */
export interface Extent {
  readonly address: number;
  readonly size: number;
}

/** The named symbol of .dynsym, else of .symtab; undefined when the file does not name it. */
export function symbolExtent(file: ElfFile, name: string): Extent | undefined {
  for (const section of ['.dynsym', '.symtab']) {
    const table = file.section(section);
    const strings = table && file.sections[table.link];
    if (!table || !strings || table.size > MAX_TABLE || strings.size > MAX_TABLE) continue;
    const text = file.read(strings.offset, strings.size);
    const offsets = new Set<number>();
    const wanted = Buffer.from(`${name}\0`, 'latin1');
    // Linkers share the tails of names: several places may spell it.
    for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + 1)) offsets.add(at);
    if (offsets.size === 0) continue;
    const entries = file.read(table.offset, table.size);
    for (let at = 0; at + ENTRY <= entries.length; at += ENTRY)
      if (offsets.has(entries.readUInt32LE(at)) && entries.readUInt16LE(at + 6) !== 0)
        return {
          address: Number(entries.readBigUInt64LE(at + 8)),
          size: Number(entries.readBigUInt64LE(at + 16)),
        };
  }
  return undefined;
}
