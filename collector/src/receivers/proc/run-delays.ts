import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readText } from './process-files.ts';

/**
 * How long the threads of a container were runnable and waited for a CPU: the second figure of schedstat
 * (Documentation/scheduler/sched-stats) of each, which /proc tells of threads only. A thread counts from when it is
 * first seen. At most `limit` threads are read at a time, in turns; what the others waited is added when it is theirs.
 */
export class RunDelays {
  /** ns by thread, as last read. */
  #before = new Map<number, number>();
  #turn = 0;
  #nanoseconds = 0;

  get seconds(): number {
    return this.#nanoseconds / 1e9;
  }

  observe(procfs: string, pids: Iterable<number>, limit: number): void {
    const threads = [...pids].flatMap((pid) => threadsOf(procfs, pid));
    const kept = new Map<number, number>();
    for (const { id } of threads) {
      const before = this.#before.get(id);
      if (before !== undefined) kept.set(id, before);
    }
    const count = Math.min(limit, threads.length);
    for (let i = 0; i < count; i++) {
      const thread = threads[(this.#turn + i) % threads.length];
      const delay = thread && delayOf(thread.folder);
      if (thread === undefined || delay === undefined) continue;
      this.#nanoseconds += Math.max(0, delay - (kept.get(thread.id) ?? delay));
      kept.set(thread.id, delay);
    }
    this.#turn = threads.length === 0 ? 0 : (this.#turn + count) % threads.length;
    this.#before = kept;
  }
}

interface Thread {
  readonly id: number;
  readonly folder: string;
}

function threadsOf(procfs: string, pid: number): readonly Thread[] {
  const folder = join(procfs, String(pid));
  try {
    return readdirSync(join(folder, 'task')).map((name) => ({
      id: Number(name),
      folder: join(folder, 'task', name),
    }));
  } catch {
    return [{ id: pid, folder }];
  }
}

function delayOf(folder: string): number | undefined {
  const text = readText(join(folder, 'schedstat'));
  return text === undefined ? undefined : Number(text.split(' ')[1]);
}
