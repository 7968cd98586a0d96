import type { Unit } from '@gumshoe/base/units';

/** Unit of a query's result, guessed from its metric's name; `none` when in doubt. */
export function unitOfQuery(query: string): Unit {
  const rated = /\b(rate|irate)\s*\(/.test(query);
  if (/\bhistogram_quantile\s*\(/.test(query) || (/_seconds(_sum)?\b/.test(query) && !rated))
    return 'seconds';
  if (query.includes('/')) return 'none';
  if (/_bytes(_total)?\b/.test(query)) return rated ? 'bytes/second' : 'bytes';
  if (/cpu\w*_seconds_total\b/.test(query) && rated) return 'cores';
  if (rated && /_total\b/.test(query) && !/_seconds_total\b/.test(query)) return 'per-second';
  return 'none';
}
