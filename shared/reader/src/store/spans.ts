import type { Span, SpanFilter } from '@gumshoe/engine/ports';
import { RESOURCE_ATTRIBUTES } from '@gumshoe/schema/attributes';
import { DATABASE } from '@gumshoe/schema/tables/define';
import { TRACES } from '@gumshoe/schema/tables/traces';
import { TRACE_TIMES } from '@gumshoe/schema/tables/trace-times';
import type { SqlRequest } from '../transports.ts';

const TABLE = `${DATABASE}.${TRACES.name}`;
const COLUMNS = `TraceId, SpanId, ParentSpanId, SpanName, SpanKind, ServiceName,
  ResourceAttributes['${RESOURCE_ATTRIBUTES.containerId}'] AS ContainerId, toUnixTimestamp64Nano(Timestamp) AS Start,
  Duration, StatusCode, StatusMessage, SpanAttributes`;
const TIMEOUT = 30_000;
const MAX_TRACE_SPANS = 20_000;

/** Instants as ClickHouse parameters: whole ns, since a Float64 of seconds would blur the window's ends. */
export const instant = (ms: number): string => `${BigInt(Math.round(ms * 1000)) * 1000n}`;

export const BETWEEN =
  'Timestamp > fromUnixTimestamp64Nano({from:Int64}) AND Timestamp <= fromUnixTimestamp64Nano({to:Int64})';

export function spansRequest(filter: SpanFilter): SqlRequest {
  const where = [BETWEEN];
  const params: Record<string, string | number> = {
    from: instant(filter.range.from),
    to: instant(filter.range.to),
    limit: filter.limit,
  };
  const equal = (column: string, name: string, value: string | undefined): void => {
    if (value === undefined) return;
    where.push(`${column} = {${name}:String}`);
    params[name] = value;
  };
  equal('ServiceName', 'service', filter.serviceName);
  equal('SpanName', 'span', filter.spanName);
  equal('SpanKind', 'kind', filter.kind);
  if (filter.rootsOnly) where.push("ParentSpanId = ''");
  if (filter.errorsOnly) where.push("StatusCode = 'Error'");
  if (filter.minDuration !== undefined) {
    where.push('Duration >= {minDuration:Int64}');
    params['minDuration'] = Math.round(filter.minDuration * 1e6);
  }
  const order = filter.order === 'slowest' ? 'Duration DESC, Timestamp DESC' : 'Timestamp DESC';
  const query = `SELECT ${COLUMNS} FROM ${TABLE} WHERE ${where.join(' AND ')} ORDER BY ${order}, SpanId LIMIT {limit:UInt32}`;
  return { query, params, maxRows: filter.limit, timeoutMs: TIMEOUT };
}

/** First looks up when the trace was, so that only its partitions are read. */
export function traceRequest(traceIds: readonly string[]): SqlRequest {
  const times = `${DATABASE}.${TRACE_TIMES.name}`;
  const bound = (fn: string, column: string): string =>
    `(SELECT ${fn}(${column}) FROM ${times} WHERE TraceId IN {ids:Array(String)})`;
  const query = `SELECT ${COLUMNS} FROM ${TABLE} WHERE TraceId IN {ids:Array(String)}
    AND Timestamp >= ${bound('min', 'Start')} AND Timestamp <= ${bound('max', 'End')}
    ORDER BY Timestamp, SpanId LIMIT ${MAX_TRACE_SPANS}`;
  return { query, params: { ids: traceIds }, maxRows: MAX_TRACE_SPANS, timeoutMs: TIMEOUT };
}

/** Traces that hold one of these spans, or a child of one: the other nodes' parts of a trace. */
export function joinedTracesRequest(
  spanIds: readonly string[],
  parentIds: readonly string[],
  from: number,
  to: number,
): SqlRequest {
  const query = `SELECT DISTINCT TraceId FROM ${TABLE} WHERE ${BETWEEN}
    AND (SpanId IN {parents:Array(String)} OR ParentSpanId IN {spans:Array(String)}) LIMIT 100`;
  return {
    query,
    params: { from: instant(from), to: instant(to), parents: parentIds, spans: spanIds },
    maxRows: 100,
    timeoutMs: TIMEOUT,
  };
}

export function spanOf(row: readonly unknown[]): Span {
  const [
    traceId,
    spanId,
    parentSpanId,
    name,
    kind,
    serviceName,
    containerId,
    start,
    duration,
    status,
    statusMessage,
    attributes,
  ] = row;
  return {
    traceId: String(traceId),
    spanId: String(spanId),
    parentSpanId: String(parentSpanId),
    name: String(name),
    kind: String(kind) as Span['kind'],
    serviceName: String(serviceName),
    containerId: String(containerId),
    start: Number(BigInt(String(start)) / 1000n) / 1000,
    duration: Number(duration) / 1e6,
    status: String(status) as Span['status'],
    statusMessage: String(statusMessage),
    attributes: attributes as Span['attributes'],
  };
}
