// Compiles bpf/programs/*.bpf.c to bpf/out/*.bpf.o. Plain Node >= 18, no dependencies.
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, statSync } from 'node:fs';
import { arch } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const ARCHITECTURES = {
  x64: { define: '__TARGET_ARCH_x86', include: '/usr/include/x86_64-linux-gnu' },
  arm64: { define: '__TARGET_ARCH_arm64', include: '/usr/include/aarch64-linux-gnu' },
};

/** A source that did not compile. `message` is one line: file:line: what is wrong. */
export class CompileError extends Error {
  constructor(source, detail) {
    super(firstError(source, detail));
    this.name = 'CompileError';
    this.detail = detail;
  }
}

function firstError(source, detail) {
  const line = detail.split('\n').find((text) => /(error|fatal error):/.test(text));
  return line
    ? line.replace(/^.*\/(bpf\/)/, '$1').replace(/: (fatal )?error:/, ':')
    : `${source}: ${detail.trim()}`;
}

/** Flags shared by everything that is compiled for the kernel. Throws on an unsupported architecture. */
export function compilerFlags(root) {
  const target = ARCHITECTURES[arch()];
  if (!target) throw new Error(`no eBPF build for ${arch()}`);
  return [
    ...['-target', 'bpf', '-mcpu=v3', '-g', '-O2', '-std=gnu11', `-D${target.define}`],
    ...['-Wall', '-Wextra', '-Werror', '-Wno-unused-parameter', '-Wno-unused-function'],
    ...['-I', join(root, 'bpf/include'), '-I', join(root, 'bpf'), '-I', target.include],
  ];
}

/**
 * One source to one object; the object appears complete or not at all.
 * @throws CompileError, or an Error naming the missing compiler.
 */
export async function compile(root, source, output) {
  const partial = `${output}.${process.pid}`;
  try {
    await run('clang', [...compilerFlags(root), '-c', source, '-o', partial]);
    // DWARF is only needed to make BTF, which stays.
    await run('llvm-strip', ['-g', partial]);
  } catch (error) {
    if (error.code === 'ENOENT') throw new Error(`${error.path} is missing: install clang and llvm`);
    throw new CompileError(basename(source), String(error.stderr ?? error.message));
  }
  renameSync(partial, output);
}

function headers(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory()
      ? headers(join(folder, entry.name))
      : entry.name.endsWith('.h')
        ? [join(folder, entry.name)]
        : [],
  );
}

function newest(files) {
  return Math.max(0, ...files.map((file) => statSync(file).mtimeMs));
}

/** Every program as { name, source, output, stale }. */
export function programs(root) {
  const shared = newest([
    ...headers(join(root, 'bpf/include')),
    ...headers(join(root, 'bpf/l7')),
    ...headers(join(root, 'bpf/programs')),
    new URL(import.meta.url).pathname,
  ]);
  return readdirSync(join(root, 'bpf/programs'))
    .filter((file) => file.endsWith('.bpf.c'))
    .sort()
    .map((file) => {
      const source = join(root, 'bpf/programs', file);
      const output = join(root, 'bpf/out', file.replace(/\.c$/, '.o'));
      const stale = !existsSync(output) || newest([output]) < Math.max(shared, newest([source]));
      return { name: basename(file, '.bpf.c'), source, output, stale };
    });
}

/** Compiles what is out of date. Returns { built: names, failed: CompileError[] }: one bad source spares the rest. */
export async function compileAll(root) {
  mkdirSync(join(root, 'bpf/out'), { recursive: true });
  const result = { built: [], failed: [] };
  for (const program of programs(root).filter((candidate) => candidate.stale)) {
    try {
      await compile(root, program.source, program.output);
      result.built.push(program.name);
    } catch (error) {
      if (!(error instanceof CompileError)) throw error;
      result.failed.push(error);
    }
  }
  return result;
}
