import {
  asDay,
  asSecond,
  asText,
  asTime,
  commonType,
  comparable,
  divided,
  epoch,
  epochNanoseconds,
  PRECISE,
} from './conversions.ts';
import { unitLength } from './times.ts';
import { elementType, isArray, isInteger, isMap, isTime, typed, type Typed } from './types.ts';

/** A function of ClickHouse in SQLite's words. `args` are as many as `least` to `most`. */
export interface ScalarFunction {
  readonly least: number;
  readonly most: number;
  /** @throws RangeError that says what is wrong with the arguments. */
  readonly translate: (args: readonly Typed[]) => Typed;
}

const SCALARS = new Map<string, ScalarFunction & { readonly name: string }>();

function define(
  names: string,
  args: number | readonly [number, number],
  translate: (...args: Typed[]) => Typed,
): void {
  const [least, most] = typeof args === 'number' ? [args, args] : args;
  for (const name of names.split(' '))
    SCALARS.set(name.toLowerCase(), { name, least, most, translate: (all) => translate(...all) });
}

/** Functions whose SQL is the name with its arguments. */
function plain(
  names: string,
  count: number | readonly [number, number],
  type: string,
  sqlite?: string,
): void {
  for (const name of names.split(' '))
    define(name, count, (...args) =>
      typed(type, `${sqlite ?? name}(${args.map(({ sql }) => sql).join(', ')})`),
    );
}

/** Case does not matter, as it does not for most of them in ClickHouse. */
export const scalarFunction = (name: string): ScalarFunction | undefined => SCALARS.get(name.toLowerCase());
export const scalarNames = (): readonly string[] => [...SCALARS.values()].map(({ name }) => name);

/** Instants are in UTC; a zone that is something else would be passed over in silence. */
function utc(zone: Typed | undefined): void {
  if (zone && !/^(UTC|Etc\/UTC|GMT)$/.test(zone.literal ?? ''))
    throw new RangeError("times are in UTC here: leave the time zone out, or write 'UTC'");
}

const wholeNumber = (of: Typed | undefined, what: string): number => {
  const value = Number(of?.literal ?? NaN);
  if (!Number.isInteger(value))
    throw new RangeError(`${what} must be a whole number that stands in the query`);
  return value;
};

const number = (type: string, sql: string): Typed => typed(type, sql);
const part =
  (from: number, length: number): ((of: Typed) => Typed) =>
  (of) =>
    number('UInt8', `CAST(substr(${asTime(of)}, ${from}, ${length}) AS INTEGER)`);

// times
define('toDateTime parseDateTimeBestEffort', [1, 2], (of, zone) => (
  utc(zone),
  typed('DateTime', asSecond(of))
));
define('toDateTime64 parseDateTime64BestEffort', [1, 3], (of, _precision, zone) => (
  utc(zone),
  typed(PRECISE, asTime(of))
));
define('toDate toDate32', [1, 2], (of, zone) => (utc(zone), typed('Date', asDay(of))));
define('toStartOfSecond', [1, 2], (of) => typed('DateTime', asSecond(of)));
define('toStartOfMinute', [1, 2], (of, zone) => (
  utc(zone),
  typed('DateTime', `(substr(${asTime(of)}, 1, 16) || ':00')`)
));
define('toStartOfHour', [1, 2], (of, zone) => (
  utc(zone),
  typed('DateTime', `(substr(${asTime(of)}, 1, 13) || ':00:00')`)
));
define('toStartOfDay', [1, 2], (of, zone) => (utc(zone), typed('DateTime', `(${asDay(of)} || ' 00:00:00')`)));
define('toMonday toStartOfWeek', 1, (of) => typed('Date', `date(${asDay(of)}, '-6 days', 'weekday 1')`));
define('toStartOfMonth', 1, (of) => typed('Date', `(substr(${asTime(of)}, 1, 7) || '-01')`));
for (const [name, minutes] of [
  ['toStartOfFiveMinutes toStartOfFiveMinute', 5],
  ['toStartOfTenMinutes', 10],
  ['toStartOfFifteenMinutes', 15],
] as const)
  define(name, [1, 2], (of, zone) => (utc(zone), typed('DateTime', everySeconds(of, minutes * 60))));

