import type { LaunchOptions } from './bridge.ts';
import { connectionTarget, parseConnectionSpec } from './connection-spec.ts';

/** The little of a file system that arguments need. */
export interface LaunchFiles {
  /** Absolute path, relative to where the program was started. */
  resolve(path: string): string;
  /** Throws where the file cannot be read. */
  read(path: string): string;
}

export interface LaunchArguments extends LaunchOptions {
  /** Folder for connections, preferences and Chromium's own files, instead of the system's place. */
  readonly userData?: string;
}

type Connection = NonNullable<LaunchOptions['connection']>;

const FLAGS = ['--connection', '--snapshot', '--user-data', '--view'] as const;
type Flag = (typeof FLAGS)[number];

/**
 * Reads `--connection JSON|FILE`, `--snapshot FILE`, `--view NAME`, `--user-data FOLDER` (also `--flag=value`)
 * and a bare `*.gumshoe` path. Chromium's own switches are left alone.
 */
export function parseLaunchArguments(argv: readonly string[], files: LaunchFiles): LaunchArguments {
  const problems: string[] = [];
  const found = new Map<Flag, string>();
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at]!;
    const flag = FLAGS.find((name) => word === name || word.startsWith(`${name}=`));
    if (flag) {
      const value = word === flag ? argv[++at] : word.slice(flag.length + 1);
      if (value === undefined || value === '') problems.push(`${flag} needs a value`);
      else found.set(flag, value);
    } else if (word.endsWith('.gumshoe') && !word.startsWith('-')) found.set('--snapshot', word);
  }
  const connection = readConnection(found, files, problems);
  const view = found.get('--view');
  const userData = found.get('--user-data');
  return {
    problems,
    ...(connection ? { connection } : {}),
    ...(view ? { view } : {}),
    ...(userData ? { userData: files.resolve(userData) } : {}),
  };
}

function readConnection(
  found: ReadonlyMap<Flag, string>,
  files: LaunchFiles,
  problems: string[],
): Connection | undefined {
  const snapshot = found.get('--snapshot');
  if (snapshot) {
    const path = files.resolve(snapshot);
    return { name: connectionTarget({ kind: 'snapshot', path }), spec: { kind: 'snapshot', path } };
  }
  const text = found.get('--connection');
  if (!text) return undefined;
  try {
    const json = text.trimStart().startsWith('{') ? text : files.read(files.resolve(text));
    const value: unknown = JSON.parse(json);
    const parsed = parseConnectionSpec(value);
    if (parsed.ok) return { name: nameOf(value) ?? connectionTarget(parsed.value), spec: parsed.value };
    problems.push(...parsed.error.map((problem) => `--connection: ${problem}`));
  } catch (error) {
    problems.push(`--connection: ${error instanceof Error ? error.message : String(error)}`);
  }
  return undefined;
}

function nameOf(value: unknown): string | undefined {
  const name = (value as { readonly name?: unknown }).name;
  return typeof name === 'string' && name !== '' ? name : undefined;
}
