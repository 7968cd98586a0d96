import { closeSync, openSync, readFileSync, readlinkSync, readSync } from 'node:fs';
import { basename } from 'node:path';

const MAX_MAPS = 4 << 20;

/** What a runtime may ask about a process, read when it is asked for. */
export class RuntimeProcess {
  readonly pid: number;
  /** Its folder in /proc. */
  readonly folder: string;
  #exe: string | undefined;
  #maps: string | undefined;

  constructor(procfs: string, pid: number) {
    this.pid = pid;
    this.folder = `${procfs}/${pid}`;
  }

  /** Name of the executable's file. */
  get program(): string {
    this.#exe ??= basename(linkOf(`${this.folder}/exe`).replace(/ \(deleted\)$/, ''));
    return this.#exe;
  }

  /** /proc/<pid>/maps, its first 4 MiB; '' when it is gone. */
  get maps(): string {
    this.#maps ??= readBounded(`${this.folder}/maps`, MAX_MAPS).toString('latin1');
    return this.#maps;
  }

  /** The process's number in its own, innermost pid namespace. */
  get innerPid(): number {
    try {
      const ids = /^NSpid:(.*)$/m.exec(readFileSync(`${this.folder}/status`, 'latin1'))?.[1];
      return Number(ids?.trim().split(/\s+/).at(-1)) || this.pid;
    } catch {
      return this.pid;
    }
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

/** At most `limit` bytes of a file; empty when it cannot be read. */
export function readBounded(path: string, limit: number): Buffer {
  const chunks: Buffer[] = [];
  try {
    const fd = openSync(path, 'r');
    try {
      for (let left = limit; left > 0;) {
        const chunk = Buffer.allocUnsafe(Math.min(left, 65_536));
        const got = readSync(fd, chunk);
        if (got === 0) break;
        chunks.push(chunk.subarray(0, got));
        left -= got;
      }
    } finally {
      closeSync(fd);
    }
  } catch {
    // gone, or hidden from us
  }
  return Buffer.concat(chunks);
}

/** Changes when a number is used for another process or another program; '' when there is none. */
export function generationOf(procfs: string, pid: number): string {
  try {
    const stat = readFileSync(`${procfs}/${pid}/stat`, 'latin1');
    const started = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    return `${started} ${readlinkSync(`${procfs}/${pid}/exe`)}`;
  } catch {
    return '';
  }
}
