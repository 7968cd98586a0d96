import { milliseconds, type TimeRange } from '@gumshoe/base/time';
import type { LogFilter, LogRecord } from '@gumshoe/engine/ports';
import { EVENT_ATTRIBUTES, RESOURCE_ATTRIBUTES } from '@gumshoe/schema/attributes';
import { DATABASE } from '@gumshoe/schema/tables/define';
import { LOGS } from '@gumshoe/schema/tables/logs';
import type { SqlRequest } from '../transports.ts';
import { BETWEEN, instant } from './spans.ts';

const COLUMNS = `toUnixTimestamp64Milli(Timestamp), SeverityText, ServiceName,
      ResourceAttributes['${RESOURCE_ATTRIBUTES.containerId}'], Body, TraceId, SpanId, LogAttributes`;

export function logsRequest(filter: LogFilter): SqlRequest {
  const where = [BETWEEN];
  const params: Record<string, string | number | readonly string[]> = {
    from: instant(filter.range.from),
    to: instant(filter.range.to),
    limit: filter.limit,
  };
  if (filter.serviceName !== undefined) {
    where.push('ServiceName = {service:String}');
    params['service'] = filter.serviceName;
  }
  if (filter.severities && filter.severities.length > 0) {
    where.push('SeverityText IN {severities:Array(String)}');
    params['severities'] = filter.severities;
  }
  if (filter.contains) {
    where.push('positionCaseInsensitive(Body, {contains:String}) > 0');
    params['contains'] = filter.contains;
  }
  const query = `SELECT ${COLUMNS}
    FROM ${DATABASE}.${LOGS.name} WHERE ${where.join(' AND ')} ORDER BY Timestamp DESC, Body LIMIT {limit:UInt32}`;
  return { query, params, maxRows: filter.limit, timeoutMs: 30_000 };
}

/** Kubernetes' and other events, which are kept among the log records; newest first. */
export const eventsRequest = (range: TimeRange, limit: number): SqlRequest => ({
  query: `SELECT ${COLUMNS} FROM ${DATABASE}.${LOGS.name}
    WHERE ${BETWEEN} AND (${EVENT_ATTRIBUTES.map((name) => `mapContains(LogAttributes, '${name}')`).join(' OR ')})
    ORDER BY Timestamp DESC, Body LIMIT {limit:UInt32}`,
  params: { from: instant(range.from), to: instant(range.to), limit },
  maxRows: limit,
  timeoutMs: 30_000,
});

export function logOf(row: readonly unknown[]): LogRecord {
  const [timestamp, severity, serviceName, containerId, body, traceId, spanId, attributes] = row;
  return {
    timestamp: milliseconds(Number(timestamp)),
    severity: String(severity),
    serviceName: String(serviceName),
    containerId: String(containerId),
    body: String(body),
    traceId: String(traceId),
    spanId: String(spanId),
    attributes: attributes as LogRecord['attributes'],
  };
}
