import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';

const MAX_BYTES = 32 << 20;
const MAX_ENTRIES = 200_000;
const CHUNK = 1 << 20;
const MAX_NAME = 256;
/** The process chooses what lies there: no link that leads out of its root, no pipe that never opens. */
const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

interface Entry {
  readonly start: number;
  readonly end: number;
  readonly name: string;
}

/**
 * Code made at run time, from /tmp/perf-<pid>.map: lines `start size name` in hexadecimal. Runtimes append to it;
 * later lines win where addresses are used again. Reads only what was appended.
 */
export class PerfMap {
  readonly #path: string;
  readonly #entries = new Map<number, Entry>();
  #sorted: readonly Entry[] = [];
  #consumed = 0;

  constructor(path: string) {
    this.#path = path;
  }

  find(address: number): string | undefined {
    let low = 0;
    let high = this.#sorted.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#sorted[middle]!.start <= address) low = middle + 1;
      else high = middle;
    }
    const found = this.#sorted[low - 1];
    return found && address < found.end ? found.name : undefined;
  }

  /** Reads what is new. A missing file is no error: most processes have none. */
  refresh(): void {
    const text = this.#appended();
    if (text === '') return;
    for (const line of text.split('\n')) this.#add(line);
    this.#sorted = [...this.#entries.values()].sort((a, b) => a.start - b.start);
  }

  #add(line: string): void {
    const match = /^(?:0x)?([0-9a-f]+) (?:0x)?([0-9a-f]+) (.+)$/i.exec(line);
    if (!match) return;
    const start = Number.parseInt(match[1]!, 16);
    if (this.#entries.size >= MAX_ENTRIES && !this.#entries.has(start)) return;
    const name = match[3]!.trim().slice(0, MAX_NAME);
    this.#entries.set(start, { start, end: start + Number.parseInt(match[2]!, 16), name });
  }

  /** Whole lines after what was consumed; '' when there are none. */
  #appended(): string {
    let fd: number;
    try {
      fd = openSync(this.#path, FLAGS);
    } catch {
      return '';
    }
    try {
      const stat = fstatSync(fd);
      if (!stat.isFile()) return '';
      const size = Math.min(stat.size, MAX_BYTES);
      if (size < this.#consumed) this.#consumed = 0; // started anew
      const parts: Buffer[] = [];
      for (let at = this.#consumed; at < size;) {
        const part = Buffer.alloc(Math.min(CHUNK, size - at));
        const count = readSync(fd, part, 0, part.length, at);
        if (count === 0) break;
        parts.push(part.subarray(0, count));
        at += count;
      }
      const bytes = Buffer.concat(parts);
      const end = bytes.lastIndexOf(10) + 1;
      this.#consumed += end;
      return bytes.toString('utf8', 0, end);
    } finally {
      closeSync(fd);
    }
  }
}
