import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ElfFile } from '../symbols/elf.ts';

const COMMENT_LIMIT = 4096;

/**
 * The language of a program whose name says nothing: `golang` by its build info, `rust` by what the compiler left
 * in .comment, `dotnet` by its diagnostics socket; undefined when none shows. A few reads of the executable.
 */
export function languageOf(procfs: string, pid: number): string | undefined {
  if (hasDotnetSocket(procfs, pid)) return 'dotnet';
  try {
    const elf = new ElfFile(join(procfs, String(pid), 'exe'));
    try {
      if (elf.section('.go.buildinfo')) return 'golang';
      const comment = elf.section('.comment');
      const text =
        comment && elf.read(comment.offset, Math.min(comment.size, COMMENT_LIMIT)).toString('latin1');
      return text?.includes('rustc version') ? 'rust' : undefined;
    } finally {
      elf.close();
    }
  } catch {
    return undefined; // gone, or nothing that could be read
  }
}

/** `dotnet-diagnostic-<pid in its own namespace>-<start>-socket`, where the runtime listens for tools. */
function hasDotnetSocket(procfs: string, pid: number): boolean {
  const dir = join(procfs, String(pid));
  try {
    const inside = /^NSpid:.*\t(\d+)$/m.exec(readFileSync(join(dir, 'status'), 'utf8'))?.[1] ?? String(pid);
    const socket = `dotnet-diagnostic-${inside}-`;
    return readdirSync(join(dir, 'root/tmp')).some((name) => name.startsWith(socket));
  } catch {
    return false;
  }
}
