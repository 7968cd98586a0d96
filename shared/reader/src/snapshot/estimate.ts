import { FailureError } from '@gumshoe/base/failure';
import type { Series } from '@gumshoe/base/series';
import { milliseconds, MINUTE, type TimeRange } from '@gumshoe/base/time';
import type { Reader } from '@gumshoe/engine/ports';
import { DATABASE } from '@gumshoe/schema/tables/define';
import { LOGS } from '@gumshoe/schema/tables/logs';
import { PROFILING_SAMPLES } from '@gumshoe/schema/tables/profiles';
import { TRACES } from '@gumshoe/schema/tables/traces';
import { encodeHistograms, encodeRecords, encodeSeries, histogramRows } from './codec.ts';
import { cutSeries } from './contents.ts';
import { keepSeries, MAX_LOGS, MAX_SPANS, namesOf, withHistory, type ExportOptions } from './export.ts';
import { ForeignSeries } from './foreign-series.ts';
import { boundsOf, MAX_PROFILE_ROWS, profileRowsOf } from './profile-rows.ts';
import type { Scope } from './scope.ts';
import { hasFloats } from './write.ts';

export interface EstimatedPart {
  readonly part: 'series' | 'spans' | 'logs' | 'profiles';
  /** Series; else records. */
  readonly records: number;
  readonly bytes: number;
}

export interface Estimate {
  readonly bytes: number;
  readonly parts: readonly EstimatedPart[];
}

const PROBE = 6 * MINUTE;
const SHORT_PROBE = 2 * MINUTE;
const NAMES_AT_ONCE = 100;
const SAMPLE = 2_000;
const MOST_RECORDS = { spans: MAX_SPANS, logs: MAX_LOGS };

/**
 * What an export would come to, from the end of its window: that is read and packed as the export would do it, and
 * the rest is taken to be like it. Within a tenth where traffic is even. Rejects with FailureError.
 */
export async function estimateExport(
  reader: Reader,
  range: TimeRange,
  only: Pick<ExportOptions, 'scope' | 'selection'> = {},
  signal?: AbortSignal,
): Promise<Estimate> {
  const { scope } = only;
  const wide = withHistory(range);
  const known = await reader.extent(signal);
  // what was never stored takes no room, and what has ended shows only before its end what it was like
  const from = milliseconds(Math.max(wide.from, known?.from ?? wide.from));
  const covered = { from: from < wide.to ? from : wide.from, to: wide.to };
  const to = milliseconds(Math.min(wide.to, known?.to ?? wide.to));
  const measured = from < to ? { from, to } : covered;
  const parts = [
    await estimateSeries(reader, measured, only, signal),
    await estimateSpans(reader, covered, scope, signal),
    await estimateLogs(reader, covered, scope, signal),
    await estimateProfiles(reader, covered, scope, signal),
  ];
  return { bytes: parts.reduce((sum, { bytes }) => sum + bytes, 0), parts };
}

const endOf = ({ from, to }: TimeRange, length: number): TimeRange => ({
  from: milliseconds(Math.max(from, to - length)),
  to,
});

/** Labels cost once, samples by the minute: two lengths tell the one from the other. */
async function estimateSeries(
  reader: Reader,
  range: TimeRange,
  only: Pick<ExportOptions, 'scope' | 'selection'>,
  signal?: AbortSignal,
): Promise<EstimatedPart> {
  const probe = endOf(range, PROBE);
  const short = endOf(range, SHORT_PROBE);
  const names = [...namesOf(reader), ...(only.selection?.names ?? [])];
  const keep = keepSeries(only);
  const foreign = new ForeignSeries(only.selection?.names ?? []);
  let [records, long, brief] = [0, 0, 0];
  const take = (some: readonly Series[]): void => {
    if (some.length === 0) return;
    records += some.length;
    long += packedBytes(some);
    brief += packedBytes(some.flatMap((series) => cutOrBare(series, short)));
  };
  for (let at = 0; at < names.length; at += NAMES_AT_ONCE) {
    const read = await reader.series(names.slice(at, at + NAMES_AT_ONCE), probe, signal);
    const kept = read.filter(keep);
    foreign.see(kept);
    take(kept);
  }
  // what an export adds in terms of the catalogue
  take(foreign.translated().series);
  const more = (probe.to - probe.from - (short.to - short.from)) / MINUTE;
  const perMinute = more > 0 ? Math.max(0, long - brief) / more : 0;
  const minutes = Math.max(0, range.to - range.from - (probe.to - probe.from)) / MINUTE;
  return { part: 'series', records, bytes: Math.round(long + perMinute * minutes) };
}

