import type { TimeRange } from '@gumshoe/base/time';

const stamp = (at: number): string => new Date(at).toISOString().replace('T', ' ').slice(0, 19);

/** `window 2026-01-01 10:00:00 – 11:00:00 (60 min, UTC)`; the second date only where it differs. */
export function windowText({ from, to }: TimeRange): string {
  const [start, end] = [stamp(from), stamp(to)];
  const until = end.slice(0, 10) === start.slice(0, 10) ? end.slice(11) : end;
  return `window ${start} – ${until} (${Math.round((to - from) / 60_000)} min, UTC)`;
}

/** `10:00:00Z` */
export const clockText = (at: number): string => `${new Date(at).toISOString().slice(11, 19)}Z`;
