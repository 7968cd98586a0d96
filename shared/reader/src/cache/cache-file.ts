import { closeSync, mkdirSync, openSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';

/** SQLite application_id: "GSMC". */
const APPLICATION_ID = 0x47534d43;
/** Raised with every change of the tables; a file of another version is put aside. */
const VERSION = 3;
const BUSY_TIMEOUT = 5_000;
const NAME = /^metrics-(\d{1,9})\.cache$/;

const SCHEMA = `
  CREATE TABLE sources (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE);
  CREATE TABLE metrics (id INTEGER PRIMARY KEY, source INTEGER NOT NULL, name TEXT NOT NULL, UNIQUE (source, name));
  CREATE TABLE dictionaries (id INTEGER PRIMARY KEY AUTOINCREMENT, metric INTEGER NOT NULL, day INTEGER NOT NULL,
    UNIQUE (metric, day));
  CREATE TABLE label_sets (id INTEGER PRIMARY KEY, dictionary INTEGER NOT NULL, first INTEGER NOT NULL,
    crc INTEGER NOT NULL, payload BLOB NOT NULL);
  CREATE INDEX label_sets_dictionary ON label_sets (dictionary, first);
  CREATE TABLE chunks (id INTEGER PRIMARY KEY AUTOINCREMENT, metric INTEGER NOT NULL, dictionary INTEGER NOT NULL,
    from_ms INTEGER NOT NULL, to_ms INTEGER NOT NULL, fetched_ms INTEGER NOT NULL, used_ms INTEGER NOT NULL);
  CREATE INDEX chunks_metric ON chunks (metric, to_ms);
  CREATE INDEX chunks_dictionary ON chunks (dictionary);
  CREATE INDEX chunks_age ON chunks (used_ms, to_ms);
  CREATE TABLE blocks (id INTEGER PRIMARY KEY, chunk INTEGER NOT NULL, kind TEXT NOT NULL, crc INTEGER NOT NULL,
    payload BLOB NOT NULL);
  CREATE INDEX blocks_chunk ON blocks (chunk);
  PRAGMA application_id = ${APPLICATION_ID};
  PRAGMA user_version = ${VERSION};
`;

/** What the file holds is not what was written. */
export class DamagedCache extends Error {}

/** Another version of this program wrote the file. */
class OtherVersion extends DamagedCache {}

const DAMAGE = new Set([
  'SQLITE_CORRUPT',
  'SQLITE_NOTADB',
  'SQLITE_FORMAT',
  'SQLITE_ERROR',
  'SQLITE_MISMATCH',
]);

/** Whether an error means that the file is damaged, rather than busy, full or out of reach. */
export function isDamage(error: unknown): boolean {
  if (error instanceof RangeError && /allocation failed|call stack/i.test(error.message)) return false;
  if (error instanceof DamagedCache || error instanceof RangeError || error instanceof SyntaxError)
    return true;
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return false;
  return DAMAGE.has(error.code) || /^(SQLITE_CORRUPT|SQLITE_NOTADB|ERR_ZSTD|ZSTD_error)/.test(error.code);
}

export interface OpenedCache {
  readonly path: string;
  readonly database: Database.Database;
  /** What had to be put aside, and why. */
  readonly notes: readonly string[];
}

/**
 * Opens the newest usable file of a cache directory, or begins one. A damaged file stays where it is and a new one
 * with the next number takes over: another process may have it open, so nobody may rename it under its hands. Files
 * older than the last damaged one are removed.
 * @throws Error when the directory cannot be written.
 */
export function openCacheFile(directory: string): OpenedCache {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const notes: string[] = [];
  let number = numbersIn(directory).at(-1) ?? 1;
  for (let attempt = 0; ; attempt++) {
    const path = join(directory, `metrics-${number}.cache`);
    try {
      const database = openAt(path);
      removeOld(directory, number);
      return { path, database, notes };
    } catch (error) {
      if (!isDamage(error) || attempt >= 3) throw error;
      notes.push(asideNote(path, error));
      number++;
    }
  }
}

/** Puts a file aside that turned out to be damaged while it was open. */
export function replaceCacheFile(directory: string, damaged: OpenedCache, error: unknown): OpenedCache {
  try {
    damaged.database.close();
  } catch {
    // it is given up anyway
  }
  const number = Number(NAME.exec(damaged.path.slice(directory.length).replace(/^[/\\]/, ''))?.[1] ?? 1);
  closeSync(openSync(join(directory, `metrics-${number + 1}.cache`), 'a', 0o600));
  const opened = openCacheFile(directory);
  return { ...opened, notes: [asideNote(damaged.path, error), ...opened.notes] };
}

function asideNote(path: string, error: unknown): string {
  const reason = error instanceof Error ? error.message : String(error);
  const what = error instanceof OtherVersion ? 'was not used' : 'was damaged';
  return `${path} ${what} (${reason}); it was put aside and the cache begun anew`;
}

function openAt(path: string): Database.Database {
  closeSync(openSync(path, 'a', 0o600));
  const database = new Database(path, { timeout: BUSY_TIMEOUT });
  try {
    database.pragma('auto_vacuum = INCREMENTAL');
    database.pragma('journal_mode = WAL');
    database.pragma('synchronous = NORMAL');
    database.pragma('trusted_schema = OFF');
    database.pragma(`journal_size_limit = ${64 * 1024 ** 2}`);
    database.pragma('cache_size = -16384');
    database.transaction(() => prepare(database)).immediate();
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Makes the tables of an empty file; checks those of another. */
function prepare(database: Database.Database): void {
  const tables = database.prepare('SELECT count(*) FROM sqlite_schema').pluck().get() as number;
  if (tables === 0) return void database.exec(SCHEMA);
  const [id, version] = [
    database.pragma('application_id', { simple: true }),
    database.pragma('user_version', { simple: true }),
  ];
  if (id !== APPLICATION_ID) throw new DamagedCache('it is another kind of database');
  if (version !== VERSION)
    throw new OtherVersion(`it is of version ${version}, this program writes ${VERSION}`);
}

function numbersIn(directory: string): number[] {
  return readdirSync(directory)
    .map((name) => Number(NAME.exec(name)?.[1]))
    .filter((number) => number > 0)
    .sort((a, b) => a - b);
}

/** The last damaged file is kept for a look at it. */
function removeOld(directory: string, current: number): void {
  for (const number of numbersIn(directory)) {
    if (number >= current - 1) continue;
    for (const suffix of ['', '-wal', '-shm'])
      rmSync(join(directory, `metrics-${number}.cache${suffix}`), { force: true });
  }
}
