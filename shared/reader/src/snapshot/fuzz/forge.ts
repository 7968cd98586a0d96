import { createHash } from 'node:crypto';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import Database from 'better-sqlite3';
import type { Random } from './random.ts';

/** Changes by somebody who knows the format: tables, types and contents, with all hashes right where it says so. */
type Forgery = (database: Database.Database, random: Random) => void;

interface Row {
  readonly id: number;
  readonly part: string;
  readonly name: string;
  readonly sha256: string;
  readonly payload: Buffer;
}

const sha256 = (bytes: Buffer | string): string => createHash('sha256').update(bytes).digest('hex');
const sql =
  (...statements: readonly string[]): Forgery =>
  (database) => {
    for (const statement of statements) database.exec(statement);
  };

const SCHEMAS: readonly (readonly string[])[] = [
  ['CREATE TRIGGER t AFTER INSERT ON blocks BEGIN DELETE FROM blocks; END'],
  ['ALTER TABLE blocks RENAME TO other', 'CREATE VIEW blocks AS SELECT * FROM other'],
  ['CREATE VIEW v AS SELECT load_extension(name) FROM blocks'],
  ['CREATE VIRTUAL TABLE f USING fts5(x)'],
  ['CREATE VIRTUAL TABLE r USING rtree(a, b, c)'],
  ['CREATE TABLE more (x)', 'INSERT INTO more VALUES (zeroblob(100000))'],
  ['CREATE INDEX i ON blocks (length(name))'],
  ['ALTER TABLE blocks ADD COLUMN g TEXT AS (part || name)'],
  ['DROP TABLE blocks'],
  ['DELETE FROM manifest'],
  ['PRAGMA journal_mode = WAL'],
  ['PRAGMA application_id = 1'],
  ['PRAGMA writable_schema = ON', "UPDATE sqlite_schema SET sql = replace(sql, 'blocks', 'manifest')"],
  ['PRAGMA writable_schema = ON', 'UPDATE sqlite_schema SET rootpage = 2'],
  ['PRAGMA writable_schema = ON', "UPDATE sqlite_schema SET rootpage = rootpage + 1 WHERE name = 'blocks'"],
  ['PRAGMA writable_schema = ON', "UPDATE sqlite_schema SET type = 'view' WHERE name = 'blocks'"],
  [
    'PRAGMA writable_schema = ON',
    "UPDATE sqlite_schema SET sql = hex(zeroblob(2000000)) WHERE name = 'blocks'",
  ],
];

const ROWS: readonly string[] = [
  "UPDATE blocks SET payload = 'text'",
  'UPDATE blocks SET payload = 5',
  'UPDATE blocks SET part = NULL',
  'UPDATE blocks SET name = hex(zeroblob(5000))',
  "UPDATE blocks SET name = '../../etc/passwd'",
  "UPDATE blocks SET part = 'spans'",
  "UPDATE blocks SET sha256 = 'x'",
  'UPDATE blocks SET sha256 = 17',
  'UPDATE blocks SET id = -id',
  "UPDATE manifest SET value = x'00ff' WHERE name = 'manifest'",
  "UPDATE manifest SET value = hex(zeroblob(3000000)) WHERE name = 'manifest'",
  "INSERT INTO manifest VALUES ('more', 'x')",
  'INSERT INTO blocks SELECT id + 1000, part, name, sha256, payload FROM blocks',
  'DELETE FROM blocks WHERE id % 2 = 0',
];

const inflate = (payload: Buffer): Buffer => zstdDecompressSync(payload, { maxOutputLength: 2 ** 26 });
/** Few bytes that become many. */
const BOMBS: readonly (() => Buffer)[] = [
  () => zstdCompressSync(Buffer.alloc(300 * 1024 ** 2)),
  () => zstdCompressSync(Buffer.from(`[${'[],'.repeat(20_000_000)}0]`)),
  () => zstdCompressSync(Buffer.from('['.repeat(5_000_000))),
  () => zstdCompressSync(Buffer.from(`[${'0,'.repeat(8_000_000)}0]`)),
  () => packed({ times: [[2 ** 40, 16, 8]], series: [[{ __name__: 'm' }, 0, 1, 8]] }),
  () => packed({ times: [[4, 16, 4]], series: Array(200_000).fill([{ __name__: 'm' }, 0, 1, 8]) }),
  () => Buffer.alloc(0),
];

function packed(header: object): Buffer {
  const text = Buffer.from(JSON.stringify(header));
  const head = Buffer.alloc(8);
  head.writeUInt32LE(0xff325347, 0);
  head.writeUInt32LE(text.length, 4);
  return zstdCompressSync(Buffer.concat([head, text, Buffer.alloc(64, 2)]));
}

/** Values of another type or size than any field has. */
const ODD: readonly unknown[] = [
  null,
  -1,
  1e308,
  2 ** 53,
  true,
  [],
  {},
  '',
  '\u0000',
  'x'.repeat(100_000),
  { __proto__: null, constructor: 'x' },
  [[[[[[]]]]]],
];

/** Another value somewhere in a JSON value. */
function oddity(value: unknown, random: Random, depth = 0): unknown {
  if (typeof value !== 'object' || value === null || depth > 4 || random.below(4) === 0)
    return random.pick(ODD);
  if (Array.isArray(value)) {
    const at = random.below(Math.max(1, value.length));
    return value.map((one, i) => (i === at ? oddity(one, random, depth + 1) : (one as unknown)));
  }
  const key = random.pick(Object.keys(value).length > 0 ? Object.keys(value) : ['__proto__']);
  return { ...value, [key]: oddity((value as Record<string, unknown>)[key], random, depth + 1) };
}

