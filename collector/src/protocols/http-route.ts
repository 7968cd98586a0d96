const SEGMENT_LIMIT = 8;
const LENGTH_LIMIT = 120;
const VARIABLE = '{id}';

/** Numbers, UUIDs, long hex, and long mixes of letters and digits (keys, tokens, hashes) name one thing. */
function isVariable(segment: string): boolean {
  if (segment.length >= 24) return true;
  if (!/\d/.test(segment)) return false;
  if (/^\d+$/.test(segment) || /^[0-9a-f-]{8,}$/i.test(segment)) return true;
  return segment.length >= 12 && /[a-z]/i.test(segment);
}

/**
 * A path as a route: segments that look like identifiers become `{id}`, depth and length are bounded, so
 * that span names stay few. `/orders/42/items` gives `/orders/{id}/items`.
 */
export function routeOf(path: string): string {
  const segments = path.split('/', SEGMENT_LIMIT + 2);
  const deep = segments.length > SEGMENT_LIMIT + 1;
  const kept = segments
    .slice(0, SEGMENT_LIMIT + 1)
    .map((segment) => (isVariable(segment) ? VARIABLE : segment));
  const route = deep ? `${kept.join('/')}/…` : kept.join('/');
  return route.length > LENGTH_LIMIT ? `${route.slice(0, LENGTH_LIMIT - 1)}…` : route;
}
