import type { ElfFile } from './elf.ts';
import type { NamedFunction } from './functions-named.ts';

/** What a Go executable says of itself in any state of stripping. */
export interface GoBuild {
  /** `1.19.8`, or `devel …`. */
  readonly version: string;
  /** Minor release of Go 1; undefined for what is no release. */
  readonly minor: number | undefined;
}

const BUILD_INFO_MAGIC = Buffer.from('\xff Go buildinf:', 'latin1');
const BUILD_INFO_HEADER = 32;
/** The version stands behind the header, not behind pointers: Go 1.18 and later. */
const INLINE = 2;
const MAX_VERSION = 128;

/** undefined for what is no Go executable, or one of Go before 1.18 whose version stands elsewhere. */
export function goBuild(file: ElfFile): GoBuild | undefined {
  const section = file.section('.go.buildinfo');
  const bytes = section ? file.read(section.offset, BUILD_INFO_HEADER + MAX_VERSION) : Buffer.alloc(0);
  if (!bytes.subarray(0, BUILD_INFO_MAGIC.length).equals(BUILD_INFO_MAGIC) || !(bytes[15]! & INLINE))
    return undefined;
  const length = bytes[BUILD_INFO_HEADER] ?? 0;
  const version = bytes.toString(
    'latin1',
    BUILD_INFO_HEADER + 1,
    BUILD_INFO_HEADER + 1 + Math.min(length, 127),
  );
  const minor = /^go1\.(\d+)/.exec(version)?.[1];
  return { version: version.replace(/^go/, ''), minor: minor === undefined ? undefined : Number(minor) };
}

/** Headers of Go 1.18 and 1.19, and of 1.20 and later; cmd/internal/objabi, runtime/symtab.go. */
const TABLE_MAGICS: ReadonlySet<number> = new Set([0xfffffff0, 0xfffffff1]);
const HEADER = 72;
const POINTER = 8;
const ENTRY = 8;
const MAX_TABLE = 192 << 20;
const MAX_FUNCTIONS = 4 << 20;

/**
 * Functions by name from the table that the runtime itself needs for its stack traces (.gopclntab): stripped
 * executables have it too.
 */
export function goFunctions(file: ElfFile, names: readonly string[]): readonly NamedFunction[] {
  const section = file.sections.find(({ name }) => name.endsWith('.gopclntab'));
  if (!section || section.size < HEADER || section.size > MAX_TABLE) return [];
  const table = file.read(section.offset, section.size);
  if (!TABLE_MAGICS.has(table.readUInt32LE(0)) || table[7] !== POINTER) return [];
  const word = (index: number): number => Number(table.readBigUInt64LE(8 + index * POINTER));
  const [count, textStart, namesAt, functionsAt] = [word(0), word(2), word(3), word(7)];
  const text = textStart || addressOfText(file);
  if (count > MAX_FUNCTIONS || text === undefined || functionsAt + (count + 1) * ENTRY > table.length)
    return [];
  const wanted = nameOffsets(table, namesAt, names);
  const found: NamedFunction[] = [];
  for (let i = 0; i < count && found.length < wanted.size; i++) {
    const at = functionsAt + i * ENTRY;
    const about = functionsAt + table.readUInt32LE(at + 4);
    const name = about + 8 <= table.length ? wanted.get(table.readUInt32LE(about + 4)) : undefined;
    if (name === undefined) continue;
    const start = table.readUInt32LE(at);
    found.push({ name, address: text + start, size: table.readUInt32LE(at + ENTRY) - start });
  }
  return found;
}

function addressOfText(file: ElfFile): number | undefined {
  const section = file.section('.text');
  return section && file.addressOf(section.offset);
}

function nameOffsets(table: Buffer, namesAt: number, names: readonly string[]): ReadonlyMap<number, string> {
  const offsets = new Map<number, string>();
  for (const name of names) {
    const at = table.indexOf(Buffer.from(`\0${name}\0`, 'latin1'), namesAt);
    if (at >= 0) offsets.set(at + 1 - namesAt, name);
  }
  return offsets;
}
