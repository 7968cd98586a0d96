import type { Series } from '@gumshoe/base/series';

/** Middle one of the known values of a series; NaN where there is none. */
export function medianOf({ values }: Series): number {
  const known = values.filter((value) => Number.isFinite(value)).sort();
  return known.length === 0 ? NaN : known[known.length >> 1]!;
}

/** Largest value of several series. */
export function largestOf(all: readonly Series[]): number {
  let most = 0;
  for (const { values } of all)
    for (const value of values) if (Number.isFinite(value) && value > most) most = value;
  return most;
}

const ends = (words: string, ...units: readonly string[]): boolean =>
  units.some((unit) => new RegExp(`_${unit}(_|$)`).test(words));

/** Factor that makes cores of it. Shares above what machines have cores are taken for percent. */
export function coresOf(words: string, all: readonly Series[]): number {
  if (ends(words, 'percent', 'percentage', 'pct')) return 0.01;
  if (ends(words, 'millicores', 'm')) return 0.001;
  if (ends(words, 'cores', 'core')) return 1;
  const most = largestOf(all);
  return most > 6400 ? 0.001 : most > 16 ? 0.01 : 1;
}

/** Factor that makes bytes of it; numbers too small for bytes are MiB, percent or shares of a GiB. */
export function bytesOf(words: string, all: readonly Series[]): number {
  if (ends(words, 'gb', 'gib')) return 2 ** 30;
  if (ends(words, 'mb', 'mib', 'mi')) return 2 ** 20;
  if (ends(words, 'kb', 'kib')) return 2 ** 10;
  if (ends(words, 'bytes')) return 1;
  const most = largestOf(all);
  if (most <= 1.5) return 2 ** 30;
  if (most <= 100) return 2 ** 30 / 100;
  return most < 200_000 ? 2 ** 20 : 1;
}

/** Factor that makes seconds of it: told by the unit in the name, else by what services usually need. */
export function secondsOf(words: string, all: readonly Series[]): number {
  if (ends(words, 'ms', 'milliseconds')) return 1e-3;
  if (ends(words, 'us', 'microseconds')) return 1e-6;
  if (ends(words, 's', 'seconds')) return 1;
  const medians = all
    .map(medianOf)
    .filter((value) => value > 0)
    .sort((a, b) => a - b);
  const usual = medians[medians.length >> 1] ?? 0;
  return usual < 1 ? 1 : usual < 5_000 ? 1e-3 : 1e-6;
}

/** Whether errors are a share of the requests, in percent or 0..1; undefined when they are errors each second. */
export function shareOf(words: string, all: readonly Series[]): number | undefined {
  if (ends(words, 'percent', 'percentage', 'pct')) return 0.01;
  if (!ends(words, 'ratio', 'share', 'rate')) return undefined;
  const most = largestOf(all);
  return most <= 1 ? 1 : most <= 100 && !ends(words, 'per_second') ? 0.01 : undefined;
}
