import type Database from 'better-sqlite3';
import { AGGREGATES } from './sqlite-aggregates.ts';
import { nanosecondsOf, shifted, timeText } from './times.ts';

// What SQLite lacks of ClickHouse's functions. A wrong argument throws, which ends the query with the message.

type Value = string | number | bigint | null;

/** Adds all of them to a database. */
export function addFunctions(database: Database.Database): void {
  for (const [name, run] of Object.entries(FUNCTIONS))
    database.function(name, { deterministic: true, varargs: true }, FLOATS.has(name) ? run : wholeIf(run));
  database.function(
    'fromEpoch',
    { deterministic: true, safeIntegers: true },
    (at: unknown, perSecond: unknown) =>
      at === null ? null : timeText((BigInt(at as bigint) * 1_000_000_000n) / (perSecond as bigint)),
  );
  for (const [name, one] of Object.entries(AGGREGATES)) database.aggregate(name, one as never);
}

/** A number becomes a float to SQLite, whatever its value. */
const FLOATS: ReadonlySet<string> = new Set(['toFloat', 'toFloatOrNull', 'roundEven', 'JSONExtractFloat']);
const wholeIf =
  (run: (...args: unknown[]) => Value) =>
  (...args: unknown[]): Value => {
    const value = run(...args);
    return Number.isSafeInteger(value) ? BigInt(value as number) : value;
  };

const text = (value: unknown): string => (value === null ? '' : String(value));

function listOf(value: unknown): unknown[] {
  const list: unknown = JSON.parse(text(value) || '[]');
  return Array.isArray(list) ? (list as unknown[]) : [];
}

function mapOf(value: unknown): Readonly<Record<string, unknown>> {
  const map: unknown = JSON.parse(text(value) || '{}');
  return typeof map === 'object' && map !== null ? (map as Record<string, unknown>) : {};
}

const json = (value: unknown): string => JSON.stringify(value);
const plainValue = (value: unknown): Value =>
  typeof value === 'string' || typeof value === 'number' ? value : value === undefined ? '' : json(value);
/** Of lists, whose numbers are numbers and whose texts are texts. */
const same = (a: unknown, b: unknown): boolean => a === b || String(a) === String(b);

const patterns = new Map<string, RegExp>();

/** ClickHouse's re2 and this differ in little: no look-around there, no (?i) in the middle here. */
function pattern(source: string, flags: string): RegExp {
  const key = `${flags} ${source}`;
  let known = patterns.get(key);
  if (!known) {
    const insensitive = source.startsWith('(?i)');
    known = new RegExp(insensitive ? source.slice(4) : source, insensitive ? `${flags}i` : flags);
    if (patterns.size > 1000) patterns.clear();
    patterns.set(key, known);
  }
  known.lastIndex = 0;
  return known;
}

function like(value: unknown, wanted: unknown, flags: string): Value {
  if (value === null || wanted === null) return null;
  const source = text(wanted).replace(/\\(.)|[%_]|[.*+?^${}()|[\]\\/]/gs, (found, escaped?: string) => {
    if (escaped !== undefined) return escaped.replace(/[.*+?^${}()|[\]\\/]/, '\\$&');
    return found === '%' ? '.*' : found === '_' ? '.' : `\\${found}`;
  });
  return Number(pattern(`^${source}$`, `s${flags}`).test(text(value)));
}

function whole(value: unknown): bigint | undefined {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? BigInt(Math.trunc(value)) : undefined;
  return /^[+-]?\d{1,19}$/.test(text(value).trim()) ? BigInt(text(value).trim()) : undefined;
}

/** What SQLite can hold: 64 bits with a sign. */
const integer = (value: unknown): bigint | null => {
  const found = value === null ? undefined : whole(value);
  return found === undefined || BigInt.asIntN(64, found) !== found ? null : found;
};

function float(value: unknown): number | null {
  if (value === null || text(value).trim() === '') return null;
  const found = Number(value);
  return Number.isNaN(found) ? null : found;
}

function needed<T>(found: T | null, value: unknown, what: string): T | null {
  if (found === null && value !== null)
    throw new RangeError(`${json(value)} is no ${what}; …OrZero and …OrNull take it`);
  return found;
}

function extracted(document: unknown, path: readonly unknown[]): unknown {
  let at: unknown;
  try {
    at = JSON.parse(text(document));
  } catch {
    return undefined;
  }
  for (const key of path) {
    if (Array.isArray(at)) at = at[Number(key) - 1];
    else if (typeof at === 'object' && at !== null && Object.hasOwn(at, text(key)))
      at = at[text(key) as never];
    else return undefined;
  }
  return at;
}

/** A half goes to the even neighbour, as in ClickHouse. */
function roundEven(value: number, scale: number): number {
  const scaled = value * scale;
  const low = Math.floor(scaled);
  const up = scaled - low > 0.5 || (scaled - low === 0.5 && low % 2 !== 0);
  return (up ? low + 1 : low) / scale;
}

const nth = (list: readonly unknown[], at: unknown): unknown => {
  const index = Number(at);
  return index < 0 ? list.at(index) : list[index - 1];
};

