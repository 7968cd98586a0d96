import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** USER_HZ; fixed at 100 on every architecture we build for. */
const TICKS_PER_SECOND = 100;

export interface ProcessStat {
  /** Clock ticks after boot when it started. */
  readonly start: number;
  /** seconds that it waited for block devices; 0 where the kernel does not account delays */
  readonly diskDelay: number;
  /**
   * Another one when the process runs another program: its name, and where the kernel placed code and stack, of which
   * who may not trace the process sees zeros.
   */
  readonly program: string;
}

export function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** Fields 2, 22, 26, 28 and 42 of /proc/<pid>/stat (proc_pid_stat(5)); the name in parentheses may hold anything. */
export function processStat(procfs: string, pid: number): ProcessStat | undefined {
  const stat = readText(join(procfs, String(pid), 'stat'));
  if (stat === undefined) return undefined;
  const end = stat.lastIndexOf(')');
  const fields = stat.slice(end + 2).split(' ');
  return {
    start: Number(fields[19]),
    diskDelay: Number(fields[39] ?? 0) / TICKS_PER_SECOND,
    program: `${stat.slice(stat.indexOf('(') + 1, end)} ${fields[23]} ${fields[25]}`,
  };
}
