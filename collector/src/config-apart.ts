import { spawnSync } from 'node:child_process';
import { getCompileCacheDir } from 'node:module';
import { fileURLToPath } from 'node:url';
import { ConfigError } from './config-error.ts';
import type { CollectorConfig } from './config.ts';

const CHILD = fileURLToPath(new URL('config-child.ts', import.meta.url));
const LIMIT = 60_000;

/** What the child says. */
export interface ConfigAnswer {
  readonly config?: CollectorConfig;
  readonly printed?: string;
  readonly mistakes?: readonly string[];
}

/**
 * readConfig in a process of its own: what reads flags, YAML and schema is needed once, and takes a tenth of the memory
 * that a collector may have. Flags may hold passwords in URLs: they are seen in the child's as in our own command line.
 */
export function readConfigApart(argv: readonly string[]): CollectorConfig | undefined {
  const cache = getCompileCacheDir();
  const { stdout, stderr, status, error } = spawnSync(process.execPath, [CHILD, ...argv], {
    encoding: 'utf8',
    timeout: LIMIT,
    env: {
      ...process.env,
      NODE_NO_WARNINGS: '1',
      ...(cache === undefined ? {} : { NODE_COMPILE_CACHE: cache }),
    },
  });
  if (error || status !== 0)
    throw new Error(`the configuration could not be read: ${error?.message ?? stderr}`);
  const { config, printed, mistakes } = JSON.parse(stdout) as ConfigAnswer;
  if (mistakes) throw new ConfigError(mistakes);
  if (printed !== undefined) process.stdout.write(printed);
  return config;
}
