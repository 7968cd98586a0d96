import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { ElfFile } from '../../../symbols/elf.ts';
import { ARCHITECTURES, functionEnds } from '../../../symbols/function-ends.ts';
import { codeOf, functionsNamed, type NamedFunction } from '../../../symbols/functions-named.ts';
import { type Mapping, parseMappings } from '../../../symbols/process-maps.ts';

/** A place where a program of object heap_profile is attached. */
export interface HeapProbe {
  readonly program: string;
  /** In the file. */
  readonly offset: number;
}

/** Who gives a process its memory. */
export interface Allocator {
  /** To attach by: the mapped file itself. */
  readonly path: string;
  /** File name. */
  readonly name: string;
  readonly probes: readonly HeapProbe[];
  /** realloc of no block goes on in malloc. */
  readonly reallocEntersMalloc: boolean;
  /** Functions whose blocks are not seen, each with the reason. */
  readonly unwatched: readonly string[];
}

/** By name of the C library's interface, which every other allocator takes over. */
const ALLOCATING: Readonly<Record<string, string>> = {
  malloc: 'heap_malloc',
  calloc: 'heap_calloc',
  realloc: 'heap_realloc',
  aligned_alloc: 'heap_memalign',
  memalign: 'heap_memalign',
  posix_memalign: 'heap_posix_memalign',
};
const FREEING: Readonly<Record<string, string>> = { free: 'heap_free' };
const WANTED = [...Object.keys(ALLOCATING), ...Object.keys(FREEING)];
const RETURN = 'heap_return';
const C_LIBRARY = /^(libc|libc-[\d.]+|ld-musl[\w-]*|libc\.musl[\w-]*)\.so/;
/** Others that define malloc: the loader's own, and debuggers' wrappers. */
const NOT_ALLOCATORS = /^(ld-linux|ld-[\d.]+|libc_malloc_debug)/;
const MAX_FUNCTION = 16 * 1024;

/**
 * The allocator of a process: its program where that defines malloc, else a library put before the C library
 * (jemalloc, tcmalloc, mimalloc), else the C library. undefined when none is recognised.
 * @param root the process's folder in /proc.
 * @throws Error when the process is gone or may not be read.
 */
export function findAllocator(root: string): Allocator | undefined {
  const mappings = parseMappings(readFileSync(`${root}/maps`, 'utf8'));
  const found = mappings
    .filter(({ path }) => path.startsWith('/') && !NOT_ALLOCATORS.test(basename(path)))
    .flatMap((mapping) => inspect(mapping, root) ?? []);
  return found.find(({ name }) => !C_LIBRARY.test(name)) ?? found[0];
}

function inspect(mapping: Mapping, root: string): Allocator | undefined {
  const range = `${mapping.start.toString(16)}-${mapping.end.toString(16)}`;
  const path = `${root}/map_files/${range}`;
  let file: ElfFile;
  try {
    file = new ElfFile(path);
  } catch {
    return undefined; // gone, or no ELF file
  }
  try {
    const functions = functionsNamed(file, WANTED);
    if (!functions.has('malloc') || !functions.has('free')) return undefined;
    return { path, name: basename(mapping.path), ...probesOf(file, [...functions.values()]) };
  } finally {
    file.close();
  }
}

type Probes = Pick<Allocator, 'probes' | 'reallocEntersMalloc' | 'unwatched'>;

function probesOf(file: ElfFile, functions: readonly NamedFunction[]): Probes {
  const probes = new Map<number, HeapProbe>();
  const unwatched: string[] = [];
  const malloc = functions.find(({ name }) => name === 'malloc')?.address;
  let reallocEntersMalloc = false;
  for (const found of functions) {
    const offset = file.offsetOf(found.address);
    if (offset === undefined || probes.has(offset)) continue;
    if (found.name in FREEING) {
      probes.set(offset, { program: FREEING[found.name]!, offset });
      continue;
    }
    const ends = returnsOf(file, found);
    if (typeof ends === 'string') {
      unwatched.push(`${found.name} (${ends})`);
      continue;
    }
    if (found.name === 'realloc')
      reallocEntersMalloc = ends.leaves.some((to) => found.address + to === malloc);
    probes.set(offset, { program: ALLOCATING[found.name]!, offset });
    for (const at of ends.returns) probes.set(offset + at, { program: RETURN, offset: offset + at });
  }
  return { probes: [...probes.values()], reallocEntersMalloc, unwatched: [...new Set(unwatched)].sort() };
}

interface Ways {
  readonly returns: readonly number[];
  readonly leaves: readonly number[];
}

/**
 * Ways out that are not seen cost the blocks that come by them, no more. A function without a return of its own
 * hands over to one without a name.
 */
function returnsOf(file: ElfFile, found: NamedFunction): Ways | string {
  const architecture = ARCHITECTURES[file.machine];
  const code = codeOf(file, found, MAX_FUNCTION);
  if (!architecture || !code) return 'its code cannot be read';
  const ends = functionEnds(code, architecture);
  if (!ends.ok) return ends.reason;
  return ends.returns.length > 0 ? ends : 'it ends in another function';
}
