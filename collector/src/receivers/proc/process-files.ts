import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** USER_HZ; fixed at 100 on every architecture we build for. */
const TICKS_PER_SECOND = 100;
/** Threads of one process that are asked for their delay. */
const THREADS_LOOKED_AT = 512;

export interface ProcessStat {
  /** Clock ticks after boot when it started. */
  readonly start: number;
  /** seconds that it waited for block devices; 0 where the kernel does not account delays */
  readonly diskDelay: number;
}

export function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** Fields 22 and 42 of /proc/<pid>/stat (proc_pid_stat(5)); the name in parentheses may hold anything. */
export function processStat(procfs: string, pid: number): ProcessStat | undefined {
  const stat = readText(join(procfs, String(pid), 'stat'));
  if (stat === undefined) return undefined;
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { start: Number(fields[19]), diskDelay: Number(fields[39] ?? 0) / TICKS_PER_SECOND };
}

/**
 * ns that the threads of a process were runnable and waited for a CPU, by thread: second figure of schedstat
 * (Documentation/scheduler/sched-stats). Of 512 threads at most; of a process alone where threads are hidden.
 */
export function runDelays(procfs: string, pid: number): ReadonlyMap<number, number> {
  const delays = new Map<number, number>();
  const folder = join(procfs, String(pid));
  for (const thread of threadsOf(folder)) {
    const path = thread === undefined ? folder : join(folder, 'task', String(thread));
    const text = readText(join(path, 'schedstat'));
    if (text !== undefined) delays.set(thread ?? pid, Number(text.split(' ')[1]));
  }
  return delays;
}

function threadsOf(folder: string): readonly (number | undefined)[] {
  try {
    return readdirSync(join(folder, 'task')).slice(0, THREADS_LOOKED_AT).map(Number);
  } catch {
    return [undefined];
  }
}
