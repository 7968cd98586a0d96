import { readFileSync } from 'node:fs';
import { formatMistake } from '@gumshoe/analysis/configuration/mistake';
import {
  NO_CONFIGURATION,
  parseConfiguration,
  type Configuration,
} from '@gumshoe/analysis/configuration/parse-configuration';
import type { SourcePart } from '@gumshoe/engine/ports';

export interface ConfigurationFile {
  /** What is built in where the file is absent or wrong: a mistake in it must not keep anybody from looking. */
  readonly configuration: Configuration;
  /** How it is, for the status; undefined without a file. */
  readonly part?: SourcePart;
}

/** Reads objectives, thresholds, groups and prices from a file (docs/configuration.md), which need not exist. */
export function readConfigurationFile(path: string): ConfigurationFile {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { configuration: NO_CONFIGURATION };
    return refused(path, error instanceof Error ? error.message : String(error));
  }
  const parsed = parseConfiguration(text);
  if (!parsed.ok) return refused(path, parsed.error.map(formatMistake).join('\n'));
  const part = { name: 'configuration', target: path, state: 'ok', notes: [] } as const;
  return { configuration: parsed.value, part };
}

function refused(path: string, reason: string): ConfigurationFile {
  const failure = {
    code: 'invalid-input',
    tried: 'read the configuration',
    target: path,
    reason,
    remedy: 'Built-in objectives and thresholds hold. Correct the file and open the connection again.',
  } as const;
  return {
    configuration: NO_CONFIGURATION,
    part: { name: 'configuration', target: path, state: 'failed', failure, notes: [] },
  };
}