function everySeconds(of: Typed, seconds: number): string {
  const at = epoch(of);
  return `strftime('%Y-%m-%d %H:%M:%S', ${at} - ${at} % ${seconds}, 'unixepoch')`;
}

/** `toStartOfInterval(time, INTERVAL 5 MINUTE)`; the unit comes as the literal of a type of its own. */
define('toStartOfInterval', [2, 3], (of, interval, zone) => {
  utc(zone);
  const [, unit = ''] = /^Interval (.*)$/.exec(interval?.type ?? '') ?? [];
  const length = unitLength(unit);
  const amount = wholeNumber(interval, 'the interval');
  if (length === undefined || length < 1_000_000_000n || amount < 1)
    throw new RangeError('the interval must be of seconds, minutes, hours, days or weeks');
  return typed('DateTime', everySeconds(of, amount * Number(length / 1_000_000_000n)));
});
define('toUnixTimestamp', [1, 2], (of, zone) => (utc(zone), number('UInt32', epoch(of))));
define('toUnixTimestamp64Nano', 1, (of) => number('Int64', epochNanoseconds(of)));
define('toUnixTimestamp64Micro', 1, (of) => number('Int64', `(${epochNanoseconds(of)} / 1000)`));
define('toUnixTimestamp64Milli', 1, (of) => number('Int64', `(${epochNanoseconds(of)} / 1000000)`));
define('fromUnixTimestamp', 1, (of) => typed('DateTime', asSecond(typed('Int64', of.sql))));
for (const [name, perSecond] of [
  ['Milli', 1000],
  ['Micro', 1_000_000],
  ['Nano', 1_000_000_000],
] as const)
  define(
    `fromUnixTimestamp64${name}`,
    [1, 2],
    (of, zone) => (utc(zone), typed(PRECISE, `fromEpoch(${of.sql}, ${perSecond})`)),
  );
define('toYear', 1, (of) => number('UInt16', `CAST(substr(${asTime(of)}, 1, 4) AS INTEGER)`));
define('toMonth', 1, part(6, 2));
define('toDayOfMonth', 1, part(9, 2));
define('toHour', 1, part(12, 2));
define('toMinute', 1, part(15, 2));
define('toSecond', 1, part(18, 2));
define('toDayOfWeek', 1, (of) =>
  number('UInt8', `((CAST(strftime('%w', ${asDay(of)}) AS INTEGER) + 6) % 7 + 1)`),
);
define('dateDiff date_diff timeDiff', 3, (unit, from, to) => {
  const length = unitLength((unit.literal ?? '').toLowerCase().replace(/s$/, ''));
  if (length === undefined)
    throw new RangeError("the unit must be 'second', 'minute', 'hour', 'day' or smaller");
  if (length < 1_000_000_000n)
    return number('Int64', `(${epochNanoseconds(to)} / ${length} - ${epochNanoseconds(from)} / ${length})`);
  const seconds = length / 1_000_000_000n;
  return number('Int64', `(${epoch(to)} / ${seconds} - ${epoch(from)} / ${seconds})`);
});

