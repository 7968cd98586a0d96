import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { formatMistake } from '@gumshoe/analysis/configuration/mistake';
import {
  NO_CONFIGURATION,
  parseConfiguration,
  type Configuration,
} from '@gumshoe/analysis/configuration/parse-configuration';
import type { EngineApi } from '@gumshoe/engine/api';
import { createEngine } from '@gumshoe/engine/engine';
import type { Reader } from '@gumshoe/engine/ports';
import { SnapshotReader } from '@gumshoe/reader/snapshot/reader';
import { UsageError } from './connection-flags.ts';

/** Flags of commands that judge. */
export interface EngineFlags {
  readonly config?: string;
}

export const withEngineFlags = (command: Command): Command =>
  command.option(
    '--config <file>',
    'objectives, alerts, thresholds, groups and prices (docs/configuration.md)',
  );

/** Reads a configuration file. @throws UsageError with every mistake, one a line: `file:line:column: …`. */
export function readConfiguration(file: string): Configuration {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(`--config ${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
  return parsedConfiguration(file, text);
}

function parsedConfiguration(file: string, text: string): Configuration {
  const parsed = parseConfiguration(text);
  if (parsed.ok) return parsed.value;
  throw new UsageError(parsed.error.map((mistake) => `${file}:${formatMistake(mistake)}`).join('\n'));
}

/** A snapshot that brings its configuration along is judged by it on every machine. */
function configurationOf(reader: Reader): Configuration {
  const [brought] = reader instanceof SnapshotReader ? reader.configuration() : [];
  return brought ? parsedConfiguration(brought.name, brought.text) : NO_CONFIGURATION;
}

/** The engine that answers a command, configured as its flags say. */
export const engineFor = (reader: Reader, { config }: EngineFlags): EngineApi =>
  createEngine({
    reader,
    configuration: config === undefined ? configurationOf(reader) : readConfiguration(config),
  });
