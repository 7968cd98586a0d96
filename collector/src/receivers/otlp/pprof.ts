import { gunzipSync } from 'node:zlib';
import { decodeMessage, type Message } from '@gumshoe/schema/protobuf/decode';
import type { SampleRow, StackRow } from '@gumshoe/schema/tables/profiles';
import { stackHash } from '../profiles/stack-hash.ts';

/** google/pprof, proto/profile.proto: the parts that are read. */
const VALUE_TYPE: Message = { 1: ['type', 'int64'], 2: ['unit', 'int64'] };
const SAMPLE: Message = { 1: ['locationId', { packed: 'uint64' }], 2: ['value', { packed: 'int64' }] };
const LINE: Message = { 1: ['functionId', 'uint64'], 2: ['line', 'int64'] };
const LOCATION: Message = {
  1: ['id', 'uint64'],
  3: ['address', 'uint64'],
  4: ['line', { message: () => LINE }, true],
};
const FUNCTION: Message = { 1: ['id', 'uint64'], 2: ['name', 'int64'], 4: ['filename', 'int64'] };
const PROFILE: Message = {
  1: ['sampleType', { message: () => VALUE_TYPE }, true],
  2: ['sample', { message: () => SAMPLE }, true],
  4: ['location', { message: () => LOCATION }, true],
  5: ['function', { message: () => FUNCTION }, true],
  6: ['stringTable', 'string', true],
  9: ['timeNanos', 'int64'],
  10: ['durationNanos', 'int64'],
};

type Json = Readonly<Record<string, unknown>>;

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

const list = (value: unknown): readonly Json[] => (Array.isArray(value) ? (value as Json[]) : []);

const nanoText = (nanos: bigint): string => {
  const text = String(nanos).padStart(10, '0');
  return `${text.slice(0, -9)}.${text.slice(-9)}`;
};

/**
 * Rows of one pprof profile, gzipped or not; a row for each stack and sample type.
 * @throws RangeError when it is none.
 */
export function profileRows(body: Uint8Array, { serviceName, labels, now }: ProfileOrigin): ProfileRows {
  const bytes = body[0] === 0x1f && body[1] === 0x8b ? inflated(body) : body;
  const profile = decodeMessage(bytes, PROFILE);
  const strings = Array.isArray(profile['stringTable']) ? (profile['stringTable'] as string[]) : [];
  const text = (index: unknown): string => strings[Number(index ?? 0)] ?? '';
  const types = list(profile['sampleType']).map((one) => `${text(one['type'])}:${text(one['unit'])}`);
  if (types.length === 0 || strings[0] !== '') throw new RangeError('no profile: it has no sample types');
  const frames = frameTexts(profile, text);
  const start = BigInt(String(profile['timeNanos'] ?? 0)) || now;
  const end = start + BigInt(String(profile['durationNanos'] ?? 0));
  const stacks = new Map<string, StackRow>();
  const samples = new Map<string, SampleRow & { Value: number }>();
  for (const sample of list(profile['sample'])) {
    const ids = Array.isArray(sample['locationId']) ? sample['locationId'] : [];
    const stack = ids.slice(0, MOST_FRAMES).flatMap((id) => frames.get(String(id)) ?? ['[unknown]']);
    const hash = stackHash(stack);
    stacks.set(hash, { ServiceName: serviceName, Hash: hash, LastSeen: nanoText(end), Stack: stack });
    const values = Array.isArray(sample['value']) ? sample['value'] : [];
    types.forEach((type, i) => {
      const value = Number(values[i] ?? 0);
      if (value === 0) return;
      const known = samples.get(`${type} ${hash}`);
      if (known) known.Value += value;
      else
        samples.set(`${type} ${hash}`, {
          ServiceName: serviceName,
          Type: type,
          Start: nanoText(start),
          End: nanoText(end),
          Labels: labels,
          StackHash: hash,
          Value: value,
        });
    });
  }
  return { stacks: [...stacks.values()], samples: [...samples.values()] };
}

function inflated(body: Uint8Array): Uint8Array {
  try {
    return gunzipSync(body, { maxOutputLength: LARGEST });
  } catch (error) {
    throw new RangeError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

/** Frames of each location, innermost first: a location holds several where calls were inlined. */
function frameTexts(profile: Json, text: (index: unknown) => string): ReadonlyMap<string, readonly string[]> {
  const functions = new Map(list(profile['function']).map((one) => [String(one['id']), one]));
  return new Map(
    list(profile['location']).map((location) => {
      const lines = list(location['line']).map((line) => {
        const target = functions.get(String(line['functionId']));
        const name = text(target?.['name']) || '[unknown]';
        const file = text(target?.['filename']);
        return file ? `${name} ${file}:${String(line['line'] ?? 0)}` : name;
      });
      const address = BigInt(String(location['address'] ?? 0)).toString(16);
      return [String(location['id']), lines.length > 0 ? lines : [`0x${address}`]];
    }),
  );
}
