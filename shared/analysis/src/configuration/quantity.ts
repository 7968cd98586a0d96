import { err, ok, type Result } from '@gumshoe/base/result';
import { DAY, HOUR, MINUTE, SECOND } from '@gumshoe/base/time';
import type { Unit } from '@gumshoe/base/units';
import type { Complaint } from './mistake.ts';

/** What a number with a unit measures. `number` has none. */
export type Dimension = 'number' | 'share' | 'time' | 'bytes' | 'bytes/second' | 'per-second' | 'cores';

export interface Quantity {
  /** share 0..1, time in seconds, all else as it is */
  readonly value: number;
  readonly dimension: Dimension;
}

const KIBI = 1024;

/** Suffixes and what they multiply with. */
const SUFFIXES: ReadonlyMap<string, readonly [dimension: Dimension, factor: number]> = new Map([
  ['', ['number', 1]],
  ['%', ['share', 0.01]],
  ['us', ['time', 1e-6]],
  ['ms', ['time', 1e-3]],
  ['s', ['time', 1]],
  ['m', ['time', MINUTE / SECOND]],
  ['h', ['time', HOUR / SECOND]],
  ['d', ['time', DAY / SECOND]],
  ['w', ['time', (7 * DAY) / SECOND]],
  ['B', ['bytes', 1]],
  ['KiB', ['bytes', KIBI]],
  ['MiB', ['bytes', KIBI ** 2]],
  ['GiB', ['bytes', KIBI ** 3]],
  ['TiB', ['bytes', KIBI ** 4]],
  ['kB', ['bytes', 1e3]],
  ['MB', ['bytes', 1e6]],
  ['GB', ['bytes', 1e9]],
  ['TB', ['bytes', 1e12]],
  ['/s', ['per-second', 1]],
  ['/m', ['per-second', 1 / 60]],
  ['/h', ['per-second', 1 / 3600]],
]);

/** As text, for a mistake. */
export const EXAMPLES: Readonly<Record<Dimension, readonly string[]>> = {
  number: ['a number such as 3'],
  share: ['a percentage such as 99.9 or 99.9%'],
  time: ['a duration such as 250ms, 5s, 10m, 2h or 30d'],
  bytes: ['a size such as 512MiB or 2GiB'],
  'bytes/second': ['a size per second in bytes such as 1000000'],
  'per-second': ['a rate such as 5/s'],
  cores: ['a number of cores such as 1.5'],
};

const NUMBER = /^([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?)\s*(\/?[A-Za-zµ]*|%)$/i;
const COMPOUND = /^(?:\d+(?:\.\d+)?(?:us|ms|s|m|h|d|w))+$/;

/** `99.9%`, `250ms`, `1h30m`, `2GiB`, `5/s`, `0.02`. */
export function parseQuantity(text: string): Quantity | undefined {
  const trimmed = text.trim();
  const match = NUMBER.exec(trimmed);
  const suffix = match ? SUFFIXES.get(match[2]!) : undefined;
  if (match && suffix) return { value: Number(match[1]) * suffix[1], dimension: suffix[0] };
  if (!COMPOUND.test(trimmed)) return undefined;
  const parts = trimmed.match(/\d+(?:\.\d+)?[a-z]+/g)!.map((part) => parseQuantity(part)!.value);
  return { value: parts.reduce((sum, one) => sum + one, 0), dimension: 'time' };
}

const complain = (message: string, dimension: Dimension, suggestion?: string): Result<never, Complaint> =>
  err({ message, allowed: EXAMPLES[dimension], ...(suggestion === undefined ? {} : { suggestion }) });

/** A duration above zero, ms. A bare number has no unit, and is refused. */
export function readDuration(text: string, least = 0): Result<number, Complaint> {
  const quantity = parseQuantity(text);
  if (quantity?.dimension === 'number') {
    if (quantity.value === 0 && least === 0) return ok(0);
    return complain('a duration needs a unit', 'time', `${text.trim()}s`);
  }
  if (quantity?.dimension !== 'time' || quantity.value * SECOND < least)
    return complain('this is no duration', 'time');
  return ok(quantity.value * SECOND);
}

/** Significant digits of a percentage: 99.9 % is 0.999, whatever the division made of it. */
const DIGITS = 12;

/** A percentage as a share 0..1: `99.9` and `99.9%` are the same. */
export function readPercentage(text: string): Result<number, Complaint> {
  const quantity = parseQuantity(text);
  if (quantity?.dimension !== 'number' && quantity?.dimension !== 'share')
    return complain('this is no percentage', 'share');
  const value = quantity.dimension === 'share' ? quantity.value : quantity.value / 100;
  const share = Number(value.toPrecision(DIGITS));
  return share >= 0 && share <= 1 ? ok(share) : complain('a percentage lies between 0 and 100', 'share');
}

const DIMENSIONS: Readonly<Partial<Record<Unit, Dimension>>> = {
  seconds: 'time',
  milliseconds: 'time',
  bytes: 'bytes',
  'bytes/second': 'bytes/second',
  cores: 'cores',
  percent: 'share',
  ratio: 'share',
  'per-second': 'per-second',
  'requests/second': 'per-second',
};

/** A value in a unit of figures: with its suffix, or bare in the unit itself. */
export function readInUnit(text: string, unit: Unit): Result<number, Complaint> {
  const dimension = DIMENSIONS[unit] ?? 'number';
  const quantity = parseQuantity(text);
  if (quantity === undefined) return complain('this is no number', dimension);
  if (quantity.value < 0) return complain('a threshold is not negative', dimension);
  if (quantity.dimension === 'number') return ok(quantity.value);
  if (quantity.dimension !== dimension)
    return complain(`a value in ${unit} is needed, not a ${quantity.dimension}`, dimension);
  if (unit === 'percent') return ok(quantity.value * 100);
  return ok(unit === 'milliseconds' ? quantity.value * SECOND : quantity.value);
}
