import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { Position } from './tail.ts';

const MOST = 10_000;

/** The journal's cursor, kept in a small file of its own from one process to the next. */
export class CursorStore {
  readonly #path: string;
  #written = '';
  /** '' while it can be written. */
  problem = '';

  constructor(path: string) {
    this.#path = path;
  }

  /** Undefined when there is none, or it is damaged: then the journal is followed from its end. */
  read(): string | undefined {
    try {
      const text = readFileSync(this.#path, 'utf8').trim();
      return /^[a-z]=[\x21-\x7e]{1,1000}$/.test(text) ? text : undefined;
    } catch {
      return undefined;
    }
  }

  /** Replaces the file at once. */
  write(cursor: string | undefined): void {
    if (cursor === undefined || cursor === this.#written) return;
    try {
      writeFileSync(`${this.#path}.part`, `${cursor}\n`, { mode: 0o600 });
      renameSync(`${this.#path}.part`, this.#path);
      this.#written = cursor;
      this.problem = '';
    } catch (error) {
      this.problem = error instanceof Error ? error.message : String(error);
    }
  }
}

/** Places in files, kept in one small file from one process to the next. */
export class PositionStore {
  readonly #path: string;
  #written = '';
  /** '' while it can be written. */
  problem = '';

  constructor(path: string) {
    this.#path = path;
  }

  /** Empty when there is none, or it is damaged: then files are followed from their ends. */
  read(): ReadonlyMap<string, Position> {
    try {
      const value: unknown = JSON.parse(readFileSync(this.#path, 'utf8'));
      if (typeof value !== 'object' || value === null) return new Map();
      return new Map(
        Object.entries(value).flatMap(([path, one]) => {
          const { inode, offset } = one as Partial<Position>;
          return Number.isInteger(inode) && Number.isInteger(offset) && offset! >= 0
            ? [[path, { inode: inode!, offset: offset! }] as const]
            : [];
        }),
      );
    } catch {
      return new Map();
    }
  }

  /** Replaces the file at once; a disk that refuses costs what a restart reads twice or not at all. */
  write(positions: ReadonlyMap<string, Position>): void {
    const text = JSON.stringify(Object.fromEntries([...positions].slice(0, MOST)));
    if (text === this.#written) return;
    try {
      writeFileSync(`${this.#path}.part`, text, { mode: 0o600 });
      renameSync(`${this.#path}.part`, this.#path);
      this.#written = text;
      this.problem = '';
    } catch (error) {
      this.problem = error instanceof Error ? error.message : String(error);
    }
  }
}
