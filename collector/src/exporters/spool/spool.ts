import { readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder } from '../../folders.ts';

/** Something that waits on disk: opaque bytes, what kind they are, and how many items they hold. */
export interface SpoolEntry {
  readonly kind: string;
  readonly items: number;
  readonly body: Uint8Array;
}

export interface StoredEntry extends SpoolEntry {
  /** Names it for `remove`. */
  readonly id: string;
}

interface Stored {
  readonly file: string;
  readonly kind: string;
  readonly items: number;
  readonly bytes: number;
}

const NAME = /^(\d{12})-(\w+)-(\d+)\.spool$/;

/**
 * What could not be delivered, in files of one folder: oldest first, bounded in bytes, surviving a restart. The
 * oldest is given up first when the folder is full. Never throws: a disk that refuses costs the entry, counted.
 */
export class Spool {
  readonly #folder: string;
  readonly #limit: number;
  readonly #stored: Stored[] = [];
  #bytes = 0;
  #sequence = 0;
  /** Items given up, for lack of room or because the disk refused. */
  dropped = 0;
  /** Why the disk refused the last time; '' while it does not. */
  problem = '';

  /** Takes over what an earlier process left. `limit` in bytes. */
  constructor(folder: string, limit: number) {
    this.#folder = folder;
    this.#limit = limit;
    this.#try(() => {
      makeFolder(folder);
      for (const file of readdirSync(folder).sort()) this.#adopt(file);
    });
  }

  get length(): number {
    return this.#stored.length;
  }

  get items(): number {
    return this.#stored.reduce((sum, one) => sum + one.items, 0);
  }

  get bytes(): number {
    return this.#bytes;
  }

  push(entry: SpoolEntry): void {
    const bytes = entry.body.byteLength;
    while (this.#stored.length > 0 && this.#bytes + bytes > this.#limit) this.#giveUpOldest();
    const file = `${String(++this.#sequence).padStart(12, '0')}-${entry.kind}-${entry.items}.spool`;
    const path = join(this.#folder, file);
    const written =
      bytes <= this.#limit &&
      this.#try(() => {
        // a file that is there is whole: a crash in the middle leaves only the .part
        writeFileSync(`${path}.part`, entry.body, { mode: 0o600 });
        renameSync(`${path}.part`, path);
      });
    if (!written) {
      this.dropped += entry.items;
      discard(`${path}.part`);
      return;
    }
    this.#stored.push({ file, kind: entry.kind, items: entry.items, bytes });
    this.#bytes += bytes;
  }

  /** The oldest entry; it stays until `remove`. One that cannot be read any more is given up. */
  peek(): StoredEntry | undefined {
    for (let first = this.#stored[0]; first; first = this.#stored[0]) {
      const { file, kind, items } = first;
      let body: Uint8Array | undefined;
      if (this.#try(() => (body = readFileSync(join(this.#folder, file)))) && body)
        return { id: file, kind, items, body };
      this.#giveUpOldest();
    }
    return undefined;
  }

  /** Removes a delivered entry, unless it was given up meanwhile. */
  remove(id: string): void {
    if (this.#stored[0]?.file === id) this.#shift();
  }

  #shift(): void {
    const first = this.#stored.shift();
    if (!first) return;
    this.#bytes -= first.bytes;
    this.#try(() => rmSync(join(this.#folder, first.file), { force: true }));
  }

  #giveUpOldest(): void {
    this.dropped += this.#stored[0]?.items ?? 0;
    this.#shift();
  }

  #adopt(file: string): void {
    const path = join(this.#folder, file);
    if (file.endsWith('.part')) return rmSync(path, { force: true });
    const match = NAME.exec(file);
    if (!match) return;
    const bytes = statSync(path).size;
    this.#stored.push({ file, kind: match[2] ?? '', items: Number(match[3]), bytes });
    this.#bytes += bytes;
    this.#sequence = Number(match[1]);
  }

  #try(work: () => void): boolean {
    try {
      work();
      this.problem = '';
      return true;
    } catch (error) {
      this.problem = error instanceof Error ? error.message : String(error);
      return false;
    }
  }
}

/** The part that a full disk still took. What is wrong with the disk is said already. */
function discard(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // at the next start it is removed
  }
}
