import { readdirSync, readFileSync } from 'node:fs';

/** Kernel ticks a second (USER_HZ), which every architecture that we run on has. */
const TICKS = 100;

/** A thread that an addon starts from the main one is called as that is called. */
const READERS = 'readers of ring buffers (loader)';

/** Processor time that the threads of a process have taken, seconds, by name; several of one name are summed. */
export function threadTimes(pid: number): ReadonlyMap<string, number> {
  const times = new Map<string, number>();
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const text = readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8');
    const [start, end] = [text.indexOf('('), text.lastIndexOf(')')];
    const fields = text.slice(end + 2).split(' ');
    const called = text.slice(start + 1, end);
    const name = thread === String(pid) ? 'main' : called.includes('MainThread') ? READERS : called;
    times.set(name, (times.get(name) ?? 0) + (Number(fields[11]) + Number(fields[12])) / TICKS);
  }
  return times;
}
