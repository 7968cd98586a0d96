import { readFileSync } from 'node:fs';
import type { ModuleCache } from './modules.ts';
import { PerfMap } from './perf-map.ts';
import { ProcessMemory } from './process-memory.ts';
import { findMapping, type Mapping, parseMappings } from './process-maps.ts';
import { codeFrame } from './python-code.ts';
import { findPython, type PythonProcess } from './python-process.ts';

const UNKNOWN = '[unknown]';
/** Names kept for the samples of a process's last moments. */
const MAX_REMEMBERED = 4096;

/** Names for the addresses of one process. Reads its maps again when an address is in none of them. */
export class ProcessSymbols {
  readonly #root: string;
  readonly #modules: ModuleCache;
  #mappings: readonly Mapping[] = [];
  #perfMap: PerfMap | undefined;
  #python: PythonProcess | undefined;
  #memory: ProcessMemory | undefined;
  #frames = new Map<number, string | undefined>();
  #code = new Map<number, string>();
  readonly #remembered = new Map<number, string>();
  #isFresh = false;

  /** `root` is the process's folder in /proc. */
  constructor(root: string, modules: ModuleCache) {
    this.#root = root;
    this.#modules = modules;
    this.#readMappings();
  }

  get python(): PythonProcess | undefined {
    return this.#python;
  }

  /**
   * Starts an interval: what was read of the process before may have changed. A sampled address that is in none
   * of its mappings tells of a program started since (exec).
   */
  begin(sampled?: number): void {
    this.#frames = new Map();
    this.#code = new Map();
    this.#isFresh = false;
    this.#perfMap?.refresh();
    if (sampled !== undefined) this.#mappingOf(sampled);
  }

  /** Ends an interval. */
  end(): void {
    this.#memory?.close();
    this.#memory = undefined;
  }

  /**
   * Frame at an address; `undefined` when it is in no executable memory, as when a caller without frame pointers
   * led the stack astray.
   */
  frameAt(address: number): string | undefined {
    const known = this.#frames.get(address);
    if (known !== undefined || this.#frames.has(address)) return known;
    const frame = this.#resolve(address);
    this.#frames.set(address, frame);
    return frame;
  }

  /** Python function of a code object. */
  codeAt(address: number): string {
    let frame = this.#code.get(address);
    if (frame === undefined) {
      frame = this.#readCode(address);
      this.#code.set(address, frame);
    }
    return frame;
  }

  #readCode(address: number): string {
    const memory = this.#openMemory();
    if (!this.#python || !memory) return this.#remembered.get(address) ?? UNKNOWN;
    const frame = codeFrame(memory, this.#python, address);
    if (frame === undefined) return UNKNOWN;
    if (this.#remembered.size >= MAX_REMEMBERED) this.#remembered.clear();
    this.#remembered.set(address, frame);
    return frame;
  }

  #resolve(address: number): string | undefined {
    const mapping = this.#mappingOf(address);
    if (!mapping) return undefined;
    if (mapping.path === '' || mapping.path.startsWith('//anon') || mapping.path.startsWith('[anon'))
      return this.#jitFrame(address);
    if (mapping.path === '[vdso]') return this.#modules.vdsoFrameAt(address - mapping.start);
    if (mapping.path.startsWith('[')) return mapping.path;
    const module = this.#modules.moduleOf(mapping, this.#root);
    if (module) return module.frameAt(address - mapping.start + mapping.offset);
    const name = mapping.path.slice(mapping.path.lastIndexOf('/') + 1);
    return `${name}+0x${(address - mapping.start + mapping.offset).toString(16)}`;
  }

  #mappingOf(address: number): Mapping | undefined {
    const found = findMapping(this.#mappings, address);
    if (found || this.#isFresh) return found;
    this.#readMappings();
    return findMapping(this.#mappings, address);
  }

  #readMappings(): void {
    this.#isFresh = true;
    try {
      const mappings = parseMappings(readFileSync(`${this.#root}/maps`, 'utf8'));
      const isOther = filesOf(mappings) !== filesOf(this.#mappings);
      this.#mappings = mappings;
      if (isOther) this.#python = findPython(mappings, this.#root);
    } catch {
      // exited: the mappings of before still hold for the samples of before
    }
  }

  /** Code made at run time; its runtime may write a map. */
  #jitFrame(address: number): string {
    if (!this.#perfMap) {
      this.#perfMap = new PerfMap(`${this.#root}/root/tmp/perf-${innerPid(this.#root)}.map`);
      this.#perfMap.refresh();
    }
    return this.#perfMap.find(address) ?? '[jit]';
  }

  #openMemory(): ProcessMemory | undefined {
    if (!this.#python || this.#memory) return this.#memory;
    try {
      this.#memory = new ProcessMemory(this.#root);
    } catch {
      // exited, or not ours to read
    }
    return this.#memory;
  }
}

/** Changes with exec and with libraries. */
const filesOf = (mappings: readonly Mapping[]): string =>
  mappings.map(({ start, identity, path }) => (path.startsWith('/') ? `${start} ${identity}` : '')).join();

/** The process id as the process itself sees it. */
function innerPid(root: string): string {
  try {
    const line = /^NSpid:\s*(.*)$/m.exec(readFileSync(`${root}/status`, 'utf8'));
    return line?.[1]?.trim().split(/\s+/).at(-1) ?? '';
  } catch {
    return '';
  }
}
