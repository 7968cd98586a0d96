// Instants as text, as ClickHouse prints them in UTC: `2026-01-31 23:59:59.000000000`. Texts of one length compare as the
// instants do.

const [SECOND, MINUTE, HOUR, DAY] = [
  1_000_000_000n,
  60_000_000_000n,
  3_600_000_000_000n,
  86_400_000_000_000n,
];
const MILLI = 1_000_000n;

const LENGTHS: Readonly<Record<string, bigint>> = {
  ...{ nanosecond: 1n, microsecond: 1000n, millisecond: MILLI, second: SECOND, minute: MINUTE },
  ...{ hour: HOUR, day: DAY, week: 7n * DAY },
};
const MONTHS: Readonly<Record<string, number>> = { month: 1, quarter: 3, year: 12 };

/** ns of a unit that is always equally long. */
export const unitLength = (unit: string): bigint | undefined => LENGTHS[unit];

const TIME =
  /^(\d{4})-(\d\d)-(\d\d)(?:[ T](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9})\d*)?)?)?\s*(Z|UTC|[+-]\d\d:?\d\d)?$/;

/** ns since the epoch of a text, or of seconds. @throws RangeError for what is no time. */
export function nanosecondsOf(value: unknown): bigint {
  if (typeof value === 'bigint') return value * SECOND;
  if (typeof value === 'number' && Number.isFinite(value)) return BigInt(Math.round(value * 1e9));
  const found = typeof value === 'string' ? TIME.exec(value.trim()) : null;
  if (found) {
    const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', zone] = found;
    const ms = Date.UTC(+year!, +month! - 1, +day!, +hour, +minute, +second);
    if (+month! <= 12 && +day! <= 31 && +hour < 24 && +minute < 60 && +second <= 60)
      return BigInt(ms) * MILLI + BigInt(fraction.padEnd(9, '0')) - offsetOf(zone);
  }
  throw new RangeError(`${JSON.stringify(value)} is no time; write '2026-01-31 23:59:59'`);
}

function offsetOf(zone: string | undefined): bigint {
  if (zone === undefined || zone === 'Z' || zone === 'UTC') return 0n;
  const [hours, minutes] = [Number(zone.slice(1, 3)), Number(zone.slice(-2))];
  return BigInt((zone[0] === '-' ? -1 : 1) * (hours * 60 + minutes)) * MINUTE;
}

/** The instant with 9 digits of a second. */
export function timeText(ns: bigint): string {
  const fraction = ((ns % SECOND) + SECOND) % SECOND;
  return `${secondText(Number((ns - fraction) / MILLI))}.${String(fraction).padStart(9, '0')}`;
}

let lastSecond = NaN;
let lastText = '';

/** `2026-01-31 23:59:59` of ms that are whole seconds; rows of one second come together. */
function secondText(ms: number): string {
  if (ms !== lastSecond) {
    lastText = new Date(ms).toISOString().slice(0, 19).replace('T', ' ');
    lastSecond = ms;
  }
  return lastText;
}

/** The same of ms since the epoch, which are exact to the microsecond. */
export function timeTextOfMs(ms: number): string {
  const micros = Math.round(ms * 1000);
  const second = Math.floor(micros / 1e6);
  return `${secondText(second * 1000)}.${String(micros - second * 1e6).padStart(6, '0')}000`;
}

/** A time as text, moved by an amount of a unit. */
export function shifted(time: string, amount: number, unit: string): string {
  const ns = nanosecondsOf(time);
  const length = LENGTHS[unit];
  if (length !== undefined) return timeText(ns + BigInt(Math.trunc(amount)) * length);
  const date = new Date(Number(ns / MILLI));
  const day = date.getUTCDate();
  date.setUTCDate(1);
  date.setUTCMonth(date.getUTCMonth() + Math.trunc(amount) * (MONTHS[unit] ?? 0));
  // the last of January and a month is the last of February
  const last = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
  date.setUTCDate(Math.min(day, last));
  return timeText(BigInt(date.getTime()) * MILLI + (((ns % MILLI) + MILLI) % MILLI));
}
