import { FailureError } from '@gumshoe/base/failure';
import type { HistogramSamples } from '@gumshoe/base/native-histogram';
import type { Series } from '@gumshoe/base/series';
import type { LogRecord, Span } from '@gumshoe/engine/ports';
import { decodeHistograms, decodeRecords, decodeSeries, type Meter } from './codec.ts';
import type { SnapshotFile } from './database.ts';
import type { Part } from './manifest.ts';
import {
  configurationOf,
  logRecordOf,
  profileSampleOf,
  profileStackOf,
  spanOf,
  type Configuration,
  type ProfileSample,
  type ProfileStack,
} from './record-types.ts';

export interface RecordTypes {
  readonly spans: Span;
  readonly logs: LogRecord;
  readonly events: LogRecord;
  readonly 'profile-samples': ProfileSample;
  readonly 'profile-stacks': ProfileStack;
  readonly configuration: Configuration;
}

const CHECKS: { readonly [P in keyof RecordTypes]: (value: unknown) => RecordTypes[P] } = {
  spans: spanOf,
  logs: logRecordOf,
  events: logRecordOf,
  'profile-samples': profileSampleOf,
  'profile-stacks': profileStackOf,
  configuration: configurationOf,
};

export const RECORD_PARTS = Object.keys(CHECKS) as readonly (keyof RecordTypes & Part)[];

/** Series of the named metrics, block by block in the order of the file. Throws FailureError `corrupt`. */
export function* seriesBlocks(
  file: SnapshotFile,
  names?: ReadonlySet<string>,
): Generator<{ readonly name: string; readonly content: readonly Series[] }> {
  yield* file.decoded('series', decodeSeries, names);
}

/** Native histograms of the named metrics in the same way: their series without floats, a long one in several runs. */
export function* histogramBlocks(
  file: SnapshotFile,
  names?: ReadonlySet<string>,
): Generator<{ readonly name: string; readonly content: readonly Series[] }> {
  yield* file.decoded('histograms', decodeHistograms, names);
}

/** Names of all metrics, sorted. */
export const metricsOf = (file: SnapshotFile): readonly string[] =>
  [...new Set([...file.names('series'), ...file.names('histograms')])].sort();

/** Records of a part, block by block in the order of the file. Throws FailureError `corrupt`. */
export function* recordBlocks<P extends keyof RecordTypes>(
  file: SnapshotFile,
  part: P,
): Generator<readonly RecordTypes[P][]> {
  const check = CHECKS[part];
  const decode = (payload: Buffer, meter: Meter): RecordTypes[P][] =>
    decodeRecords(payload, meter).map(check);
  for (const { content } of file.decoded(part, decode)) yield content;
}

/** Texts of records that are held in memory at once; as values they take about three times as much. */
const MAX_HELD = 512 * 1024 ** 2;

/** All records of a part. Throws FailureError `corrupt`, and `limit-exceeded` when they are too many for memory. */
export function recordsOf<P extends keyof RecordTypes>(file: SnapshotFile, part: P): RecordTypes[P][] {
  const check = CHECKS[part];
  const records: RecordTypes[P][] = [];
  let held = 0;
  const decode = (payload: Buffer, meter: Meter): unknown[] =>
    decodeRecords(payload, (bytes) => {
      meter(bytes);
      held += bytes;
      if (held > MAX_HELD) throw tooMany(file, part);
    });
  for (const { content } of file.decoded(part, decode)) for (const one of content) records.push(check(one));
  return records;
}

const tooMany = (file: SnapshotFile, part: string): FailureError =>
  new FailureError({
    code: 'limit-exceeded',
    tried: `read ${part}`,
    target: file.path,
    reason: `they take over ${MAX_HELD / 1024 ** 2} MiB`,
    remedy: 'Cut the file first: gumshoe snapshot trim --from … --to … --app …',
  });

/** Samples with from < t <= to; none when there are no such samples. */
export function cutSeries(series: Series, from: number, to: number): Series[] {
  const { timestamps, values, labels } = series;
  const lo = firstAfter(timestamps, from);
  const hi = firstAfter(timestamps, to);
  const histograms = series.histograms && cutHistograms(series.histograms, from, to);
  if (hi <= lo && !histograms) return [];
  if (lo === 0 && hi === timestamps.length && histograms === series.histograms) return [series];
  const floats = { labels, timestamps: timestamps.subarray(lo, hi), values: values.subarray(lo, hi) };
  return [histograms ? { ...floats, histograms } : floats];
}

function cutHistograms(all: HistogramSamples, from: number, to: number): HistogramSamples | undefined {
  const { timestamps, samples } = all;
  const lo = firstAfter(timestamps, from);
  const hi = firstAfter(timestamps, to);
  if (hi <= lo) return undefined;
  if (lo === 0 && hi === timestamps.length) return all;
  return { timestamps: timestamps.subarray(lo, hi), samples: samples.slice(lo, hi) };
}

function firstAfter(timestamps: Float64Array, instant: number): number {
  let lo = 0;
  let hi = timestamps.length;
  while (lo < hi) {
    const middle = (lo + hi) >> 1;
    if (timestamps[middle]! <= instant) lo = middle + 1;
    else hi = middle;
  }
  return lo;
}
