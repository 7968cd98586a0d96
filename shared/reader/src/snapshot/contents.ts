import type { Series } from '@gumshoe/base/series';
import type { LogRecord, Span } from '@gumshoe/engine/ports';
import { decodeRecords, decodeSeries } from './codec.ts';
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

/** Records of a part, block by block in the order of the file. Throws FailureError `corrupt`. */
export function* recordBlocks<P extends keyof RecordTypes>(
  file: SnapshotFile,
  part: P,
): Generator<readonly RecordTypes[P][]> {
  const check = CHECKS[part];
  for (const { content } of file.decoded(part, (payload) => decodeRecords(payload).map(check))) yield content;
}

/** All records of a part. Throws FailureError `corrupt`. */
export const recordsOf = <P extends keyof RecordTypes>(file: SnapshotFile, part: P): RecordTypes[P][] =>
  [...recordBlocks(file, part)].flat();

/** Samples with from < t <= to; none when there are no such samples. */
export function cutSeries(series: Series, from: number, to: number): Series[] {
  const { timestamps, values, labels } = series;
  const lo = firstAfter(timestamps, from);
  const hi = firstAfter(timestamps, to);
  if (hi <= lo) return [];
  return [
    lo === 0 && hi === timestamps.length
      ? series
      : { labels, timestamps: timestamps.subarray(lo, hi), values: values.subarray(lo, hi) },
  ];
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
