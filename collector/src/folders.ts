import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ConfigError } from './config-error.ts';

/** A full disk may have room again; there is no sense in not starting meanwhile. */
const PASSING: ReadonlySet<string | undefined> = new Set(['ENOSPC', 'EDQUOT']);

/**
 * Makes a folder, for its owner alone, and those on the way to it. (mkdirSync with `recursive` never returns where a file
 * system says of a new name in a folder which is there that it does not exist, as /proc does.)
 * @throws the system's error.
 */
export function makeFolder(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && statSync(path).isDirectory()) return;
    const parent = dirname(path);
    if (code !== 'ENOENT' || isThere(parent)) throw error;
    makeFolder(parent);
    mkdirSync(path, { mode: 0o700 });
  }
}

function isThere(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}

/**
 * Makes the folder that a setting names and tries whether files can be written there.
 * @throws ConfigError when they cannot, unless only for want of room.
 */
export function claimFolder(path: string, name: string): void {
  const trial = join(path, `.trial-${process.pid}`);
  try {
    makeFolder(path);
    writeFileSync(trial, '', { mode: 0o600 });
    rmSync(trial);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (!PASSING.has(code)) throw new ConfigError([`--${name} ${path}: cannot be written: ${message}`]);
  }
}
