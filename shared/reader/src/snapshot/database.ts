import { createHash } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, openSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import Database from 'better-sqlite3';
import { FailureError } from '@gumshoe/base/failure';
import type { Meter } from './codec.ts';
import { APPLICATION_ID, harden, headerProblem, SCHEMA, schemaProblem } from './guard.ts';
import { FORMAT_VERSION, parseManifest, PARTS, type Manifest, type Part } from './manifest.ts';

export { FORMAT_VERSION, type Manifest, type Part } from './manifest.ts';

const MAX_BLOCKS = 500_000;
const MAX_PAYLOAD = 256 * 1024 ** 2;
const MAX_MANIFEST = 4 * 1024 ** 2;
const MAX_NAME = 1024;
/** One pass over a part may inflate to this much, and so many times the file: that bounds its time. */
const FREELY_INFLATED = 256 * 1024 ** 2;
const MOST_RATIO = 200;

const sha256 = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex');

/** One line of the table of contents. */
interface Entry {
  readonly id: number;
  readonly part: string;
  readonly name: string;
  readonly sha256: string;
  readonly bytes: number;
}

/** Over the manifest's text and the table of contents; version 1 left parts and names out. */
function sealOf(version: number, manifest: string, entries: Iterable<Entry>): string {
  const hash = createHash('sha256').update(manifest);
  for (const { part, name, sha256: block } of entries)
    hash.update(version === 1 ? block : `${part}\n${name}\n${block}\n`);
  return hash.digest('hex');
}

/** Writes one snapshot. Blocks are hashed; the manifest is hashed with the list of their hashes. */
export class SnapshotWriter {
  readonly #path: string;
  readonly #database: Database.Database;
  readonly #insert: Database.Statement;
  readonly #entries: Entry[] = [];

