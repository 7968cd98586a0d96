import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import Database from 'better-sqlite3';
import { FailureError } from '@gumshoe/base/failure';

/** Raised with every change that older readers cannot read. */
export const FORMAT_VERSION = 1;
/** SQLite application_id: "GSNP". */
const APPLICATION_ID = 0x47534e50;

export type Part = 'series' | 'spans' | 'logs' | 'profile-stacks' | 'profile-samples';

export interface Manifest {
  readonly formatVersion: number;
  /** ms since the epoch */
  readonly createdAt: number;
  readonly window: { readonly from: number; readonly to: number };
  readonly source: string;
  readonly counts: Readonly<Record<string, number>>;
  /** What was left out or replaced, and why. */
  readonly redaction: readonly string[];
  /** Status of the source when the snapshot was taken. */
  readonly status: unknown;
}

const sha256 = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex');

/** Writes one snapshot. Blocks are hashed; the manifest is hashed with the list of their hashes. */
export class SnapshotWriter {
  private readonly database: Database.Database;
  private readonly insert: Database.Statement;

  constructor(path: string) {
    this.database = new Database(path);
    this.database.pragma('journal_mode = OFF');
    this.database.pragma('synchronous = OFF');
    this.database.pragma(`application_id = ${APPLICATION_ID}`);
    this.database.exec(`
      CREATE TABLE manifest (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
      CREATE TABLE blocks (id INTEGER PRIMARY KEY, part TEXT NOT NULL, name TEXT NOT NULL, sha256 TEXT NOT NULL, payload BLOB NOT NULL);
      CREATE INDEX blocks_part ON blocks (part, name);`);
    this.insert = this.database.prepare(
      'INSERT INTO blocks (part, name, sha256, payload) VALUES (?, ?, ?, ?)',
    );
  }

  add(part: Part, name: string, payload: Buffer): void {
    this.insert.run(part, name, sha256(payload), payload);
  }

  finish(manifest: Manifest): void {
    const text = JSON.stringify(manifest);
    const put = this.database.prepare('INSERT INTO manifest (name, value) VALUES (?, ?)');
    put.run('manifest', text);
    put.run('sha256', sha256(text + hashes(this.database)));
    this.database.close();
  }

  abandon(): void {
    this.database.close();
  }
}

function hashes(database: Database.Database): string {
  return (database.prepare('SELECT sha256 FROM blocks ORDER BY id').all() as { sha256: string }[])
    .map((row) => row.sha256)
    .join('');
}

/** Reads one snapshot; every block is checked against its hash when it is read. */
export class SnapshotFile {
  readonly path: string;
  readonly manifest: Manifest;
  private readonly database: Database.Database;

  /** Throws FailureError: not-found, corrupt, or not-supported for a newer format. */
  constructor(path: string) {
    this.path = path;
    if (!existsSync(path)) throw this.failure('not-found', 'there is no such file');
    try {
      this.database = new Database(path, { readonly: true, fileMustExist: true });
      this.manifest = this.readManifest();
    } catch (error) {
      if (error instanceof FailureError) throw error;
      throw this.failure(
        'corrupt',
        error instanceof Error ? error.message : String(error),
        'Export it again, or copy it again in binary mode.',
      );
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

  private readManifest(): Manifest {
    if (this.database.pragma('application_id', { simple: true }) !== APPLICATION_ID)
      throw this.failure('corrupt', 'this is not a Gumshoe snapshot');
    const rows = this.database.prepare('SELECT name, value FROM manifest').all() as {
      name: string;
      value: string;
    }[];
    const values = new Map(rows.map((row) => [row.name, row.value]));
    const text = values.get('manifest') ?? '';
    const manifest = JSON.parse(text) as Manifest;
    if (manifest.formatVersion > FORMAT_VERSION)
      throw this.failure(
        'not-supported',
        `its format is version ${manifest.formatVersion}, this program reads up to ${FORMAT_VERSION}`,
        'Open it with a newer version.',
      );
    if (values.get('sha256') !== sha256(text + hashes(this.database)))
      throw this.failure('corrupt', 'the manifest does not match its hash', 'Export it again.');
    return manifest;
  }

  /** Payloads of a part, in the order written; `names` restricts them. */
  blocks(part: Part, names?: readonly string[]): Buffer[] {
    try {
      const rows =
        names === undefined
          ? this.database.prepare('SELECT sha256, payload FROM blocks WHERE part = ? ORDER BY id').all(part)
          : names.flatMap((name) =>
              this.database
                .prepare('SELECT sha256, payload FROM blocks WHERE part = ? AND name = ? ORDER BY id')
                .all(part, name),
            );
      return (rows as { sha256: string; payload: Buffer }[]).map((row) => {
        if (sha256(row.payload) !== row.sha256)
          throw this.failure('corrupt', `a block of ${part} does not match its hash`, 'Export it again.');
        return row.payload;
      });
    } catch (error) {
      if (error instanceof FailureError) throw error;
      throw this.failure('corrupt', error instanceof Error ? error.message : String(error));
    }
  }

  /** Checks every block against its hash; how many there are. Throws FailureError `corrupt`. */
  verify(): number {
    const parts: readonly Part[] = ['series', 'spans', 'logs', 'profile-stacks', 'profile-samples'];
    return parts.reduce(
      (sum, part) =>
        sum + this.names(part).reduce((count, name) => count + this.blocks(part, [name]).length, 0),
      0,
    );
  }

  /** Names of the blocks of a part, each once, sorted. */
  names(part: Part): string[] {
    return (
      this.database.prepare('SELECT DISTINCT name FROM blocks WHERE part = ? ORDER BY name').all(part) as {
        name: string;
      }[]
    ).map((row) => row.name);
  }

  close(): void {
    this.database.close();
  }
}
