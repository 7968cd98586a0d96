/** A piece of SQLite's SQL and the type ClickHouse gives its value. */
export interface Typed {
  readonly sql: string;
  readonly type: string;
  /** Of a text or a number that stands in the query. */
  readonly literal?: string;
}

/** A UInt64 that is kept as text, since SQLite's integers have a sign. */
export const HASH = 'UInt64 as text';

export const isTime = (type: string): boolean => type.startsWith('Date');
export const isInteger = (type: string): boolean => /^U?Int\d+$/.test(type);
export const isFloat = (type: string): boolean => type.startsWith('Float');
export const isNumber = (type: string): boolean => isInteger(type) || isFloat(type);
export const isText = (type: string): boolean => /String/.test(type) && !isMap(type) && !isArray(type);
export const isMap = (type: string): boolean => type.startsWith('Map(');
export const isArray = (type: string): boolean => type.startsWith('Array(');

/** Elements of `Array(T)`; String where that is not known. */
export const elementType = (type: string): string => /^Array\((.*)\)$/.exec(type)?.[1] ?? 'String';

/** How an answer names a type; ClickHouse leaves LowCardinality out of what it computes, so it does not matter. */
export const shownType = (type: string): string => (type === HASH ? 'UInt64' : type);

export const typed = (type: string, sql: string): Typed => ({ type, sql });

/** The smallest of ClickHouse's types for a number as it is written. */
export function numberType(text: string): string {
  if (!/^(-?\d+|0[xX][0-9a-fA-F]+)$/.test(text)) return 'Float64';
  const value = Number(text);
  const bits = [8, 16, 32].find((n) => (value < 0 ? value >= -(2 ** (n - 1)) : value < 2 ** n)) ?? 64;
  return `${value < 0 ? 'Int' : 'UInt'}${bits}`;
}

export const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** @throws RangeError when it holds a NUL, which ends a text for SQLite. */
export function quoteText(text: string): string {
  if (text.includes('\0')) throw new RangeError('a text with the character NUL cannot be compared here');
  return `'${text.replaceAll("'", "''")}'`;
}
