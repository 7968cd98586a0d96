import { readFileSync } from 'node:fs';
import { ConfigError } from './config-error.ts';

/**
 * First line of a secret's file; undefined when none is asked for.
 * @throws ConfigError that names the path and the reason, never the content; an empty secret would let everybody in.
 */
export function readSecret(path: string | undefined, name: string): string | undefined {
  if (path === undefined) return undefined;
  const secret = readConfigured(path, name).split('\n')[0]?.replace(/\r$/, '');
  if (!secret) throw new ConfigError([`--${name} ${path}: its first line is empty`]);
  return secret;
}

/** @throws ConfigError when a file that the configuration names cannot be read. */
export function readConfigured(path: string, name: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new ConfigError([`--${name} ${path}: ${error instanceof Error ? error.message : String(error)}`]);
  }
}