// texts
plain('lower lcase', 1, 'String', 'lower');
plain('upper ucase', 1, 'String', 'upper');
plain('lowerUTF8 upperUTF8 reverse base64Encode base64Decode', 1, 'String');
define('length', 1, (of) =>
  isArray(of.type) || isMap(of.type)
    ? number('UInt64', `lengthOf(${of.sql})`)
    : number('UInt64', `octet_length(${asText(of)})`),
);
plain('lengthUTF8 char_length', 1, 'UInt64', 'length');
plain('substring substr mid', [2, 3], 'String', 'bytesOf');
plain('substringUTF8', [2, 3], 'String', 'substr');
define('left', 2, (of, count) => typed('String', `bytesOf(${of.sql}, 1, ${count.sql})`));
define('right', 2, (of, count) => typed('String', `bytesOf(${of.sql}, -(${count.sql}))`));
define('concat', [1, 100], (...args) => typed('String', `(${args.map(asText).join(' || ')})`));
plain('replaceAll replace', 3, 'String', 'replace');
plain('replaceOne replaceRegexpOne replaceRegexpAll', 3, 'String');
plain('match', 2, 'UInt8', 'matches');
plain('extract', 2, 'String');
plain('like', 2, 'UInt8', 'likeCase');
plain('ilike', 2, 'UInt8', 'likeAnyCase');
plain('position locate', 2, 'UInt64', 'positionOf');
define('positionCaseInsensitive', 2, (of, part) =>
  number('UInt64', `positionOf(lower(${of.sql}), lower(${part.sql}))`),
);
define('startsWith', 2, (of, start) =>
  number('UInt8', `(substr(${of.sql}, 1, length(${start.sql})) = ${start.sql})`),
);
define('endsWith', 2, (of, end) =>
  number('UInt8', `(${end.sql} = '' OR substr(${of.sql}, -length(${end.sql})) = ${end.sql})`),
);
define('hasToken', 2, (of, token) => number('UInt8', `hasToken(${of.sql}, ${token.sql})`));
plain('trim trimBoth', 1, 'String', 'trim');
plain('trimLeft ltrim', 1, 'String', 'ltrim');
plain('trimRight rtrim', 1, 'String', 'rtrim');
plain('splitByChar splitByString', 2, 'Array(String)', 'splitBy');
define('toString', [1, 2], (of) => typed('String', asText(of)));
define('empty', 1, (of) =>
  number('UInt8', isArray(of.type) || isMap(of.type) ? `(lengthOf(${of.sql}) = 0)` : `(${of.sql} = '')`),
);
define('notEmpty', 1, (of) =>
  number('UInt8', isArray(of.type) || isMap(of.type) ? `(lengthOf(${of.sql}) > 0)` : `(${of.sql} <> '')`),
);

// numbers
plain('sqrt exp log ln log2 log10 sin cos tan', 1, 'Float64');
define('log', 1, (of) => number('Float64', `ln(${of.sql})`));
plain('pow power', 2, 'Float64', 'pow');
plain('sign', 1, 'Int8');
define('abs', 1, (of) => number(of.type, `abs(${of.sql})`));
define('round', [1, 2], (of, digits) =>
  isInteger(of.type) ? of : number('Float64', `roundEven(${of.sql}, ${digits?.sql ?? '0'})`));
for (const name of ['floor', 'ceil'])
  define(name === 'ceil' ? 'ceil ceiling' : name, 1, (of) => number(of.type, `${name}(${of.sql})`));
define('intDiv', 2, (left, right) => number('Int64', `CAST(${divided(left, right).sql} AS INTEGER)`));
define('intDivOrZero', 2, (left, right) =>
  number('Int64', `coalesce(CAST(${divided(left, right).sql} AS INTEGER), 0)`),
);
define('divide', 2, divided);
define('modulo', 2, (left, right) => number('Int64', `(${left.sql} % ${right.sql})`));
define('isNaN', 1, (of) => number('UInt8', `(${of.sql} IS NULL)`));
define('isFinite', 1, (of) => number('UInt8', `(abs(${of.sql}) < 9e999)`));
for (const type of ['Int8', 'Int16', 'Int32', 'Int64', 'UInt8', 'UInt16', 'UInt32', 'UInt64'])
  define(`to${type}`, 1, (of) => number(type, isTime(of.type) ? epoch(of) : `toInteger(${of.sql})`));
for (const type of ['Int32', 'Int64', 'UInt8', 'UInt16', 'UInt32', 'UInt64'])
  define(`to${type}OrZero`, 1, (of) => number(type, `coalesce(toIntegerOrNull(${of.sql}), 0)`));
