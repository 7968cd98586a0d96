import type { Milliseconds } from '@gumshoe/base/time';
import { formatValue } from '@gumshoe/base/units';
import { currentPreferences } from '../state/preferences.ts';

const pad = (value: number, width = 2): string => String(value).padStart(width, '0');

interface Fields {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly ms: number;
}

function fieldsOf(at: number): Fields {
  const utc = currentPreferences().timeZone === 'utc';
  const date = new Date(at - (utc ? 0 : new Date(at).getTimezoneOffset() * 60_000));
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
    ms: date.getUTCMilliseconds(),
  };
}

/** `14:03:07` */
export function clockText(at: number): string {
  const { hour, minute, second } = fieldsOf(at);
  return `${pad(hour)}:${pad(minute)}:${pad(second)}`;
}

/** `14:03:07.250` */
export const preciseClockText = (at: number): string => `${clockText(at)}.${pad(fieldsOf(at).ms, 3)}`;

/** `2026-11-21 14:03:07` */
export function dateText(at: number): string {
  const { year, month, day } = fieldsOf(at);
  return `${year}-${pad(month)}-${pad(day)} ${clockText(at)}`;
}

/** `2026-11-21T14:03:07`, as an input of type datetime-local has it. */
export const inputText = (at: number): string => dateText(at).replace(' ', 'T');

/** Instant of an input's text, in the preferred time zone; NaN when it is none. */
export function instantOf(text: string): number {
  return Date.parse(currentPreferences().timeZone === 'utc' ? `${text}Z` : text);
}

/** `3 min` between two instants. */
export const spanText = (from: number, to: number): string =>
  formatValue(Math.max(0, Math.round((to - from) / 1000)), 'seconds');

/** `3 min ago`, seen from the end of the window. */
export const agoText = (at: Milliseconds, now: Milliseconds): string =>
  now - at < 2_000 ? 'just now' : `${spanText(at, now)} ago`;

/** `UTC` or `UTC+02:00`, as the clocks on screen go at an instant. */
export function zoneText(at: number): string {
  const minutes = currentPreferences().timeZone === 'utc' ? 0 : -new Date(at).getTimezoneOffset();
  if (minutes === 0) return 'UTC';
  const size = Math.abs(minutes);
  return `UTC${minutes < 0 ? '-' : '+'}${pad(Math.floor(size / 60))}:${pad(size % 60)}`;
}

/** `11-21 14:03`, for axes of days. */
export const shortDateText = (at: number): string => dateText(at).slice(5, 16);

const DAY_MS = 86_400_000;

/** `30 d` of a length in ms; shorter than two days as `spanText` says it. */
export const lengthText = (ms: number): string =>
  ms >= 2 * DAY_MS ? `${formatValue(ms / DAY_MS, 'none')} d` : formatValue(ms, 'milliseconds');