  /** Throws when the file exists already or cannot be made. */
  constructor(path: string) {
    this.#path = resolve(path);
    closeSync(openSync(this.#path, 'wx'));
    this.#database = new Database(this.#path);
    this.#database.pragma('journal_mode = OFF');
    this.#database.pragma('synchronous = OFF');
    this.#database.pragma(`application_id = ${APPLICATION_ID}`);
    this.#database.exec(`${SCHEMA.manifest};${SCHEMA.blocks};BEGIN`);
    this.#insert = this.#database.prepare(
      'INSERT INTO blocks (part, name, sha256, payload) VALUES (?, ?, ?, ?)',
    );
  }

  add(part: Part, name: string, payload: Buffer): void {
    const hash = sha256(payload);
    const id = Number(this.#insert.run(part, name, hash, payload).lastInsertRowid);
    this.#entries.push({ id, part, name, sha256: hash, bytes: payload.length });
  }

  /** Bytes of all blocks so far. */
  get bytes(): number {
    return this.#entries.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  finish(manifest: Manifest): void {
    const text = JSON.stringify(manifest);
    const put = this.#database.prepare('INSERT INTO manifest (name, value) VALUES (?, ?)');
    put.run('manifest', text);
    put.run('sha256', sealOf(manifest.formatVersion, text, this.#entries));
    this.#database.exec('COMMIT');
    this.#database.close();
    const file = openSync(this.#path, 'r+');
    fsyncSync(file);
    closeSync(file);
  }

  abandon(): void {
    this.#database.close();
  }
}

/** Reads one snapshot; every block is checked against its hash when it is read. */
export class SnapshotFile {
  readonly path: string;
  readonly manifest: Manifest;
  readonly #database: Database.Database;
  readonly #entries: readonly Entry[];
  readonly #payload: Database.Statement;
  readonly #mostInflated: number;

  /** Throws FailureError: not-found, corrupt, or not-supported for a newer format. */
  constructor(path: string) {
    this.path = path;
    // absolute, so that no name is one of SQLite's own, such as `:memory:`
    const absolute = resolve(path);
    if (!existsSync(absolute)) throw this.failure('not-found', 'there is no such file');
    let database: Database.Database | undefined;
    try {
      const problem = headerProblem(absolute);
      if (problem !== undefined) throw this.failure('corrupt', problem, 'Export it again, or copy it again.');
      database = new Database(absolute, { readonly: true, fileMustExist: true });
      this.#database = database;
      harden(database);
      const foreign = schemaProblem(database);
      if (foreign !== undefined) throw this.failure('corrupt', foreign, 'Do not trust this file.');
      const { manifest, text, seal } = this.#readManifest();
      this.manifest = manifest;
      const { size } = statSync(absolute);
      this.#mostInflated = FREELY_INFLATED + MOST_RATIO * size;
      this.#entries = this.#readEntries(size);
      if (seal !== sealOf(manifest.formatVersion, text, this.#entries))
        throw this.failure('corrupt', 'the manifest does not match its hash', 'Export it again.');
      this.#payload = database.prepare('SELECT payload FROM blocks WHERE id = ?').pluck();
    } catch (error) {
      database?.close();
      throw this.#corrupt(error);
    }
  }

  private failure(
    code: 'not-found' | 'corrupt' | 'not-supported',
    reason: string,
    remedy?: string,
  ): FailureError {
    return new FailureError({
      code,
      tried: 'open snapshot',
      target: this.path,
      reason,
      ...(remedy === undefined ? {} : { remedy }),
    });
  }

  #corrupt(error: unknown): FailureError {
    if (error instanceof FailureError) return error;
    return this.failure(
      'corrupt',
      error instanceof Error ? error.message : String(error),
      'Export it again, or copy it again in binary mode.',
    );
  }

  #readManifest(): { readonly manifest: Manifest; readonly text: string; readonly seal: string } {
    const rows = this.#database
      .prepare(
        `SELECT name, CASE WHEN typeof(value) = 'text' AND octet_length(value) <= ${MAX_MANIFEST} THEN value END AS value FROM manifest LIMIT 3`,
      )
      .all() as { name: unknown; value: unknown }[];
    const values = new Map(rows.map((row) => [row.name, row.value]));
    const text = values.get('manifest');
    const seal = values.get('sha256');
    if (rows.length !== 2 || typeof text !== 'string' || typeof seal !== 'string')
      throw this.failure('corrupt', 'it has no manifest');
    const manifest = parseManifest(text);
    if (manifest.formatVersion > FORMAT_VERSION)
      throw this.failure(
        'not-supported',
        `its format is version ${manifest.formatVersion}, this program reads up to ${FORMAT_VERSION}`,
        'Open it with a newer version.',
      );
    return { manifest, text, seal };
  }

  /** The table of contents, from the table itself: an index could say something else. */
  #readEntries(fileBytes: number): readonly Entry[] {
    const rows = this.#database.prepare(
      `SELECT id, typeof(payload) AS type, octet_length(payload) AS bytes,
        CASE WHEN octet_length(part) <= ${MAX_NAME} THEN part END AS part,
        CASE WHEN octet_length(name) <= ${MAX_NAME} THEN name END AS name,
        CASE WHEN octet_length(sha256) = 64 THEN sha256 END AS sha256
      FROM blocks NOT INDEXED LIMIT ${MAX_BLOCKS + 1}`,
    );
    const entries: Entry[] = [];
    let last = -Infinity;
    for (const row of rows.iterate() as IterableIterator<Entry & { readonly type: unknown }>) {
      const { id, type, bytes, part, name } = row;
      const texts = [part, name, row.sha256].every((one) => typeof one === 'string' && !one.includes('\n'));
      if (!texts || type !== 'blob' || !(id > last))
        throw this.failure(
          'corrupt',
          `block ${entries.length + 1} has another form than the format gives it`,
        );
      if (bytes > MAX_PAYLOAD || bytes > fileBytes)
        throw this.failure('corrupt', `block ${entries.length + 1} claims ${bytes} bytes`);
      if (entries.length >= MAX_BLOCKS) throw this.failure('corrupt', `it claims over ${MAX_BLOCKS} blocks`);
      entries.push({ id, part, name, sha256: row.sha256, bytes });
      last = id;
    }
    return entries;
  }

  /** Payloads of a part, in the order written; `names` restricts them. Throws FailureError `corrupt`. */
  blocks(part: Part, names?: readonly string[]): Buffer[] {
    const wanted = names === undefined ? undefined : new Set(names);
    return this.#entries
      .filter((entry) => entry.part === part && (wanted === undefined || wanted.has(entry.name)))
      .map((entry) => this.#read(entry));
  }

  /** Each block of a part in turn, put through `decode`. Throws FailureError `corrupt`. */
  *decoded<T>(
    part: Part,
    decode: (payload: Buffer, meter: Meter) => T,
    names?: ReadonlySet<string>,
  ): Generator<{ readonly name: string; readonly content: T }> {
    let inflated = 0;
    const meter = (bytes: number): void => {
      inflated += bytes;
      if (inflated > this.#mostInflated)
        throw new RangeError('it inflates to more than any file of its size');
    };
    for (const entry of this.#entries) {
      if (entry.part !== part || (names !== undefined && !names.has(entry.name))) continue;
      const payload = this.#read(entry);
      let content: T;
      try {
        content = decode(payload, meter);
      } catch (error) {
        if (error instanceof FailureError) throw error;
        throw this.failure(
          'corrupt',
          `block ${JSON.stringify(entry.name)} of ${part}: ${error instanceof Error ? error.message : String(error)}`,
        );
      }
      yield { name: entry.name, content };
    }
  }

  #read({ id, part, sha256: expected }: Entry): Buffer {
    let payload: unknown;
    try {
      payload = this.#payload.get(id);
    } catch (error) {
      throw this.#corrupt(error);
    }
    if (!Buffer.isBuffer(payload) || sha256(payload) !== expected)
      throw this.failure('corrupt', `a block of ${part} does not match its hash`, 'Export it again.');
    return payload;
  }

  /** Names of the blocks of a part, each once, sorted. */
  names(part: Part): string[] {
    return [...new Set(this.#entries.filter((one) => one.part === part).map(({ name }) => name))].sort();
  }

  /** Blocks and compressed bytes of each part. */
  sizes(): readonly { readonly part: string; readonly blocks: number; readonly bytes: number }[] {
    return [...PARTS].flatMap((part) => {
      const own = this.#entries.filter((one) => one.part === part);
      if (own.length === 0) return [];
      return [{ part, blocks: own.length, bytes: own.reduce((sum, { bytes }) => sum + bytes, 0) }];
    });
  }

  close(): void {
    this.#database.close();
  }
}
