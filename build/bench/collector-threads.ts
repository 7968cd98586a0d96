import { readdirSync, readFileSync } from 'node:fs';

/** Kernel ticks a second (USER_HZ), which every architecture that we run on has. */
const TICKS = 100;

/** A thread that an addon starts from the main one is called as that is called. */
const READERS = 'readers of ring buffers (loader)';

/** User and system time out of the text of a `stat` file of a process or thread, seconds. */
export function processorSeconds(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

/** Processor time that the threads of a process have taken, seconds, by name; several of one name are summed. */
export function threadTimes(pid: number): ReadonlyMap<string, number> {
  const times = new Map<string, number>();
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const text = readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8');
    const called = text.slice(text.indexOf('(') + 1, text.lastIndexOf(')'));
    const name = thread === String(pid) ? 'main' : called.includes('MainThread') ? READERS : called;
    times.set(name, (times.get(name) ?? 0) + processorSeconds(text));
  }
  return times;
}
