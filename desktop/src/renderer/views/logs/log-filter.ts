import type { TimeRange } from '@gumshoe/base/time';

/** What a link may carry as a filter of logs; evidence writes the same JSON. */
export interface LogQuery {
  readonly serviceName?: string;
  readonly severities?: readonly string[];
  readonly contains?: string;
}

export const LOG_LIMIT = 1000;
export const ERROR_SEVERITIES: readonly string[] = ['ERROR', 'FATAL'];

/** Reads a filter; what is not understood is left out. */
export function parseLogQuery(text: string | undefined): LogQuery {
  if (!text) return {};
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return {};
  }
  if (typeof value !== 'object' || value === null) return {};
  const { serviceName, severities, contains } = value as Record<string, unknown>;
  const words = Array.isArray(severities)
    ? severities.filter((word): word is string => typeof word === 'string')
    : [];
  return {
    ...(typeof serviceName === 'string' && serviceName !== '' ? { serviceName } : {}),
    ...(words.length > 0 ? { severities: words } : {}),
    ...(typeof contains === 'string' && contains !== '' ? { contains } : {}),
  };
}

export const toLogFilter = (query: LogQuery, range: TimeRange) => ({ ...query, range, limit: LOG_LIMIT });
