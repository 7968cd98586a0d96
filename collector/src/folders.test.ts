import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { ConfigError } from './config-error.ts';
import { claimFolder } from './folders.ts';

const dir = mkdtempSync(join(tmpdir(), 'gumshoe-folders-'));
after(() => rmSync(dir, { recursive: true, force: true }));

const refused = (path: string, reason: RegExp): void =>
  assert.throws(
    () => claimFolder(path, 'spool-dir'),
    (error) => error instanceof ConfigError && error.mistakes.length === 1 && reason.test(error.message),
  );

test('a folder is made with those on the way, for its owner alone, and left empty', () => {
  const path = join(dir, 'a/b/c');
  claimFolder(path, 'spool-dir');
  claimFolder(`${path}/`, 'spool-dir');
  assert.deepEqual(readdirSync(path), []);
  assert.equal(statSync(path).mode & 0o777, 0o700);
});

test('one that is there may be a link', () => {
  mkdirSync(join(dir, 'real'));
  symlinkSync(join(dir, 'real'), join(dir, 'link'));
  claimFolder(join(dir, 'link'), 'spool-dir');
});

test('a name below /proc is refused, and not tried for ever', () => {
  refused('/proc/nothing', /^--spool-dir \/proc\/nothing: cannot be written: ENOENT/);
  refused('/proc/nothing/below', /^--spool-dir \/proc\/nothing\/below: cannot be written: ENOENT/);
});

test('a file in its place, or on the way, and a folder that takes no files', () => {
  writeFileSync(join(dir, 'file'), '');
  refused(join(dir, 'file'), /cannot be written: EEXIST/);
  refused(join(dir, 'file/below'), /cannot be written: ENOTDIR/);
  refused('/proc/self', /cannot be written/);
});
