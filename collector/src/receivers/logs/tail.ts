import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';

const CHUNK = 256 * 1024;
const MAX_LINE = 64 * 1024;

/** A place in a file: lines before it were handed over. */
export interface Position {
  readonly inode: number;
  readonly offset: number;
}

/** Follows one file by polling: growth, truncation, and replacement by a new file under the same name. */
export class Tail {
  private readonly path: string;
  private fd: number | undefined;
  private inode = -1;
  private offset = 0;
  private rest = '';
  /** Keeps the first bytes of a character that a chunk cuts in two. */
  private decoder = new StringDecoder('utf8');
  /** '' while it works. */
  problem = '';

  /** Goes on at `position` while that is the same file and no shorter now. */
  constructor(path: string, fromStart = false, position?: Position) {
    this.path = path;
    this.open(fromStart || position !== undefined);
    if (this.fd === undefined || !position) return;
    const { size } = fstatSync(this.fd);
    if (position.inode === this.inode && position.offset <= size) this.offset = position.offset;
  }

  /** Behind the last whole line, also of a file that was closed; undefined as long as there was none. */
  get position(): Position | undefined {
    if (this.inode < 0) return undefined;
    return { inode: this.inode, offset: Math.max(0, this.offset - Buffer.byteLength(this.rest)) };
  }

  private open(fromStart: boolean): void {
    try {
      this.fd = openSync(this.path, 'r');
      const facts = fstatSync(this.fd);
      this.inode = facts.ino;
      this.offset = fromStart ? 0 : facts.size;
      this.problem = '';
    } catch (error) {
      this.problem = (error as NodeJS.ErrnoException).code ?? String(error);
    }
  }

  /** Complete lines without their LF since the last call, at most `budget` bytes of them. */
  read(budget = 4 * CHUNK): string[] {
    if (this.fd === undefined) {
      this.open(true);
      if (this.fd === undefined) return [];
    }
    const lines: string[] = [];
    const buffer = Buffer.allocUnsafe(CHUNK);
    if (fstatSync(this.fd).size < this.offset) this.startOver();
    for (let taken = 0; ;) {
      if (taken >= budget) return lines; // the rest next time, and only then the file that took its name
      const got = readSync(this.fd, buffer, 0, CHUNK, this.offset);
      if (got === 0) break;
      this.offset += got;
      taken += got;
      this.split(this.decoder.write(buffer.subarray(0, got)), lines);
    }
    this.followRename(lines);
    return lines;
  }

  private startOver(): void {
    this.offset = 0;
    this.rest = '';
    this.decoder = new StringDecoder('utf8');
  }

  private split(text: string, lines: string[]): void {
    const parts = (this.rest + text).split('\n');
    this.rest = parts.pop() ?? '';
    for (const part of parts) lines.push(part);
    if (this.rest.length > MAX_LINE) {
      lines.push(this.rest);
      this.rest = '';
    }
  }

  private followRename(lines: string[]): void {
    try {
      if (statSync(this.path).ino === this.inode) return;
    } catch {
      return; // not created again yet
    }
    this.close();
    if (this.rest !== '') lines.push(this.rest);
    this.startOver();
    this.open(true);
  }

  close(): void {
    if (this.fd !== undefined) closeSync(this.fd);
    this.fd = undefined;
  }
}
