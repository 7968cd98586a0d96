import { decodeMessage, type Kind, type Message } from '../protobuf/decode.ts';
import type { PprofProfile, PprofSample, PprofValueType } from './encode.ts';

const of = (message: Message): Kind => ({ message: () => message });

/** The parts of perftools.profiles (github.com/google/pprof, proto/profile.proto) that are read. */
const PROFILE: Message = {
  1: ['sampleTypes', of({ 1: ['type', 'int64'], 2: ['unit', 'int64'] }), true],
  2: [
    'samples',
    of({
      1: ['locations', { packed: 'uint64' }, true],
      2: ['values', { packed: 'int64' }, true],
    }),
    true,
  ],
  4: [
    'locations',
    of({
      1: ['id', 'uint64'],
      3: ['address', 'uint64'],
      4: ['lines', of({ 1: ['function', 'uint64'], 2: ['line', 'int64'] }), true],
    }),
    true,
  ],
  5: ['functions', of({ 1: ['id', 'uint64'], 2: ['name', 'int64'], 4: ['file', 'int64'] }), true],
  6: ['strings', 'string', true],
  9: ['timeNanos', 'int64'],
  10: ['durationNanos', 'int64'],
};

type Json = Readonly<Record<string, unknown>>;
const list = (value: unknown): readonly Json[] => (Array.isArray(value) ? (value as Json[]) : []);
/** A packed list may come in several parts. */
const numbers = (value: unknown): readonly string[] => list(value).flat() as unknown as string[];

/**
 * A profile, not compressed: what `encodePprof` writes and every pprof writer. Frames innermost first, inlined ones
 * before what they were inlined into. @throws RangeError when the bytes are none.
 */
export function decodePprof(bytes: Uint8Array): PprofProfile {
  const profile = decodeMessage(bytes, PROFILE);
  const strings = (profile['strings'] ?? []) as readonly string[];
  // the table begins with the empty text (profile.proto)
  if (strings[0] !== '') throw new RangeError('a profile without a table of texts');
  const text = (index: unknown): string => strings[Number(index ?? 0)] ?? '';
  const valueTypes = list(profile['sampleTypes']).map(({ type, unit }): PprofValueType => ({
    type: text(type),
    unit: text(unit),
  }));
  if (valueTypes.length === 0) throw new RangeError('a profile that does not say what it counts');
  const functions = new Map(list(profile['functions']).map((one) => [String(one['id']), one]));
  const frames = new Map(
    list(profile['locations']).map((location) => [
      String(location['id']),
      framesOf(location, functions, text),
    ]),
  );
  const samples = list(profile['samples']).map((sample): PprofSample => ({
    stack: numbers(sample['locations']).flatMap((id) => frames.get(id) ?? ['?']),
    values: numbers(sample['values']).map(Number),
  }));
  return {
    valueTypes,
    samples,
    timeNanos: BigInt(String(profile['timeNanos'] ?? 0)),
    durationNanos: BigInt(String(profile['durationNanos'] ?? 0)),
  };
}

function framesOf(
  location: Json,
  functions: ReadonlyMap<string, Json>,
  text: (index: unknown) => string,
): readonly string[] {
  const lines = list(location['lines']);
  if (lines.length === 0) return [`0x${BigInt(String(location['address'] ?? 0)).toString(16)}`];
  return lines.map((line) => {
    const one = functions.get(String(line['function']));
    const [name, file, at] = [text(one?.['name']), text(one?.['file']), Number(line['line'] ?? 0)];
    return file !== '' && at > 0 && !/[\s:]/.test(file) ? `${name} ${file}:${at}` : name || '?';
  });
}
