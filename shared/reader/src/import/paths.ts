import { globSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { FailureError } from '@gumshoe/base/failure';
import { mustExist } from './files.ts';
import { STANDARD_INPUT } from './standard-input.ts';

/**
 * The files that somebody names: of a folder everything in it but what is hidden and snapshots, such as the last import's, in
 * the order of names; of a pattern that a shell has left alone what matches it. @throws FailureError `not-found`, `invalid-input` for an empty folder.
 */
export const filesOf = (named: readonly string[]): readonly string[] => [
  ...new Set(named.flatMap((path) => (path === STANDARD_INPUT ? [path] : matching(path).flatMap(within)))),
];

function matching(path: string): readonly string[] {
  if (statSync(path, { throwIfNoEntry: false })) return [path];
  const found = /[*?[]/.test(path) ? globSync(path).sort() : [];
  if (found.length === 0) mustExist(path);
  return found;
}

function within(path: string): readonly string[] {
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return [path];
  const files = walk(path);
  if (files.length > 0) return files;
  throw new FailureError({
    code: 'invalid-input',
    tried: 'import',
    target: path,
    reason: 'the folder has no files',
  });
}

/** Links to folders are not followed: they may lead round. */
function walk(folder: string): readonly string[] {
  const entries = readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => !name.startsWith('.') && !name.endsWith('.gumshoe'))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  return entries.flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return walk(path);
    const isFile = entry.isFile() || statSync(path, { throwIfNoEntry: false })?.isFile();
    return isFile ? [path] : [];
  });
}
