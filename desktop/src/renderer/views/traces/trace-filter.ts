import type { TimeRange } from '@gumshoe/base/time';
import type { SpanFilter } from '../../../contract/engine.ts';

/** What a link may carry as a filter of traces; evidence writes the same JSON. */
export interface TraceQuery {
  readonly traceId?: string;
  readonly serviceName?: string;
  readonly spanName?: string;
  readonly errorsOnly?: boolean;
  readonly rootsOnly?: boolean;
  /** ms */
  readonly minDuration?: number;
  readonly order?: SpanFilter['order'];
}

/** Whether it leaves traces out, rather than only ordering them. */
export const isNarrowed = ({ order: _order, ...rest }: TraceQuery): boolean => Object.keys(rest).length > 0;

/** Fields to change; undefined takes one away. */
export type TraceQueryChange = { readonly [K in keyof TraceQuery]: TraceQuery[K] | undefined };

/** The engine reads every listed trace as a whole. */
export const TRACE_LIMIT = 50;
/** What took long is what one looks for; the newest are mostly healthy. */
export const DEFAULT_ORDER: SpanFilter['order'] = 'slowest';

/** Reads a filter; what is not understood is left out, so that an old link still opens. */
export function parseTraceQuery(text: string | undefined): TraceQuery {
  if (!text) return {};
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return {};
  }
  if (typeof value !== 'object' || value === null) return {};
  const fields = value as Record<string, unknown>;
  const query: { -readonly [K in keyof TraceQuery]: TraceQuery[K] } = {};
  for (const name of ['traceId', 'serviceName', 'spanName'] as const)
    if (typeof fields[name] === 'string' && fields[name] !== '') query[name] = fields[name];
  if (fields['errorsOnly'] === true) query.errorsOnly = true;
  if (fields['rootsOnly'] === true) query.rootsOnly = true;
  if (typeof fields['minDuration'] === 'number' && fields['minDuration'] > 0)
    query.minDuration = fields['minDuration'];
  if (fields['order'] === 'newest' || fields['order'] === 'slowest') query.order = fields['order'];
  return query;
}

/** Without a service only roots are listed: one row per trace. */
export function toSpanFilter(query: TraceQuery, range: TimeRange): SpanFilter {
  const { serviceName, spanName, errorsOnly, minDuration, order } = query;
  const rootsOnly = query.rootsOnly ?? (serviceName === undefined && spanName === undefined);
  return {
    range,
    order: order ?? DEFAULT_ORDER,
    limit: TRACE_LIMIT,
    ...(serviceName ? { serviceName } : {}),
    ...(spanName ? { spanName } : {}),
    ...(rootsOnly && !errorsOnly ? { rootsOnly } : {}),
    ...(errorsOnly ? { errorsOnly } : {}),
    ...(minDuration ? { minDuration } : {}),
  };
}
