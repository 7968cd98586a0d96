import { InvalidArgumentError, type Command } from 'commander';
import type { Reader } from '@gumshoe/engine/ports';
import { harmless, harmlessJson, plain } from '../format/harmless.ts';
import { openFromFlags, withConnectionFlags, type ConnectionFlags } from '../connection-flags.ts';

/** Exit codes of the command. */
export const EXIT = {
  healthy: 0,
  wrong: 1,
  usage: 2,
  connection: 3,
  internal: 70,
  interrupted: 130,
} as const;

/** A verb that reads: adds the connection flags, opens, runs, closes, and sets the exit code. */
export function readingCommand<F extends object>(
  command: Command,
  run: (reader: Reader, flags: F & ConnectionFlags, words: readonly string[]) => Promise<number>,
): Command {
  return withConnectionFlags(command).action(async (...given: unknown[]) => {
    const flags = given.at(-2) as F & ConnectionFlags;
    const all = given.slice(0, -2).filter((word): word is string => typeof word === 'string');
    const place = snapshotAmong(command, all);
    const snapshot = place < 0 ? {} : { snapshot: all[place]! };
    // where a query or a name is asked for as well, the file is not among its words
    const words = place < 0 || snapshotFirst(command) ? all : all.filter((_, i) => i !== place);
    const settled = waiting('reading … Ctrl-C ends it');
    try {
      const reader = await openFromFlags({ ...flags, ...snapshot });
      try {
        process.exitCode = await run(reader, flags, words);
        for (const text of reader.shortcomings?.() ?? []) process.stderr.write(plain(`gumshoe: ${text}\n`));
      } finally {
        await reader.close();
      }
    } finally {
      settled();
    }
  });
}

const PATIENCE = 500;

/** Says on a terminal's stderr that work goes on, when it takes longer than half a second; the result takes it away. */
function waiting(text: string): () => void {
  if (!process.stderr.isTTY) return () => undefined;
  let shown = false;
  const timer = setTimeout(() => {
    shown = true;
    process.stderr.write(text);
  }, PATIENCE);
  const clear = (): void => {
    clearTimeout(timer);
    if (shown) process.stderr.write('\r\x1b[K');
    shown = false;
  };
  clearWaiting = clear;
  return clear;
}

let clearWaiting: () => void = () => undefined;

const snapshotFirst = (command: Command): boolean => command.registeredArguments[0]?.name() === 'snapshot';

/** Which of the words is the snapshot: the first, or beside another one whichever ends like a file; -1 for none. */
function snapshotAmong(command: Command, words: readonly string[]): number {
  if (snapshotFirst(command)) return words.length > 0 ? 0 : -1;
  if (!command.registeredArguments.some((one) => one.name() === 'snapshot')) return -1;
  return words.findIndex((word) => word.endsWith('.gumshoe'));
}

/** Typed arrays as plain lists, NaN and infinities as null: valid JSON on every path. */
export function jsonText(value: unknown): string {
  const plain = (_: string, one: unknown): unknown => {
    if (ArrayBuffer.isView(one))
      return Array.from(one as unknown as ArrayLike<number>, (n) => (Number.isFinite(n) ? n : null));
    return typeof one === 'number' && !Number.isFinite(one) ? null : one;
  };
  return `${harmlessJson(JSON.stringify(value, plain, 2))}\n`;
}

/** Of `--limit`. @throws InvalidArgumentError */
export function limit(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 10_000)
    throw new InvalidArgumentError('a whole number from 1 to 10000');
  return value;
}

export function print(text: string): void {
  clearWaiting();
  process.stdout.write(harmless(text));
}
