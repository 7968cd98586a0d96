import { readFileSync } from 'node:fs';
import { ConfigError } from './config-error.ts';

/** First line of a secret's file; ConfigError names the path and the reason, never the content. */
export function readSecret(path: string | undefined, name: string): string | undefined {
  if (path === undefined) return undefined;
  try {
    return readFileSync(path, 'utf8').split('\n')[0];
  } catch (error) {
    throw new ConfigError([`--${name} ${path}: ${error instanceof Error ? error.message : String(error)}`]);
  }
}
