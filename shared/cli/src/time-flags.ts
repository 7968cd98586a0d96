import type { Command } from 'commander';
import { instantOfText } from '@gumshoe/base/instant-text';
import { milliseconds, type TimeRange } from '@gumshoe/base/time';
import type { Reader } from '@gumshoe/engine/ports';
import { UsageError } from './connection-flags.ts';

export interface TimeFlags {
  readonly from?: string;
  readonly to?: string;
  readonly last?: string;
}

export function withTimeFlags(command: Command): Command {
  return command
    .option('--from <time>', 'start: RFC 3339, or seconds or ms since the epoch')
    .option('--to <time>', 'end (default: the newest data)')
    .option(
      '--last <duration>',
      'window that ends at --to, such as 15m, 1h, 2d (default: all of a snapshot, at most 1d; else 1h)',
    );
}

const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** ms of a date that the calendar has; NaN for none: JavaScript takes `-5` for a month and goes on counting after February. */
function dateOf(text: string): number {
  const day = /^\d{4}-\d{2}-\d{2}/.exec(text.trim())?.[0];
  const known = day === undefined ? NaN : Date.parse(`${day}T00:00:00Z`);
  return new Date(known || 0).toISOString().startsWith(day ?? ' ') ? instantOfText(text) : NaN;
}

/** ms since the epoch. @throws UsageError when the text is no time. */
export function instantOf(text: string, flag: string): number {
  const number = /^\d+(\.\d+)?$/.test(text) ? Number(text) : NaN;
  // seconds up to the year 5138, ms from 1973 on
  const value = Number.isNaN(number) ? dateOf(text) : number < 1e11 ? number * 1000 : number;
  if (Number.isNaN(value))
    throw new UsageError(`${flag} ${text}: not a time; RFC 3339, or seconds or milliseconds since the epoch`);
  return value;
}

function duration(text: string): number {
  const match = /^(\d+)([smhd])$/.exec(text);
  if (!match) throw new UsageError(`--last ${text}: a number of s, m, h or d, such as 15m`);
  return Number(match[1]) * (UNITS[match[2] ?? ''] ?? NaN);
}

/** What is looked at without a word: all of a file, which is about its window; of a live source the last hour. */
async function usualLength(reader: Reader, signal?: AbortSignal): Promise<string> {
  const { kind } = await reader.status(signal);
  return kind === 'snapshot' ? '1d' : '1h';
}

/** The window the flags ask for; without any, what a snapshot is about, or the last hour of what the source has. */
export async function timeRange(flags: TimeFlags, reader: Reader, signal?: AbortSignal): Promise<TimeRange> {
  const known = flags.from !== undefined && flags.to !== undefined ? undefined : await reader.extent(signal);
  const to = flags.to === undefined ? (known?.to ?? Date.now()) : instantOf(flags.to, '--to');
  const back = duration(flags.last ?? (flags.from === undefined ? await usualLength(reader, signal) : '1h'));
  const from =
    flags.from === undefined
      ? Math.max(to - back, flags.last === undefined ? (known?.from ?? to - back) : to - back)
      : instantOf(flags.from, '--from');
  if (from === to) throw new UsageError('--from and --to are the same instant');
  if (from > to) throw new UsageError('--from lies after --to');
  return { from: milliseconds(from), to: milliseconds(to) };
}
