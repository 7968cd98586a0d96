import { renameSync, rmSync, statSync } from 'node:fs';
import { FailureError } from '@gumshoe/base/failure';
import type { Series } from '@gumshoe/base/series';
import { milliseconds, type TimeRange } from '@gumshoe/base/time';
import type { Reader } from '@gumshoe/engine/ports';
import { METRICS } from '@gumshoe/schema/metrics/catalogue';
import { DATABASE } from '@gumshoe/schema/tables/define';
import { PROFILING_SAMPLES, PROFILING_STACKS } from '@gumshoe/schema/tables/profiles';
import { cancelled } from '../failures.ts';
import { encodeRecords, encodeSeries } from './codec.ts';
import { FORMAT_VERSION, SnapshotWriter } from './database.ts';

export interface ExportOptions {
  /** ms since the epoch; part of the manifest */
  readonly createdAt: number;
  readonly progress?: (done: number, total: number, what: string) => void;
}

export interface ExportSummary {
  readonly bytes: number;
  readonly series: number;
  readonly spans: number;
  readonly logs: number;
}

const MAX_SPANS = 500_000;
const MAX_LOGS = 200_000;
const MAX_PROFILE_ROWS = 1_000_000;
const RECORDS_PER_BLOCK = 5_000;
const SLICE = 5 * 60_000;
const SQL_LIMITS = { maxRows: MAX_PROFILE_ROWS, timeoutMs: 120_000 };
/** Rates at the window's start need samples before it; the model looks back as far. */
const LEAD = 10 * 60_000;

/** Every name of the catalogue as it is stored. */
export function storedNames(): string[] {
  return METRICS.flatMap(({ name, type }) =>
    type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
  );
}

/**
 * Writes everything the engine could read of the window into one file. The file appears under its name only when
 * it is complete. Rejects with FailureError; `signal` cancels and leaves nothing behind.
 */
export async function exportSnapshot(
  reader: Reader,
  range: TimeRange,
  path: string,
  options: ExportOptions,
  signal?: AbortSignal,
): Promise<ExportSummary> {
  const partial = `${path}.partial-${process.pid}`;
  rmSync(partial, { force: true });
  const writer = openWriter(partial, path);
  try {
    const counts = await writeParts(reader, range, writer, options, signal);
    writer.finish({
      formatVersion: FORMAT_VERSION,
      createdAt: options.createdAt,
      window: { from: range.from, to: range.to },
      source: (await reader.status(signal)).name,
      counts,
      redaction: [
        'SQL and Redis keys were obfuscated when they were captured',
        'request and response bodies and headers were never stored',
        'no credentials and no connection settings are included',
        ...cutParts(counts),
      ],
      status: await reader.status(signal),
    });
    renameSync(partial, path);
    return {
      bytes: statSync(path).size,
      series: counts['series'] ?? 0,
      spans: counts['spans'] ?? 0,
      logs: counts['logs'] ?? 0,
    };
  } catch (error) {
    writer.abandon();
    rmSync(partial, { force: true });
    throw error;
  }
}

/** @throws FailureError when the folder cannot be written to. */
export function openWriter(partial: string, path: string): SnapshotWriter {
  try {
    return new SnapshotWriter(partial);
  } catch (error) {
    throw new FailureError({
      code: 'invalid-input',
      tried: 'write snapshot',
      target: path,
      reason: error instanceof Error ? error.message : String(error),
      remedy: 'Choose a folder you may write to.',
    });
  }
}

async function writeParts(
  reader: Reader,
  range: TimeRange,
  writer: SnapshotWriter,
  options: ExportOptions,
  signal?: AbortSignal,
): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  const steps: readonly (readonly [string, () => Promise<number>])[] = [
    ['series', () => writeSeries(reader, range, writer, signal)],
    [
      'spans',
      () =>
        writeSlices(range, MAX_SPANS, writer, 'spans', (slice, limit) =>
          reader.spans({ range: slice, order: 'newest', limit }, signal),
        ),
    ],
    [
      'logs',
      () =>
        writeSlices(range, MAX_LOGS, writer, 'logs', (slice, limit) =>
          reader.logs({ range: slice, limit }, signal),
        ),
    ],
    ['profiles', () => writeProfiles(reader, range, writer, signal)],
  ];
  for (const [done, [what, write]] of steps.entries()) {
    if (signal?.aborted) throw cancelled('export snapshot', what);
    options.progress?.(done, steps.length, what);
    counts[what] = await write();
  }
  options.progress?.(steps.length, steps.length, 'done');
  return counts;
}

