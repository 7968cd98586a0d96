import { closeSync, openSync, readSync, statSync } from 'node:fs';
import type Database from 'better-sqlite3';

/** SQLite application_id: "GSNP". */
export const APPLICATION_ID = 0x47534e50;

/** The tables, as `sqlite_schema` must have them, white space aside. The index may be missing. */
export const SCHEMA = {
  manifest: 'CREATE TABLE manifest (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID',
  blocks:
    'CREATE TABLE blocks (id INTEGER PRIMARY KEY, part TEXT NOT NULL, name TEXT NOT NULL, sha256 TEXT NOT NULL, payload BLOB NOT NULL)',
  blocks_part: 'CREATE INDEX blocks_part ON blocks (part, name)',
} as const;

const HEADER = 100;
const MAGIC = 'SQLite format 3\0';

/**
 * Looks at a file before SQLite does. Returns what is wrong with it, or undefined. A database in WAL mode would make
 * SQLite write files beside it; one that is shorter than its header says was cut on the way.
 */
export function headerProblem(path: string): string | undefined {
  const stat = statSync(path);
  if (!stat.isFile()) return 'it is no regular file';
  const header = Buffer.alloc(HEADER);
  const file = openSync(path, 'r');
  try {
    if (readSync(file, header, 0, HEADER, 0) < HEADER)
      return 'this is not a Gumshoe snapshot: it is too short';
  } finally {
    closeSync(file);
  }
  if (header.toString('latin1', 0, 16) !== MAGIC)
    return 'this is not a Gumshoe snapshot: it is not a database';
  if (header.readUInt32BE(68) !== APPLICATION_ID)
    return 'this is not a Gumshoe snapshot: its application id is another';
  if (header[18] !== 1 || header[19] !== 1)
    return 'it is a database in write-ahead mode, which no snapshot is';
  // 1 stands for 65536 (SQLite file format, 1.3.2)
  const pageSize = header.readUInt16BE(16) === 1 ? 65_536 : header.readUInt16BE(16);
  const pages = header.readUInt32BE(28);
  if (pages * pageSize > stat.size) return `it was cut: ${stat.size} bytes are left of ${pages * pageSize}`;
  return undefined;
}

/** Before the first statement: nothing in the file's schema may run or reach out. */
export function harden(database: Database.Database): void {
  for (const pragma of [
    'trusted_schema = OFF',
    'cell_size_check = ON',
    'query_only = ON',
    'mmap_size = 0',
    'temp_store = MEMORY',
  ])
    database.pragma(pragma);
}

const squeeze = (sql: string): string =>
  sql
    .replace(/\s+/g, ' ')
    .replace(/ ?([(),]) ?/g, '$1')
    .trim();
const EXPECTED: ReadonlyMap<string, string> = new Map(
  Object.entries(SCHEMA).map(([name, sql]) => [name, squeeze(sql)]),
);

/** What the schema has beside or instead of the two tables; undefined when it is as it must be. */
export function schemaProblem(database: Database.Database): string | undefined {
  const rows = database
    .prepare('SELECT type, name, substr(sql, 1, 1000) AS sql FROM sqlite_schema LIMIT 20')
    .all() as { type: unknown; name: unknown; sql: unknown }[];
  const names = new Set<string>();
  for (const { type, name, sql } of rows) {
    if (typeof name !== 'string' || typeof sql !== 'string' || EXPECTED.get(name) !== squeeze(sql))
      return `it has the ${String(type).slice(0, 20)} ${JSON.stringify(String(name).slice(0, 60))}, which no snapshot has`;
    names.add(name);
  }
  return names.has('manifest') && names.has('blocks') && names.size === rows.length
    ? undefined
    : 'its tables are not those of a snapshot';
}
