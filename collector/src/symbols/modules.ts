import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { demangle } from './demangle.ts';
import { ElfFile } from './elf.ts';
import { FunctionStarts } from './function-starts.ts';
import { GoTable } from './go-table.ts';
import type { Mapping } from './process-maps.ts';
import { SymbolTable } from './symbol-table.ts';

/** Open files with their tables; the least recently used is closed. */
const MAX_MODULES = 64;
const MAX_NAMES = 4096;
const NOTE_GNU_BUILD_ID = 3;

/** An executable or library, shared by every process that maps it. */
export class Module {
  readonly name: string;
  readonly #file: ElfFile;
  readonly #debug: ElfFile | undefined;
  #table: SymbolTable | undefined;
  #starts: FunctionStarts | undefined;
  #go: GoTable | undefined;
  #isGoAsked = false;
  readonly #names = new Map<number, string>();

  constructor(path: string, name: string) {
    this.name = name;
    this.#file = new ElfFile(path);
    this.#debug = this.#file.section('.symtab') ? undefined : debugFile(this.#file);
  }

  /** Function at an offset of the file; where no symbol covers it, `module+0x…` with the start of the function. */
  frameAt(offset: number): string {
    const address = this.#file.addressOf(offset);
    if (address === undefined) return this.#unnamed(offset);
    const known = this.#names.get(address);
    if (known !== undefined) return known;
    if (this.#names.size >= MAX_NAMES) this.#names.clear();
    const frame = this.#resolve(address);
    this.#names.set(address, frame);
    return frame;
  }

  #resolve(address: number): string {
    if (!this.#isGoAsked) {
      this.#isGoAsked = true;
      this.#go = GoTable.of(this.#file);
    }
    const frame = this.#go?.frameAt(address);
    if (frame !== undefined) return frame;
    this.#table ??= new SymbolTable(this.#debug ?? this.#file);
    const symbol = this.#table.find(address);
    if (symbol?.name) return demangle(symbol.name);
    this.#starts ??= new FunctionStarts(this.#file);
    return this.#unnamed(this.#starts.startOf(address) ?? address);
  }

  /** A link-time address, as debuggers take it. */
  #unnamed(address: number): string {
    return `${this.name}+0x${address.toString(16)}`;
  }

  close(): void {
    this.#file.close();
    this.#debug?.close();
  }
}

/** Separate symbols of a stripped file, as distributions install them. */
function debugFile(file: ElfFile): ElfFile | undefined {
  const id = buildId(file);
  if (!id) return undefined;
  const path = `/usr/lib/debug/.build-id/${id.slice(0, 2)}/${id.slice(2)}.debug`;
  if (!existsSync(path)) return undefined;
  try {
    return new ElfFile(path);
  } catch {
    return undefined; // an unreadable debug file only costs names
  }
}

function buildId(file: ElfFile): string | undefined {
  const section = file.section('.note.gnu.build-id');
  if (!section) return undefined;
  const note = file.read(section.offset, Math.min(section.size, 256));
  if (note.length < 16 || note.readUInt32LE(8) !== NOTE_GNU_BUILD_ID) return undefined;
  const start = 12 + ((note.readUInt32LE(0) + 3) & ~3);
  return note.toString('hex', start, start + note.readUInt32LE(4));
}

/** Modules by the identity of their file. */
export class ModuleCache {
  /** undefined: cannot be read, not tried again while it is remembered. */
  readonly #modules = new Map<string, Module | undefined>();

  /** `root` is the process's folder in /proc. */
  moduleOf(mapping: Mapping, root: string): Module | undefined {
    const { identity } = mapping;
    const known = this.#modules.get(identity);
    if (known || this.#modules.has(identity)) {
      this.#modules.delete(identity);
      this.#modules.set(identity, known);
      return known;
    }
    const module = open(mapping, root);
    this.#modules.set(identity, module);
    if (this.#modules.size > MAX_MODULES) {
      const [oldest] = this.#modules.keys();
      this.#modules.get(oldest!)?.close();
      this.#modules.delete(oldest!);
    }
    return module;
  }

  close(): void {
    for (const module of this.#modules.values()) module?.close();
    this.#modules.clear();
  }
}

/** The mapped file itself, even when its path has been deleted or replaced; else by path in the process's root. */
function open(mapping: Mapping, root: string): Module | undefined {
  const range = `${mapping.start.toString(16)}-${mapping.end.toString(16)}`;
  for (const path of [`${root}/map_files/${range}`, `${root}/root${mapping.path}`]) {
    try {
      return new Module(path, basename(mapping.path));
    } catch {
      // the next way in, or none
    }
  }
  return undefined;
}