async function writeSeries(
  reader: Reader,
  range: TimeRange,
  writer: SnapshotWriter,
  signal?: AbortSignal,
): Promise<number> {
  const wide = { from: (range.from - LEAD) as TimeRange['from'], to: range.to };
  return writeSeriesBlocks(writer, await reader.series(storedNames(), wide, signal));
}

/** One block a name; how many series. */
export function writeSeriesBlocks(writer: SnapshotWriter, all: readonly Series[]): number {
  const byName = new Map<string, Series[]>();
  for (const series of all) {
    const name = series.labels['__name__'] ?? '';
    const known = byName.get(name);
    if (known) known.push(series);
    else byName.set(name, [series]);
  }
  let count = 0;
  for (const [name, series] of [...byName].sort(([a], [b]) => (a < b ? -1 : 1))) {
    writer.add('series', name, encodeSeries(series));
    count += series.length;
  }
  return count;
}

/** Blocks of RECORDS_PER_BLOCK; how many records. */
export function writeRecords(
  writer: SnapshotWriter,
  part: 'spans' | 'logs' | 'profile-stacks' | 'profile-samples',
  records: readonly unknown[],
  first = 0,
): number {
  for (let at = 0; at < records.length; at += RECORDS_PER_BLOCK)
    writer.add(part, String(first + at), encodeRecords(records.slice(at, at + RECORDS_PER_BLOCK)));
  return records.length;
}

/** Newest slice first, so that no answer of the source has to hold the whole window. */
async function writeSlices(
  { from, to }: TimeRange,
  most: number,
  writer: SnapshotWriter,
  part: 'spans' | 'logs',
  read: (slice: TimeRange, limit: number) => Promise<readonly unknown[]>,
): Promise<number> {
  let count = 0;
  for (let end = to; end > from && count < most;) {
    const start = milliseconds(Math.max(from, end - SLICE));
    count += writeRecords(writer, part, await read({ from: start, to: end }, most - count), count);
    end = start;
  }
  return count;
}

/** What a bound left out: a reader of the file must not take the rest for everything. */
function cutParts(counts: Readonly<Record<string, number>>): readonly string[] {
  const bounds = { spans: MAX_SPANS, logs: MAX_LOGS, profiles: MAX_PROFILE_ROWS };
  return Object.entries(bounds)
    .filter(([part, most]) => (counts[part] ?? 0) >= most)
    .map(([part, most]) => `only the newest ${most} ${part} of the window are included`);
}

/** Raw rows, since an investigation compares profiles of windows of its own choice. */
async function writeProfiles(
  reader: Reader,
  range: TimeRange,
  writer: SnapshotWriter,
  signal?: AbortSignal,
): Promise<number> {
  const bounds = `End > fromUnixTimestamp64Milli(${Math.floor(range.from)}) AND Start <= fromUnixTimestamp64Milli(${Math.ceil(range.to)})`;
  const samples = `${DATABASE}.${PROFILING_SAMPLES.name}`;
  const rows = async (query: string): Promise<readonly unknown[]> => {
    try {
      return (await reader.sql(query, SQL_LIMITS, signal)).rows;
    } catch (error) {
      if (
        error instanceof FailureError &&
        (error.failure.code === 'not-found' || error.failure.code === 'not-supported')
      )
        return [];
      throw error;
    }
  };
  const kept =
    await rows(`SELECT ServiceName, Type, toUnixTimestamp64Milli(Start), toUnixTimestamp64Milli(End), Labels['container.id'], toString(StackHash), Value
    FROM ${samples} WHERE ${bounds} ORDER BY Start DESC, ServiceName, StackHash, Value`);
  const stacks =
    await rows(`SELECT ServiceName, toString(Hash), any(Stack) FROM ${DATABASE}.${PROFILING_STACKS.name}
    WHERE Hash IN (SELECT StackHash FROM ${samples} WHERE ${bounds}) GROUP BY ServiceName, Hash ORDER BY ServiceName, Hash`);
  writeRecords(writer, 'profile-stacks', stacks);
  return writeRecords(writer, 'profile-samples', kept);
}
