import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Compiles `name`.c of this folder into `dir`, once. The program's path.
 * @throws Error with what the compiler says.
 */
export function compile(name: string, dir: string): string {
  const [source, program] = [join(import.meta.dirname, `${name}.c`), join(dir, name)];
  if (existsSync(program)) return program;
  const { status, stderr, error } = spawnSync('clang', ['-O2', '-o', program, source], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`clang ${source}: ${error?.message ?? stderr.trim()}`);
  return program;
}