function packedBytes(all: readonly Series[]): number {
  const rows = histogramRows(all);
  const floats = all.filter(hasFloats);
  const bytes = floats.length > 0 ? encodeSeries(floats).length : 0;
  return bytes + (rows.length > 0 ? encodeHistograms(rows).length : 0);
}

const NONE = new Float64Array(0);

/** The samples of a shorter time; a series without any still costs its labels. */
function cutOrBare(series: Series, { from, to }: TimeRange): readonly Series[] {
  const cut = cutSeries(series, from, to);
  return cut.length > 0 ? cut : [{ labels: series.labels, timestamps: NONE, values: NONE }];
}

async function estimateSpans(
  reader: Reader,
  range: TimeRange,
  scope?: Scope,
  signal?: AbortSignal,
): Promise<EstimatedPart> {
  const read = (part: TimeRange, limit: number) =>
    reader.spans({ range: part, order: 'newest', limit }, signal);
  return estimateRecords('spans', reader, range, TRACES.name, read, scope?.span, signal);
}

async function estimateLogs(
  reader: Reader,
  range: TimeRange,
  scope?: Scope,
  signal?: AbortSignal,
): Promise<EstimatedPart> {
  const read = (part: TimeRange, limit: number) => reader.logs({ range: part, limit }, signal);
  return estimateRecords('logs', reader, range, LOGS.name, read, scope?.log, signal);
}

async function estimateRecords<T>(
  part: 'spans' | 'logs',
  reader: Reader,
  range: TimeRange,
  table: string,
  read: (range: TimeRange, limit: number) => Promise<readonly T[]>,
  keep: ((record: T) => boolean) | undefined,
  signal?: AbortSignal,
): Promise<EstimatedPart> {
  const sample = await read(range, SAMPLE);
  if (sample.length === 0) return { part, records: 0, bytes: 0 };
  const kept = keep ? sample.filter(keep) : sample;
  const where = `Timestamp > fromUnixTimestamp64Milli(${Math.floor(range.from)}) AND Timestamp <= fromUnixTimestamp64Milli(${Math.ceil(range.to)})`;
  const all =
    sample.length < SAMPLE
      ? sample.length
      : ((await countOf(reader, table, where, signal)) ?? (await read(range, 500_000)).length);
  // an export keeps the newest of very many
  const share = Math.min(all, MOST_RECORDS[part]) / sample.length;
  const bytes = kept.length === 0 ? 0 : encodeRecords(kept).length;
  return { part, records: Math.round(kept.length * share), bytes: Math.round(bytes * share) };
}

async function estimateProfiles(
  reader: Reader,
  range: TimeRange,
  scope?: Scope,
  signal?: AbortSignal,
): Promise<EstimatedPart> {
  try {
    const { samples, stacks } = await profileRowsOf(reader, endOf(range, SHORT_PROBE), signal);
    const kept = scope ? samples.filter(([service]) => scope.service(service)) : samples;
    const share = samples.length === 0 ? 0 : kept.length / samples.length;
    const all =
      (await countOf(reader, PROFILING_SAMPLES.name, boundsOf(range), signal)) ??
      (await profileRowsOf(reader, range, signal)).samples.length;
    const times = samples.length === 0 ? 0 : Math.min(all, MAX_PROFILE_ROWS) / samples.length;
    const bytes = encodeRecords(kept).length * times + encodeRecords(stacks).length * share;
    return {
      part: 'profiles',
      records: Math.round(all * share),
      bytes: kept.length === 0 ? 0 : Math.round(bytes),
    };
  } catch (error) {
    if (!(error instanceof FailureError) || error.failure.code !== 'not-supported') throw error;
    return { part: 'profiles', records: 0, bytes: 0 };
  }
}

/** undefined where the source does not speak SQL. */
async function countOf(
  reader: Reader,
  table: string,
  where: string,
  signal?: AbortSignal,
): Promise<number | undefined> {
  try {
    const limits = { maxRows: 1_000, timeoutMs: 60_000 };
    const { rows } = await reader.sql(
      `SELECT count() FROM ${DATABASE}.${table} WHERE ${where}`,
      limits,
      signal,
    );
    // of several clusters one row each, the count behind the name
    return rows.reduce((sum, row) => sum + Number(row.at(-1) ?? 0), 0);
  } catch (error) {
    if (!(error instanceof FailureError)) throw error;
    if (error.failure.code === 'not-found') return 0;
    if (error.failure.code === 'not-supported') return undefined;
    throw error;
  }
}
