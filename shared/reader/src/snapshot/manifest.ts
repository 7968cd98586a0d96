/** Raised with every change that older readers cannot read. */
export const FORMAT_VERSION = 2;

export const PARTS = [
  'series',
  'histograms',
  'spans',
  'logs',
  'events',
  'profile-stacks',
  'profile-samples',
  'configuration',
] as const;
export type Part = (typeof PARTS)[number];

export interface Manifest {
  readonly formatVersion: number;
  /** ms since the epoch */
  readonly createdAt: number;
  readonly window: { readonly from: number; readonly to: number };
  readonly source: string;
  readonly counts: Readonly<Record<string, number>>;
  /** What was left out or replaced, and why. */
  readonly redaction: readonly string[];
  /** Status of the source when the snapshot was taken. */
  readonly status: unknown;
  /** Metrics that were counted from this file's own spans and log records; a merge counts them anew. */
  readonly counted?: readonly string[];
  /** Of an import: metrics that stand for nothing in the catalogue, and how many series each has. */
  readonly untranslated?: readonly { readonly name: string; readonly series: number }[];
}

/** Last instant a Date can hold, ms. */
const LAST_INSTANT = 8.64e15;

const isInstant = (value: unknown): value is number =>
  typeof value === 'number' && Math.abs(value) <= LAST_INSTANT;
const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isCount = (value: unknown): boolean =>
  isObject(value) && typeof value['name'] === 'string' && Number.isSafeInteger(value['series']);

/** The manifest in a text. @throws RangeError that names the field of another type than the format gives it. */
export function parseManifest(text: string): Manifest {
  const value: unknown = JSON.parse(text);
  const wrong = (field: string): RangeError =>
    new RangeError(`the manifest's ${field} is not what the format asks`);
  if (!isObject(value)) throw new RangeError('the manifest is no object');
  const { formatVersion, createdAt, window, source, counts, redaction } = value;
  if (!Number.isSafeInteger(formatVersion) || (formatVersion as number) < 1) throw wrong('formatVersion');
  if (!isInstant(createdAt)) throw wrong('createdAt');
  if (!isObject(window) || !isInstant(window['from']) || !isInstant(window['to'])) throw wrong('window');
  if (window['from'] > window['to']) throw wrong('window');
  if (typeof source !== 'string') throw wrong('source');
  if (!isObject(counts) || !Object.values(counts).every((one) => Number.isSafeInteger(one)))
    throw wrong('counts');
  if (!Array.isArray(redaction) || !redaction.every((one) => typeof one === 'string'))
    throw wrong('redaction');
  const counted = value['counted'];
  if (counted !== undefined && !(Array.isArray(counted) && counted.every((one) => typeof one === 'string')))
    throw wrong('counted');
  const { untranslated = [] } = value;
  if (!Array.isArray(untranslated) || !untranslated.every(isCount)) throw wrong('untranslated');
  return value as unknown as Manifest;
}
