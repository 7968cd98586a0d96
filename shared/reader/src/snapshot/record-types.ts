import type { Labels } from '@gumshoe/base/series';
import type { LogRecord, Span } from '@gumshoe/engine/ports';

// What is read from a file is checked before anything trusts its type.

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** @throws RangeError when it is no object of texts. */
export function labelsOf(value: unknown): Labels {
  if (!isObject(value)) throw new RangeError('labels are no object');
  for (const name in value) if (typeof value[name] !== 'string') throw new RangeError('a label is no text');
  return value as Labels;
}

const texts = (value: Json, names: readonly string[]): boolean =>
  names.every((name) => typeof value[name] === 'string');
const numbers = (value: Json, names: readonly string[]): boolean =>
  names.every((name) => Number.isFinite(value[name]));

const SPAN_TEXTS = [
  ...['traceId', 'spanId', 'parentSpanId', 'name', 'serviceName', 'containerId', 'statusMessage'],
  'kind',
  'status',
] as const;
const KINDS: ReadonlySet<unknown> = new Set(['Server', 'Client', 'Producer', 'Consumer', 'Internal']);
const STATUSES: ReadonlySet<unknown> = new Set(['Unset', 'Ok', 'Error']);

/** @throws RangeError when a field is missing or of another type. */
export function spanOf(value: unknown): Span {
  if (!isObject(value) || !texts(value, SPAN_TEXTS) || !numbers(value, ['start', 'duration']))
    throw new RangeError('a span has another form than the format gives it');
  if (!KINDS.has(value['kind']) || !STATUSES.has(value['status']))
    throw new RangeError('a span is of an unknown kind or status');
  labelsOf(value['attributes']);
  return value as unknown as Span;
}

const LOG_TEXTS = ['severity', 'serviceName', 'containerId', 'body', 'traceId', 'spanId'] as const;

/** @throws RangeError when a field is missing or of another type. */
export function logRecordOf(value: unknown): LogRecord {
  if (!isObject(value) || !texts(value, LOG_TEXTS) || !numbers(value, ['timestamp']))
    throw new RangeError('a log record has another form than the format gives it');
  labelsOf(value['attributes']);
  return value as unknown as LogRecord;
}

/** service, type, start and end (ms), container, hash of the stack, value, whether callers are missing */
export type ProfileSample = readonly [
  service: string,
  type: string,
  start: number | string,
  end: number | string,
  container: string,
  hash: string,
  value: number | string,
  cut?: number | string | boolean,
];
/** service, hash, frames as JSON text */
export type ProfileStack = readonly [service: string, hash: string, stack: string];

/** @throws RangeError when a field is missing or of another type. */
export function profileSampleOf(value: unknown): ProfileSample {
  const row = Array.isArray(value) ? (value as readonly unknown[]) : [];
  const [service, type, start, end, container, hash, amount] = row;
  const named = [service, type, container, hash].every((one) => typeof one === 'string');
  if (!named || row.length > 8 || ![start, end, amount].every((one) => Number.isFinite(Number(one ?? NaN))))
    throw new RangeError('a profile sample has another form than the format gives it');
  if (!/^\d{1,20}$/.test(hash as string)) throw new RangeError('the hash of a stack is no number');
  return row as unknown as ProfileSample;
}

/** @throws RangeError when a field is missing or of another type. */
export function profileStackOf(value: unknown): ProfileStack {
  const row = Array.isArray(value) ? (value as readonly unknown[]) : [];
  if (row.length !== 3 || !row.every((one) => typeof one === 'string'))
    throw new RangeError('a stack has another form than the format gives it');
  const frames: unknown = JSON.parse(row[2] as string);
  if (!Array.isArray(frames) || !frames.every((one) => typeof one === 'string'))
    throw new RangeError('a stack is no list of frames');
  return row as unknown as ProfileStack;
}

/** A file of settings that the analysis was run with. */
export interface Configuration {
  readonly name: string;
  readonly text: string;
}

/** @throws RangeError when a field is missing or of another type. */
export function configurationOf(value: unknown): Configuration {
  if (!isObject(value) || !texts(value, ['name', 'text']))
    throw new RangeError('a configuration has another form than the format gives it');
  return value as unknown as Configuration;
}