/** Another header before the same columns; or claims of more than is there. */
function oddHistograms(content: Buffer, random: Random): Buffer {
  const length = content.readUInt32LE(4);
  const header: unknown = JSON.parse(content.toString('utf8', 8, 8 + length));
  const claims = [
    Array(5_000).fill(['x', 0, 0, [], [], [100_000, 16, 0, ...Array<number>(10).fill(0)]]),
    Array(300).fill([{ __name__: 'm' }, 0, 0, list(1_000), [], [6_000, 16, 6_000, ...same(1_005)]]),
    [[{ __name__: 'm' }, -53, 2 ** 40, [], [], [0, 16, 0, ...same(6)]]],
    [[{ __name__: 'm' }, 0, 0, [2, 1], [], [0, 16, 0, ...same(7)]]],
  ];
  const odd = random.below(3) === 0 ? random.pick(claims) : oddity(header, random);
  const text = Buffer.from(JSON.stringify(odd));
  const head = Buffer.from(content.subarray(0, 8));
  head.writeUInt32LE(text.length, 4);
  const columns = random.below(4) === 0 ? Buffer.alloc(2 ** 20) : content.subarray(8 + length);
  return zstdCompressSync(Buffer.concat([head, text, columns]));
}

const list = (length: number): number[] => Array.from({ length }, (_, i) => i);
/** So many columns of one value. */
const same = (columns: number): number[] => list(columns).flatMap(() => [1, 8]);

function forgedPayload(row: Row, random: Random): Buffer {
  if (random.below(12) === 0) return random.pick(BOMBS)();
  const content = inflate(row.payload);
  if (row.part === 'histograms' && random.below(3) > 0) return oddHistograms(content, random);
  if (row.part !== 'series' && random.below(3) > 0)
    return zstdCompressSync(
      Buffer.from(JSON.stringify(oddity(JSON.parse(content.toString('utf8')), random))),
    );
  for (let n = 1 + random.below(6); n > 0; n--) content[random.below(content.length)] = random.below(256);
  return zstdCompressSync(
    content.subarray(0, random.below(3) === 0 ? random.below(content.length) : undefined),
  );
}

/** One block of another content, or another manifest, and every hash right. */
const content: Forgery = (database, random) => {
  const rows = database.prepare('SELECT * FROM blocks').all() as Row[];
  const [row, other] = [random.pick(rows), random.pick(rows)];
  const payload = random.below(10) === 0 ? other.payload : forgedPayload(row, random);
  const change = database.prepare('UPDATE blocks SET payload = ?, sha256 = ? WHERE id = ?');
  if (random.below(6) > 0) change.run(payload, sha256(payload), row.id);
  seal(database, (manifest) => (random.below(6) === 0 ? oddity(manifest, random) : manifest));
};

export function seal(database: Database.Database, change: (manifest: unknown) => unknown): void {
  const manifest = database
    .prepare("SELECT value FROM manifest WHERE name = 'manifest'")
    .pluck()
    .get() as string;
  const text = JSON.stringify(change(JSON.parse(manifest))) ?? '';
  const rows = database.prepare('SELECT part, name, sha256 FROM blocks ORDER BY id').all() as Row[];
  const listed = rows.map((row) => `${row.part}\n${row.name}\n${row.sha256}\n`).join('');
  const put = database.prepare('UPDATE manifest SET value = ? WHERE name = ?');
  put.run(text, 'manifest');
  put.run(sha256(text + listed), 'sha256');
}

/** Many blocks, each within its bounds, of records that are right. */
const flood: Forgery = (database, random) => {
  const row = database.prepare("SELECT * FROM blocks WHERE part = 'logs'").get() as Row;
  const [log] = JSON.parse(inflate(row.payload).toString('utf8')) as Record<string, unknown>[];
  const records = Array.from({ length: 1_000 }, () => ({ ...log, body: 'x'.repeat(10_000) }));
  const payload = zstdCompressSync(Buffer.from(JSON.stringify(records)));
  const insert = database.prepare('INSERT INTO blocks (part, name, sha256, payload) VALUES (?, ?, ?, ?)');
  for (let n = 5 + random.below(50); n > 0; n--) insert.run('logs', String(n), sha256(payload), payload);
  seal(database, (manifest) => ({ ...(manifest as object), counts: {} }));
};

const schema: Forgery = (database, random) => sql(...random.pick(SCHEMAS))(database, random);
const rows: Forgery = (database, random) => {
  sql(random.pick(ROWS))(database, random);
  if (random.below(2) === 0) seal(database, (manifest) => manifest);
};

export const FORGERIES: Readonly<Record<string, Forgery>> = {
  schema,
  rows,
  content,
  contentAgain: content,
  flood,
};

/** Applies a forgery to a file. What SQLite itself refuses to do leaves the file as it was. */
export function forge(path: string, forgery: Forgery, random: Random): void {
  const database = new Database(path);
  try {
    database.unsafeMode(true);
    database.pragma('synchronous = OFF');
    database.pragma('ignore_check_constraints = ON');
    forgery(database, random);
  } catch {
    // not null and the like
  } finally {
    database.close();
  }
}