const escapedWord = (value: string): string => value.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');

/** Bytes of a text, from the first (1) or from behind (-1). */
function bytesOf(value: unknown, from: unknown, count: unknown = Infinity): Value {
  if (value === null || from === null || count === null) return null;
  const bytes = Buffer.from(text(value));
  const first = Number(from);
  const start = first < 0 ? Math.max(0, bytes.length + first) : first - 1;
  return start < 0 ? '' : bytes.subarray(start, start + Number(count)).toString('utf8');
}

function positionOf(value: unknown, part: unknown): Value {
  if (value === null || part === null) return null;
  const at = text(value).indexOf(text(part));
  return at < 0 ? 0 : Buffer.byteLength(text(value).slice(0, at)) + 1;
}

const FUNCTIONS: Readonly<Record<string, (...args: unknown[]) => Value>> = {
  asTime: (of) => (of === null ? null : timeText(nanosecondsOf(of))),
  shifted: (time, amount, unit) =>
    time === null || amount === null ? null : shifted(text(time), Number(amount), text(unit)),
  likeCase: (value, wanted) => like(value, wanted, ''),
  likeAnyCase: (value, wanted) => like(value, wanted, 'i'),
  bytesOf,
  positionOf,
  matches: (value, wanted) => (value === null ? null : Number(pattern(text(wanted), 's').test(text(value)))),
  extract: (value, wanted) => {
    const found = pattern(text(wanted), 's').exec(text(value));
    return found ? (found[1] ?? found[0]) : '';
  },
  replaceOne: (value, part, by) => text(value).replace(text(part), () => text(by)),
  replaceRegexpOne: (value, part, by) => text(value).replace(pattern(text(part), 's'), substitution(by)),
  replaceRegexpAll: (value, part, by) => text(value).replace(pattern(text(part), 'gs'), substitution(by)),
  hasToken: (value, token) =>
    Number(pattern(`(^|[^A-Za-z0-9])${escapedWord(text(token))}($|[^A-Za-z0-9])`, '').test(text(value))),
  lowerUTF8: (value) => (value === null ? null : text(value).toLowerCase()),
  upperUTF8: (value) => (value === null ? null : text(value).toUpperCase()),
  reverse: (value) => [...text(value)].reverse().join(''),
  base64Encode: (value) => Buffer.from(text(value)).toString('base64'),
  base64Decode: (value) => Buffer.from(text(value), 'base64').toString('utf8'),
  roundEven: (value, digits) => (value === null ? null : roundEven(Number(value), 10 ** Number(digits))),
  floatText: (value) => (value === null ? null : text(value)),
  splitBy: (by, value) => json(text(value) === '' ? [] : text(value).split(text(by))),
  toInteger: (value) => needed(integer(value), value, 'whole number'),
  toIntegerOrNull: (value) => integer(value),
  toFloat: (value) => needed(float(value), value, 'number'),
  toFloatOrNull: (value) => float(value),
  lengthOf: (value) => Object.keys(mapOf(value)).length,
  mapValue: (map, key) => {
    const all = mapOf(map);
    return Object.hasOwn(all, text(key)) ? plainValue(all[text(key)]) : '';
  },
  mapContains: (map, key) => Number(Object.hasOwn(mapOf(map), text(key))),
  mapKeys: (map) => json(Object.keys(mapOf(map))),
  mapValues: (map) => json(Object.values(mapOf(map))),
  has: (list, one) => Number(listOf(list).some((each) => same(each, one))),
  indexOf: (list, one) => listOf(list).findIndex((each) => same(each, one)) + 1,
  arrayElement: (list, at) => plainValue(nth(listOf(list), at)),
  arrayStringConcat: (list, by) => listOf(list).join(text(by)),
  arrayReverse: (list) => json(listOf(list).reverse()),
  arraySort: (list) =>
    json(listOf(list).sort((a, b) => (a === b ? 0 : (a as never) < (b as never) ? -1 : 1))),
  arrayDistinct: (list) => json([...new Set(listOf(list))]),
  arraySlice: (list, from, length) => {
    const all = listOf(list);
    const start = Number(from) < 0 ? Math.max(0, all.length + Number(from)) : Number(from) - 1;
    return json(all.slice(start, start + Number(length)));
  },
  JSONExtractString: (of, ...path) => {
    const found = extracted(of, path);
    return typeof found === 'string' ? found : '';
  },
  JSONExtractRaw: (of, ...path) => {
    const found = extracted(of, path);
    return found === undefined ? '' : json(found);
  },
  JSONExtractInt: (of, ...path) => Math.trunc(float(extracted(of, path) ?? null) ?? 0),
  JSONExtractFloat: (of, ...path) => float(extracted(of, path) ?? null) ?? 0,
  JSONHas: (of, ...path) => Number(extracted(of, path) !== undefined),
};

/** `\1` is a group, as in re2. */
const substitution =
  (by: unknown) =>
  (...found: unknown[]): string =>
    text(by).replace(/\\(\d)|\\(\\)/g, (_, group?: string) =>
      group === undefined ? '\\' : text(found[Number(group)] ?? null),
    );
