import { closeSync, fstatSync, openSync, readdirSync, readSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

const CHUNK = 256 * 1024;
/** Bytes of one line; what is longer comes in parts. Docker's entries of 16 KiB may be six times that in JSON. */
const MAX_LINE = 256 * 1024;
const LF = 0x0a;
/** Bytes before the place reached that are compared: other ones there mean that the file was begun anew. */
const COMPARED = 64;
const COMPRESSED = /\.(gz|xz|zst|bz2|zip)$/;

/** A place in a file: lines before it were handed over. */
export interface Position {
  readonly inode: number;
  readonly offset: number;
}

/** A line without its LF, and where in its file it begins. */
export interface TailLine {
  readonly text: string;
  readonly at: number;
}

/** Follows one file by polling: growth, truncation, and replacement by a new file under the same name. */
export class Tail {
  private readonly path: string;
  private fd: number | undefined;
  private inode = -1;
  /** What was read of the file; the last `rest.length` bytes of that are no whole line yet. */
  private offset = 0;
  private rest: Buffer = Buffer.alloc(0);
  /** The last bytes before `offset`, as they were when they were read. */
  private before: Buffer = Buffer.alloc(0);
  /** ms; of the file when it was read last. */
  private changed = -1;
  /** Files that had the name after the one that is read, and lost it as well: oldest first. */
  private rotated: string[] = [];
  /** '' while it works. */
  problem = '';

  /** Goes on at `position` while that is the same file and no shorter now. */
  constructor(path: string, fromStart = false, position?: Position) {
    this.path = path;
    this.open(path, fromStart || position !== undefined);
    if (this.fd === undefined || !position) return;
    const { size } = fstatSync(this.fd);
    if (position.inode === this.inode && position.offset <= size) this.offset = position.offset;
    this.remember();
  }

  /** Behind the last whole line, also of a file that was closed; undefined as long as there was none. */
  get position(): Position | undefined {
    return this.inode < 0 ? undefined : { inode: this.inode, offset: this.offset - this.rest.length };
  }

  private open(path: string, fromStart: boolean): void {
    try {
      this.fd = openSync(path, 'r');
      const facts = fstatSync(this.fd);
      this.inode = facts.ino;
      this.offset = fromStart ? 0 : facts.size;
      this.changed = -1;
      this.problem = '';
      this.remember();
    } catch (error) {
      this.problem = (error as NodeJS.ErrnoException).code ?? String(error);
    }
  }

  /** Complete lines since the last call, at most `budget` bytes of them. */
  read(budget = 4 * CHUNK): TailLine[] {
    if (this.fd === undefined) {
      this.open(this.path, true);
      if (this.fd === undefined) return [];
    }
    const lines: TailLine[] = [];
    const buffer = Buffer.allocUnsafe(CHUNK);
    if (this.wasTruncated(this.fd)) this.startOver();
    for (let taken = 0; ;) {
      if (taken >= budget) return lines; // the rest next time, and only then the file that took its name
      const got = readSync(this.fd, buffer, 0, CHUNK, this.offset);
      if (got === 0) break;
      this.offset += got;
      taken += got;
      this.split(buffer.subarray(0, got), lines);
      this.remember();
    }
    this.followRename(lines);
    return lines;
  }

  /** A file that is cut and written again at once may be as long as before. */
  private wasTruncated(fd: number): boolean {
    const { size, mtimeMs } = fstatSync(fd);
    if (size < this.offset) return true;
    if (mtimeMs === this.changed) return false;
    this.changed = mtimeMs;
    return !bytesBefore(fd, this.offset).equals(this.before);
  }

  private remember(): void {
    this.before = this.fd === undefined ? Buffer.alloc(0) : bytesBefore(this.fd, this.offset);
  }

  private startOver(): void {
    this.offset = 0;
    this.rest = Buffer.alloc(0);
    this.before = Buffer.alloc(0);
  }

  private split(chunk: Buffer, lines: TailLine[]): void {
    const bytes = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    const begins = this.offset - bytes.length;
    let from = 0;
    for (let end = bytes.indexOf(LF); end >= 0; end = bytes.indexOf(LF, from)) {
      lines.push({ text: bytes.toString('utf8', from, end), at: begins + from });
      from = end + 1;
    }
    this.rest = Buffer.from(bytes.subarray(from));
    if (this.rest.length > MAX_LINE) this.takeRest(lines);
  }

  private takeRest(lines: TailLine[]): void {
    lines.push({ text: this.rest.toString('utf8'), at: this.offset - this.rest.length });
    this.rest = Buffer.alloc(0);
  }

  private followRename(lines: TailLine[]): void {
    let next = this.rotated.shift();
    if (next === undefined) {
      try {
        if (statSync(this.path).ino === this.inode) return;
      } catch {
        return; // not created again yet
      }
      this.rotated = this.rotatedSince();
      next = this.rotated.shift() ?? this.path;
    }
    this.close();
    if (this.rest.length > 0) this.takeRest(lines);
    this.startOver();
    this.open(next, true);
  }

  /** What was rotated away between two looks, while it is kept beside: `<name>.1`, `<name>.<time>`. */
  private rotatedSince(): string[] {
    try {
      const current = realpathSync(this.path);
      const [folder, prefix] = [dirname(current), `${basename(current)}.`];
      const [own, newest] = [fstatSync(this.fd!), statSync(current)];
      return readdirSync(folder)
        .filter((name) => name.startsWith(prefix) && !COMPRESSED.test(name))
        .map((name) => ({ path: join(folder, name), facts: statSync(join(folder, name)) }))
        .filter(
          ({ facts: { ino, mtimeMs } }) => ino !== own.ino && ino !== newest.ino && mtimeMs > own.mtimeMs,
        )
        .toSorted((a, b) => a.facts.mtimeMs - b.facts.mtimeMs)
        .map(({ path }) => path);
    } catch {
      return []; // rotated once more meanwhile
    }
  }

  close(): void {
    if (this.fd !== undefined) closeSync(this.fd);
    this.fd = undefined;
  }
}

function bytesBefore(fd: number, offset: number): Buffer {
  const bytes = Buffer.alloc(Math.min(COMPARED, offset));
  return bytes.subarray(0, readSync(fd, bytes, 0, bytes.length, offset - bytes.length));
}
