import type { LogRow } from '@gumshoe/schema/tables/logs';
import type { TraceRow } from '@gumshoe/schema/tables/traces';
import {
  anyText,
  attributesOf,
  kindOf,
  listOf,
  recordOf,
  severityText,
  statusOf,
  textOf,
} from '@gumshoe/schema/otlp/values';

type Json = Readonly<Record<string, unknown>>;

/** Rows of one request, and what of it was refused. */
export interface Rows<T> {
  readonly rows: readonly T[];
  readonly rejected: number;
  /** Why, for the first one; '' when nothing was. */
  readonly reason: string;
}

const UNKNOWN_SERVICE = 'unknown_service';
const NANOS = /^\d{1,20}$/;
/** The last time that a DateTime64(9) holds, in the year 2262. */
export const LATEST_NANOS = 2n ** 63n - 1n;

/** Decimal `seconds.nnnnnnnnn` of a time in ns; undefined when it is none, zero, or beyond what is stored. */
export function timestampOf(value: unknown): string | undefined {
  const text = typeof value === 'number' ? String(Math.round(value)) : textOf(value);
  if (!NANOS.test(text) || /^0+$/.test(text) || BigInt(text) > LATEST_NANOS) return undefined;
  const padded = text.padStart(10, '0');
  return `${padded.slice(0, -9)}.${padded.slice(-9)}`;
}

/** Hexadecimal id of so many bytes; from writers of plain proto-JSON in base64. undefined when it is none. */
function idOf(value: unknown, bytes: number): string | undefined {
  const text = textOf(value);
  const hex = text.length === bytes * 2 ? text.toLowerCase() : Buffer.from(text, 'base64').toString('hex');
  return hex.length === bytes * 2 && /^[0-9a-f]+$/.test(hex) && !/^0+$/.test(hex) ? hex : undefined;
}

const serviceOf = (resource: Readonly<Record<string, string>>): string =>
  resource['service.name'] || UNKNOWN_SERVICE;

function* scopesOf(request: Json, groups: string, scopes: string) {
  for (const group of listOf(request[groups])) {
    const resource = attributesOf(recordOf(group['resource'])['attributes']);
    for (const scope of listOf(group[scopes])) yield { resource, scope, about: recordOf(scope['scope']) };
  }
}

/** ExportTraceServiceRequest as rows of otel_traces. */
export function traceRows(request: Json): Rows<TraceRow> {
  const rows: TraceRow[] = [];
  let [rejected, reason] = [0, ''];
  for (const { resource, scope, about } of scopesOf(request, 'resourceSpans', 'scopeSpans'))
    for (const span of listOf(scope['spans'])) {
      const row = traceRow(span, resource, about);
      if (typeof row !== 'string') rows.push(row);
      else {
        rejected++;
        reason ||= row;
      }
    }
  return { rows, rejected, reason };
}

function traceRow(span: Json, resource: Readonly<Record<string, string>>, scope: Json): TraceRow | string {
  const traceId = idOf(span['traceId'], 16);
  const spanId = idOf(span['spanId'], 8);
  const start = timestampOf(span['startTimeUnixNano']);
  if (!traceId || !spanId) return 'a span without a valid traceId and spanId';
  if (!start) return 'a span without a startTimeUnixNano that can be stored';
  const events = listOf(span['events']);
  const links = listOf(span['links']);
  const status = recordOf(span['status']);
  return {
    Timestamp: start,
    TraceId: traceId,
    SpanId: spanId,
    ParentSpanId: idOf(span['parentSpanId'], 8) ?? '',
    TraceState: textOf(span['traceState']),
    SpanName: textOf(span['name']),
    SpanKind: kindOf(span['kind']),
    ServiceName: serviceOf(resource),
    ResourceAttributes: resource,
    ScopeName: textOf(scope['name']),
    ScopeVersion: textOf(scope['version']),
    SpanAttributes: attributesOf(span['attributes']),
    Duration: durationOf(span),
    StatusCode: statusOf(status),
    StatusMessage: textOf(status['message']),
    'Events.Timestamp': events.map((event) => timestampOf(event['timeUnixNano']) ?? start),
    'Events.Name': events.map((event) => textOf(event['name'])),
    'Events.Attributes': events.map((event) => attributesOf(event['attributes'])),
    'Links.TraceId': links.map((link) => idOf(link['traceId'], 16) ?? ''),
    'Links.SpanId': links.map((link) => idOf(link['spanId'], 8) ?? ''),
    'Links.TraceState': links.map((link) => textOf(link['traceState'])),
    'Links.Attributes': links.map((link) => attributesOf(link['attributes'])),
  };
}

function durationOf(span: Json): string {
  const [start, end] = [span['startTimeUnixNano'], span['endTimeUnixNano']].map((value) => {
    const text = String(value ?? '');
    return NANOS.test(text) ? BigInt(text) : 0n;
  });
  return end! > start! ? String(end! - start!) : '0';
}

/** ExportLogsServiceRequest as rows of otel_logs. `now` stands in for records without any time (logs data model). */
export function logRows(request: Json, now: string): Rows<LogRow> {
  const rows: LogRow[] = [];
  for (const { resource, scope, about } of scopesOf(request, 'resourceLogs', 'scopeLogs'))
    for (const record of listOf(scope['logRecords'])) {
      const scopeName = textOf(about['name']);
      const number = Number(record['severityNumber']);
      rows.push({
        Timestamp: timestampOf(record['timeUnixNano']) ?? timestampOf(record['observedTimeUnixNano']) ?? now,
        TraceId: idOf(record['traceId'], 16) ?? '',
        SpanId: idOf(record['spanId'], 8) ?? '',
        TraceFlags: Number(record['flags'] ?? 0) & 0xff,
        SeverityText: severityText(record['severityNumber'], textOf(record['severityText'])),
        SeverityNumber: Number.isInteger(number) && number >= 0 && number <= 24 ? number : 0,
        ServiceName: serviceOf(resource),
        Body: anyText(record['body']),
        ResourceAttributes: resource,
        LogAttributes: {
          ...attributesOf(record['attributes']),
          ...(scopeName ? { 'otel.scope.name': scopeName } : {}),
        },
      });
    }
  return { rows, rejected: 0, reason: '' };
}
