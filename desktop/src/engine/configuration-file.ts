import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { formatMistake } from '@gumshoe/analysis/configuration/mistake';
import {
  NO_CONFIGURATION,
  parseConfiguration,
  type Configuration,
} from '@gumshoe/analysis/configuration/parse-configuration';
import type { Reader, SourcePart } from '@gumshoe/engine/ports';
import { SnapshotReader } from '@gumshoe/reader/snapshot/reader';

export interface ConfigurationFile {
  /** What was read, where it holds. */
  readonly file?: { readonly name: string; readonly text: string };
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
  return read(path, { name: basename(path), text }, []);
}

/**
 * What a source is judged by: a snapshot that brings its configuration by that one, so that it gives the same answers
 * on every machine; anything else by the user's.
 */
export function configurationOf(reader: Reader, users: () => ConfigurationFile): ConfigurationFile {
  const [brought] = reader instanceof SnapshotReader ? reader.configuration() : [];
  return brought ? read(brought.name, brought, ['from the snapshot']) : users();
}

function read(
  target: string,
  file: { readonly name: string; readonly text: string },
  notes: readonly string[],
): ConfigurationFile {
  const parsed = parseConfiguration(file.text);
  if (!parsed.ok) return refused(target, parsed.error.map(formatMistake).join('\n'));
  return { configuration: parsed.value, file, part: { name: 'configuration', target, state: 'ok', notes } };
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
