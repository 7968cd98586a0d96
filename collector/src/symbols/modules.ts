import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { openDebugFile } from './debug-file.ts';
import { demangle } from './demangle.ts';
import { ElfFile } from './elf.ts';
import { FunctionStarts } from './function-starts.ts';
import { GoTable } from './go-table.ts';
import { type Mapping, parseMappings } from './process-maps.ts';
import { ProcessMemory } from './process-memory.ts';
import { SymbolTable } from './symbol-table.ts';

/** Open files with their tables; the least recently used is closed. */
const MAX_MODULES = 64;
const MAX_NAMES = 4096;
/** Of all tables together; the least recently used go first. */
const MAX_BYTES = 16 << 20;
/** Of a name and its place, roughly. */
const NAME_BYTES = 150;

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

  /** `debugOf` looks for the symbols of a file that has none. */
  constructor(source: string | Buffer, name: string, debugOf?: (file: ElfFile) => ElfFile | undefined) {
    this.name = name;
    this.#file = new ElfFile(source);
    this.#debug = this.#file.section('.symtab') ? undefined : debugOf?.(this.#file);
  }

  /** What its tables take, roughly. */
  get bytes(): number {
    const functions = (this.#table?.size ?? 0) + (this.#go?.size ?? 0);
    return 16 * functions + 4 * (this.#starts?.size ?? 0) + NAME_BYTES * this.#names.size;
  }

  /** Function at a link-time address that has a name. */
  nameAt(address: number): string | undefined {
    this.#table ??= new SymbolTable(this.#file);
    return this.#table.find(address)?.name;
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

/** Modules by the identity of their file. */
export class ModuleCache {
  /** undefined: cannot be read, not tried again while it is remembered. */
  readonly #modules = new Map<string, Module | undefined>();
  /** null: not tried yet. */
  #vdso: Module | undefined | null = null;

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
    this.trim(identity);
    return module;
  }

  /** Function of the kernel's own library in every process, `offset` bytes from its start. */
  vdsoFrameAt(offset: number): string {
    if (this.#vdso === null) this.#vdso = openVdso();
    return this.#vdso?.nameAt(offset) ?? VDSO;
  }

  /** Forgets what is beyond the bounds, the least recently used first; tables grow after a module was opened. */
  trim(keep = ''): void {
    let bytes = [...this.#modules.values()].reduce((sum, module) => sum + (module?.bytes ?? 0), 0);
    for (const [identity, module] of this.#modules) {
      if (this.#modules.size <= MAX_MODULES && bytes <= MAX_BYTES) return;
      if (identity === keep) continue;
      bytes -= module?.bytes ?? 0;
      module?.close();
      this.#modules.delete(identity);
    }
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
      return new Module(path, basename(mapping.path), (file) => openDebugFile(file, mapping.path, root));
    } catch {
      // the next way in, or none
    }
  }
  return undefined;
}

const VDSO = '[vdso]';

/** Ours: the kernel gives every 64-bit process the same. */
function openVdso(): Module | undefined {
  try {
    const mapping = parseMappings(readFileSync('/proc/self/maps', 'utf8')).find(({ path }) => path === VDSO);
    if (!mapping) return undefined;
    const memory = new ProcessMemory('/proc/self');
    try {
      const bytes = memory.read(mapping.start, mapping.end - mapping.start);
      return bytes && new Module(bytes, VDSO);
    } finally {
      memory.close();
    }
  } catch {
    return undefined; // its frames stay without a name
  }
}
