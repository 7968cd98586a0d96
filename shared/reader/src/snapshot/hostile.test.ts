import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import Database from 'better-sqlite3';
import { FailureError } from '@gumshoe/base/failure';
import { SnapshotFile } from './database.ts';
import { seal } from './fuzz/forge.ts';
import { writeBase } from './fuzz/base.ts';
import { verifySnapshot } from './verify.ts';

const directory = mkdtempSync(join(tmpdir(), 'gumshoe-hostile-'));
const base = join(directory, 'base.gumshoe');
before(() => writeBase(base));
after(() => rmSync(directory, { recursive: true, force: true }));

let made = 0;
/** A copy that statements changed; the hashes are right again where `sealed`. */
function changed(statements: readonly string[], sealed = false): string {
  const path = join(directory, `${made++}.gumshoe`);
  copyFileSync(base, path);
  const database = new Database(path);
  database.unsafeMode(true);
  for (const statement of statements) database.exec(statement);
  if (sealed) seal(database, (manifest) => manifest);
  database.close();
  return path;
}

function refusal(path: string): string {
  try {
    const file = new SnapshotFile(path);
    try {
      verifySnapshot(file);
    } finally {
      file.close();
    }
  } catch (error) {
    assert.ok(error instanceof FailureError, String(error));
    return error.failure.reason;
  }
  assert.fail(`${path} was opened`);
}

test('a schema with anything beside the two tables is refused before any of it runs', () => {
  const cases: readonly (readonly [RegExp, ...string[]])[] = [
    [/trigger "t"/, 'CREATE TRIGGER t AFTER INSERT ON blocks BEGIN DELETE FROM blocks; END'],
    [
      /view "blocks"|table "other"/,
      'ALTER TABLE blocks RENAME TO other',
      'CREATE VIEW blocks AS SELECT * FROM other',
    ],
    [/table "f"/, 'CREATE VIRTUAL TABLE f USING fts5(x)'],
    [/table "more"/, 'CREATE TABLE more (x)'],
    [/index "i"/, 'CREATE INDEX i ON blocks (length(name))'],
    [/table "blocks"/, 'ALTER TABLE blocks ADD COLUMN g TEXT AS (part || name)'],
    [/not those of a snapshot/, 'DROP TABLE blocks'],
    [/application id/, 'PRAGMA application_id = 1'],
    [/write-ahead/, 'PRAGMA journal_mode = WAL'],
  ];
  for (const [reason, ...statements] of cases) assert.match(refusal(changed(statements)), reason);
});

test('rows of other types, sizes and counts are refused', () => {
  const cases: readonly (readonly [RegExp, string])[] = [
    [/another form/, "UPDATE blocks SET payload = 'text'"],
    [/another form/, 'UPDATE blocks SET name = hex(zeroblob(5000))'],
    [/does not match its hash/, "UPDATE blocks SET payload = x'00'"],
    [/in a block of/, "UPDATE blocks SET name = '../../etc/passwd' WHERE part = 'series'"],
    [
      /block "0" of logs: a log record has another form/,
      "UPDATE blocks SET part = 'logs' WHERE part = 'spans'",
    ],
    [/the manifest says 20 spans, there are 0/, "DELETE FROM blocks WHERE part = 'spans'"],
  ];
  for (const [reason, statement] of cases)
    assert.match(refusal(changed([statement], true)), reason, statement);
  assert.match(refusal(changed(["DELETE FROM blocks WHERE part = 'spans'"])), /does not match its hash/);
  assert.match(
    refusal(changed(["UPDATE blocks SET name = 'x' WHERE part = 'spans'"])),
    /does not match its hash/,
  );
  assert.match(
    refusal(changed(["UPDATE manifest SET value = x'00' WHERE name = 'manifest'"])),
    /no manifest/,
  );
});

test('what is no regular file, or no snapshot, or cut, is refused without being read', () => {
  const fifo = join(directory, 'fifo');
  execFileSync('mkfifo', [fifo]);
  assert.match(refusal(fifo), /no regular file/);
  assert.match(refusal(directory), /no regular file/);
  assert.match(refusal(':memory:'), /no such file/);
  assert.match(refusal(`file:${base}?mode=rwc`), /no such file/);
  const text = join(directory, 'text');
  writeFileSync(text, 'x'.repeat(1000));
  assert.match(refusal(text), /not a Gumshoe snapshot/);
  const cut = changed([]);
  truncateSync(cut, 9000);
  assert.match(refusal(cut), /it was cut: 9000 bytes/);
});

test('reading leaves the file and its folder as they were', () => {
  const before = readdirSync(directory).sort();
  const file = new SnapshotFile(base);
  verifySnapshot(file);
  assert.deepEqual(readdirSync(directory).sort(), before);
  file.close();
  assert.deepEqual(readdirSync(directory).sort(), before);
});