for (const type of ['Int32', 'Int64', 'UInt16', 'UInt32', 'UInt64'])
  define(`to${type}OrNull`, 1, (of) => number(type, `toIntegerOrNull(${of.sql})`));
define('toFloat64 toFloat32', 1, (of) => number('Float64', `toFloat(${of.sql})`));
define('toFloat64OrZero', 1, (of) => number('Float64', `coalesce(toFloatOrNull(${of.sql}), 0.0)`));
define('toFloat64OrNull', 1, (of) => number('Float64', `toFloatOrNull(${of.sql})`));

// choices
define('if', 3, (condition, yes, no) =>
  typed(commonType([yes, no]), `CASE WHEN ${condition.sql} THEN ${yes.sql} ELSE ${no.sql} END`),
);
define('multiIf', [3, 101], (...args) => {
  if (args.length % 2 === 0)
    throw new RangeError('multiIf needs pairs of condition and value, and a value for the rest');
  const branches = args
    .slice(0, -1)
    .flatMap(({ sql }, i) => (i % 2 === 0 ? [`WHEN ${sql} THEN ${args[i + 1]!.sql}`] : []));
  const values = args.filter((_, i) => i % 2 === 1 || i === args.length - 1);
  return typed(commonType(values), `CASE ${branches.join(' ')} ELSE ${args.at(-1)!.sql} END`);
});
for (const [name, most] of [
  ['coalesce', 100],
  ['ifNull', 2],
] as const)
  define(name, [2, most], (...args) =>
    typed(commonType(args), `coalesce(${args.map(({ sql }) => sql).join(', ')})`),
  );
define('nullIf', 2, (of, other) => typed(of.type, `nullif(${comparable(of, other).join(', ')})`));
define('isNull', 1, (of) => number('UInt8', `(${of.sql} IS NULL)`));
define('isNotNull', 1, (of) => number('UInt8', `(${of.sql} IS NOT NULL)`));
define('not', 1, (of) => number('UInt8', `(NOT ${of.sql})`));
define('least', [2, 100], (...args) =>
  typed(commonType(args), `min(${args.map(({ sql }) => sql).join(', ')})`));
define('greatest', [2, 100], (...args) =>
  typed(commonType(args), `max(${args.map(({ sql }) => sql).join(', ')})`));

// maps and lists, kept as JSON
define('mapContains mapContainsKey', 2, (map, key) => number('UInt8', `mapContains(${map.sql}, ${key.sql})`));
define('mapKeys', 1, (map) => typed('Array(String)', `mapKeys(${map.sql})`));
define('mapValues', 1, (map) => typed('Array(String)', `mapValues(${map.sql})`));
define('has', 2, (list, one) =>
  number('UInt8', `${isMap(list.type) ? 'mapContains' : 'has'}(${list.sql}, ${one.sql})`),
);
define('indexOf', 2, (list, one) => number('UInt64', `indexOf(${list.sql}, ${one.sql})`));
define('arrayElement', 2, (list, at) =>
  typed(elementType(list.type), `arrayElement(${list.sql}, ${at.sql})`),
);
define('arrayStringConcat', [1, 2], (list, by) =>
  typed('String', `arrayStringConcat(${list.sql}, ${by?.sql ?? "''"})`));
for (const name of ['arrayReverse', 'arraySort', 'arrayDistinct'])
  define(name, 1, (list) => typed(list.type, `${name}(${list.sql})`));
define('arraySlice', [2, 3], (list, from, length) =>
  typed(list.type, `arraySlice(${list.sql}, ${from.sql}, ${length?.sql ?? '1000000000'})`));
plain('JSONExtractString', [2, 10], 'String');
plain('JSONExtractRaw', [2, 10], 'String');
plain('JSONExtractInt', [2, 10], 'Int64');
plain('JSONExtractFloat', [2, 10], 'Float64');
plain('JSONHas', [2, 10], 'UInt8');
