import { FailureError } from '@gumshoe/base/failure';
import type { TimeRange } from '@gumshoe/base/time';
import type { Reader } from '@gumshoe/engine/ports';
import { DATABASE } from '@gumshoe/schema/tables/define';
import { PROFILING_SAMPLES, PROFILING_STACKS } from '@gumshoe/schema/tables/profiles';
import { profileSampleOf, profileStackOf, type ProfileSample, type ProfileStack } from './record-types.ts';

/** Raw profiles of a window: samples, newest first, and the stacks they name. */
export interface ProfileRows {
  readonly samples: readonly ProfileSample[];
  readonly stacks: readonly ProfileStack[];
}

/** A source that holds no SQL tables but can say its rows all the same. */
interface ProfileSource {
  readonly profileRows: (range: TimeRange, signal?: AbortSignal) => Promise<ProfileRows>;
}

const hasRows = (reader: object): reader is ProfileSource => 'profileRows' in reader;

export const MAX_PROFILE_ROWS = 1_000_000;
const LIMITS = { maxRows: MAX_PROFILE_ROWS, timeoutMs: 120_000 };

/** Rejects with FailureError `not-supported` where the source has no way to say them. */
export async function profileRowsOf(
  reader: Reader,
  range: TimeRange,
  signal?: AbortSignal,
): Promise<ProfileRows> {
  if (hasRows(reader)) return reader.profileRows(range, signal);
  const bounds = boundsOf(range);
  const samples = `${DATABASE}.${PROFILING_SAMPLES.name}`;
  const rows = await rowsOf(
    reader,
    `SELECT ServiceName, Type, toUnixTimestamp64Milli(Start), toUnixTimestamp64Milli(End), Labels['container.id'], toString(StackHash), Value, toUInt8(Labels['stack.cut'] = 'true')
    FROM ${samples} WHERE ${bounds} ORDER BY Start DESC, ServiceName, StackHash, Value`,
    signal,
  );
  const stacks = await rowsOf(
    reader,
    `SELECT ServiceName, toString(Hash), any(Stack) FROM ${DATABASE}.${PROFILING_STACKS.name}
    WHERE Hash IN (SELECT StackHash FROM ${samples} WHERE ${bounds}) GROUP BY ServiceName, Hash ORDER BY ServiceName, Hash`,
    signal,
  );
  return { samples: rows.map(profileSampleOf), stacks: stacks.map(profileStackOf) };
}

export const boundsOf = ({ from, to }: TimeRange): string =>
  `End > fromUnixTimestamp64Milli(${Math.floor(from)}) AND Start <= fromUnixTimestamp64Milli(${Math.ceil(to)})`;

/** A store that no collector has written profiles to has no table of them. */
async function rowsOf(reader: Reader, query: string, signal?: AbortSignal): Promise<readonly unknown[]> {
  try {
    return (await reader.sql(query, LIMITS, signal)).rows;
  } catch (error) {
    if (error instanceof FailureError && error.failure.code === 'not-found') return [];
    throw error;
  }
}
