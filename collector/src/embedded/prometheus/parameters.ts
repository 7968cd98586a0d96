import { milliseconds } from '@gumshoe/base/time';
import type { Milliseconds, TimeGrid } from '@gumshoe/base/time';
import type { Matcher } from '@gumshoe/promql/matchers';
import { parsePromql } from '@gumshoe/promql/parse';
import { ApiError } from './api-error.ts';

const MAX_POINTS = 11_000;

/** Prometheus's time: seconds with fraction, or RFC 3339. ms. */
export function parseTime(text: string, name: string): Milliseconds {
  const seconds = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(text) ? Number(text) * 1000 : NaN;
  const time = Number.isNaN(seconds) && /^\d{4}-\d\d-\d\dT/.test(text) ? Date.parse(text) : seconds;
  if (!Number.isFinite(time)) {
    throw new ApiError(
      'bad_data',
      `invalid parameter "${name}": cannot parse "${text}" to a valid timestamp`,
    );
  }
  return milliseconds(Math.round(time));
}

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1e3,
  m: 6e4,
  h: 36e5,
  d: 864e5,
  w: 6048e5,
  y: 31536e6,
};

/** Seconds, or a duration like 1m30s. ms. */
export function parseStep(text: string, name: string): number {
  if (/^(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(text)) return Number(text) * 1000;
  if (text !== '' && /^(?:\d+(?:ms|[ywdhms]))+$/.test(text)) {
    let total = 0;
    for (const [, count, unit] of text.matchAll(/(\d+)(ms|[ywdhms])/g))
      total += Number(count) * UNITS[unit!]!;
    return total;
  }
  throw new ApiError('bad_data', `invalid parameter "${name}": cannot parse "${text}" to a valid duration`);
}

export function required(parameters: URLSearchParams, name: string): string {
  const value = parameters.get(name);
  if (value === null || value === '') throw new ApiError('bad_data', `invalid parameter "${name}": missing`);
  return value;
}

/** start, end and step of a range query. */
export function gridOf(parameters: URLSearchParams): TimeGrid {
  const start = parseTime(required(parameters, 'start'), 'start');
  const end = parseTime(required(parameters, 'end'), 'end');
  if (end < start)
    throw new ApiError('bad_data', 'invalid parameter "end": end timestamp must not be before start time');
  const step = parseStep(required(parameters, 'step'), 'step');
  if (!(step > 0)) {
    throw new ApiError(
      'bad_data',
      'invalid parameter "step": zero or negative query resolution step widths are not accepted. Try a positive integer',
    );
  }
  const points = Math.floor((end - start) / step) + 1;
  if (points > MAX_POINTS) {
    throw new ApiError(
      'bad_data',
      'exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)',
    );
  }
  return { from: start, step, points };
}

/** start and end of a metadata query; everything when they are missing. */
export function intervalOf(parameters: URLSearchParams): { readonly from: number; readonly to: number } {
  const start = parameters.get('start');
  const end = parameters.get('end');
  return {
    from: start === null || start === '' ? -Infinity : parseTime(start, 'start'),
    to: end === null || end === '' ? Infinity : parseTime(end, 'end'),
  };
}

/** Selectors of match[]; each must be a plain instant selector. */
export function selectorsOf(parameters: URLSearchParams): readonly (readonly Matcher[])[] {
  return parameters.getAll('match[]').map((text) => {
    const expr = parsePromql(text);
    if (expr.type !== 'selector' || expr.range !== undefined) {
      throw new ApiError('bad_data', `invalid parameter "match[]": ${text} is not a series selector`);
    }
    return expr.matchers;
  });
}
