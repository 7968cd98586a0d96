import { gunzipSync } from 'node:zlib';
import { decodePprof } from '@gumshoe/schema/pprof/decode';
import type { SampleRow, StackRow } from '@gumshoe/schema/tables/profiles';
import { timestampText } from '../../processors/clock-offset.ts';
import { stackHash } from '../profiles/stack-hash.ts';
import { LATEST_NANOS } from './rows.ts';

export interface ProfileOrigin {
  readonly serviceName: string;
  /** Labels of every sample: container.id and whatever else the sender says. */
  readonly labels: Readonly<Record<string, string>>;
  /** ns since the epoch, where the profile does not say. */
  readonly now: bigint;
}

export interface ProfileRows {
  readonly stacks: readonly StackRow[];
  readonly samples: readonly SampleRow[];
}

const LARGEST = 64 * 1024 * 1024;
const MOST_FRAMES = 512;

/**
 * Rows of one pprof profile, gzipped or not; a row for each stack and sample type.
 * @throws Error when it is none.
 */
export function profileRows(body: Uint8Array, { serviceName, labels, now }: ProfileOrigin): ProfileRows {
  const bytes = body[0] === 0x1f && body[1] === 0x8b ? inflated(body) : body;
  const profile = decodePprof(bytes);
  const types = profile.valueTypes.map(({ type, unit }) => `${type}:${unit}`);
  const { start, end } = timesOf(profile, now);
  const stacks = new Map<string, StackRow>();
  const samples = new Map<string, SampleRow & { Value: number }>();
  for (const sample of profile.samples) {
    const stack = sample.stack.slice(0, MOST_FRAMES);
    const hash = stackHash(stack);
    stacks.set(hash, { ServiceName: serviceName, Hash: hash, LastSeen: end, Stack: stack });
    types.forEach((type, i) => {
      const value = sample.values[i] ?? 0;
      if (value === 0) return;
      const known = samples.get(`${type} ${hash}`);
      if (known) known.Value += value;
      else
        samples.set(`${type} ${hash}`, {
          ServiceName: serviceName,
          Type: type,
          Start: start,
          End: end,
          Labels: labels,
          StackHash: hash,
          Value: value,
        });
    });
  }
  return { stacks: [...stacks.values()], samples: [...samples.values()] };
}

/** What no store could hold counts as not said. */
function timesOf(
  { timeNanos, durationNanos }: { readonly timeNanos: bigint; readonly durationNanos: bigint },
  now: bigint,
): { readonly start: string; readonly end: string } {
  const start = timeNanos > 0n ? timeNanos : now;
  const end = durationNanos > 0n ? start + durationNanos : start;
  return { start: timestampText(start), end: timestampText(end > LATEST_NANOS ? start : end) };
}

function inflated(body: Uint8Array): Uint8Array {
  try {
    return gunzipSync(body, { maxOutputLength: LARGEST });
  } catch (error) {
    throw new RangeError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}
