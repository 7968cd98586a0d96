import { nanosecondsOf, timeText } from './times.ts';
import { HASH, isFloat, isInteger, isNumber, isTime, quoteText, typed, type Typed } from './types.ts';

export const PRECISE = 'DateTime64(9)';

/** As an instant with 9 digits of a second, which is how all instants are kept. @throws RangeError for a text that is none. */
export function asTime(of: Typed): string {
  if (of.type === PRECISE) return of.sql;
  if (of.type === 'DateTime') return `(${of.sql} || '.000000000')`;
  if (/^Date(32)?$/.test(of.type)) return `(${of.sql} || ' 00:00:00.000000000')`;
  if (of.literal !== undefined && !isNumber(of.type)) return quoteText(timeText(nanosecondsOf(of.literal)));
  return `asTime(${of.sql})`;
}

/** `2026-01-31 23:59:59` */
export const asSecond = (of: Typed): string =>
  of.type === 'DateTime' ? of.sql : `substr(${asTime(of)}, 1, 19)`;
export const asDay = (of: Typed): string => (of.type === 'Date' ? of.sql : `substr(${asTime(of)}, 1, 10)`);
/** Whole seconds since the epoch. */
export const epoch = (of: Typed): string => `unixepoch(${asSecond(of)})`;
export const epochNanoseconds = (of: Typed): string =>
  `(${epoch(of)} * 1000000000 + CAST(substr(${asTime(of)}, 21) AS INTEGER))`;

export function asText(of: Typed): string {
  if (isFloat(of.type)) return `floatText(${of.sql})`;
  return isInteger(of.type) ? `CAST(${of.sql} AS TEXT)` : of.sql;
}

/** Both sides so that SQLite compares them as ClickHouse does. @throws RangeError where they cannot be compared. */
export function comparable(left: Typed, right: Typed): readonly [string, string] {
  if (isTime(left.type) || isTime(right.type)) return [asTime(left), asTime(right)];
  return [against(left, right), against(right, left)];
}

const DECIMAL = /^\s*-?\d+(\.\d+)?([eE][+-]?\d+)?\s*$/;

/** A text or number of the query takes the type of what it is compared with. */
function against(one: Typed, other: Typed): string {
  if (one.literal === undefined) return one.sql;
  if (other.type === HASH) return quoteText(one.literal);
  const text = !isNumber(one.type);
  if (text && isNumber(other.type)) {
    if (!DECIMAL.test(one.literal))
      throw new RangeError(`'${one.literal}' is no number, but it is compared with a ${other.type}`);
    return `(${one.literal.trim()})`;
  }
  if (!text && other.type === 'String')
    throw new RangeError(`a String is compared with the number ${one.literal}: put it in quotes`);
  return one.sql;
}

/** Of a sum, difference or product. */
export const commonNumber = (left: Typed, right: Typed): string => {
  if (isFloat(left.type) || isFloat(right.type)) return 'Float64';
  const signed = [left, right].some((one) => one.type.startsWith('Int'));
  return isInteger(left.type) && isInteger(right.type) ? (signed ? 'Int64' : 'UInt64') : 'Float64';
};

/** Of what one of several branches gives. */
export function commonType(all: readonly Typed[]): string {
  const known = all.filter(({ type }) => !type.includes('Nothing'));
  const [one = all[0]!] = known;
  if (known.every(({ type }) => type === one.type) || !known.every(({ type }) => isNumber(type)))
    return one.type;
  return known.reduce((left, right) => typed(commonNumber(left, right), '')).type;
}

/** ClickHouse always divides to a fraction, SQLite whole numbers to a whole one. */
export const divided = (left: Typed, right: Typed): Typed =>
  typed('Float64', `(${left.sql} / CAST(${right.sql} AS REAL))`);
