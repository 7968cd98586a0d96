import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** A log file that a process writes, as it sees it and as we can open it. */
export interface OpenedFile {
  readonly path: string;
  /** Through the process's own root. */
  readonly readable: string;
}

/** Kept by others, or no text. */
const NOT_LOGS =
  /^\/var\/log\/(pods|containers|journal)\/|(wtmp|btmp|lastlog|faillog|utmp|tallylog)$|\.(gz|xz|zst|bz2|zip|db|sqlite)$/;
const MOST_DESCRIPTORS = 4096;
const WRITE_FLAGS = 3;

/** Files under /var/log that a process holds open for writing; none when it may not be looked at. */
export function openedLogs(procfs: string, pid: number): readonly OpenedFile[] {
  const folder = join(procfs, String(pid), 'fd');
  const found = new Map<string, OpenedFile>();
  try {
    for (const fd of readdirSync(folder).slice(0, MOST_DESCRIPTORS)) {
      const path = linkOf(join(folder, fd));
      if (!path?.startsWith('/var/log/') || NOT_LOGS.test(path) || path.endsWith(' (deleted)')) continue;
      if (!isWritten(join(procfs, String(pid), 'fdinfo', fd))) continue;
      found.set(path, { path, readable: join(procfs, String(pid), 'root', path) });
    }
  } catch {
    // exited meanwhile, or not ours to see
  }
  return [...found.values()];
}

/** Was the file made at this time or later, ms since the epoch? Not where its file system does not say when. */
export function madeSince(path: string, time: number): boolean {
  try {
    return statSync(path).birthtimeMs >= time;
  } catch {
    return false;
  }
}

function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

/** `flags:` of fdinfo is octal; the lowest bits are the access mode (open(2)). */
function isWritten(path: string): boolean {
  const flags = /^flags:\s*([0-7]+)/m.exec(readFileSync(path, 'utf8'))?.[1];
  return flags !== undefined && (parseInt(flags, 8) & WRITE_FLAGS) !== 0;
}
