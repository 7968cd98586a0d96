import type { RemoteWriteSample } from '@gumshoe/schema/remote-write/encode';
import { METRICS } from '@gumshoe/schema/metrics/catalogue';
import type { LogRow } from '@gumshoe/schema/tables/logs';
import type { TraceRow } from '@gumshoe/schema/tables/traces';
import { wellFormedJson } from '../../pipeline/well-formed-json.ts';

type Attributes = Readonly<Record<string, string>>;

const KINDS: Readonly<Record<TraceRow['SpanKind'], number>> = {
  Internal: 1,
  Server: 2,
  Client: 3,
  Producer: 4,
  Consumer: 5,
};
const STATUSES: Readonly<Record<TraceRow['StatusCode'], number>> = { Unset: 0, Ok: 1, Error: 2 };

/** AggregationTemporality and DataPointFlags (opentelemetry-proto, metrics.proto). */
const CUMULATIVE = 2;
const NO_RECORDED_VALUE = 1;
const COUNTERS = new Set(METRICS.filter(({ type }) => type === 'counter').map(({ name }) => name));

const keyValues = (attributes: Attributes): object[] =>
  Object.entries(attributes).map(([key, value]) => ({ key, value: { stringValue: value } }));

/** `seconds.nnnnnnnnn` as ns. */
export function nanosOf(timestamp: string): string {
  const [seconds = '0', fraction = ''] = timestamp.split('.');
  return String(BigInt(seconds) * 1_000_000_000n + BigInt(fraction.padEnd(9, '0').slice(0, 9)));
}

/** Items of one resource next to each other: resources are shared objects, so identity tells most of them. */
function byResource<T>(
  items: readonly T[],
  resourceOf: (item: T) => Attributes,
): ReadonlyMap<Attributes, T[]> {
  const groups = new Map<Attributes, T[]>();
  for (const item of items) {
    const resource = resourceOf(item);
    const group = groups.get(resource);
    if (group) group.push(item);
    else groups.set(resource, [item]);
  }
  return groups;
}

/** ExportTraceServiceRequest in OTLP/JSON. */
export function traceRequest(rows: readonly TraceRow[]): string {
  const resourceSpans = [...byResource(rows, (row) => row.ResourceAttributes)].map(([resource, group]) => ({
    resource: { attributes: keyValues(resource) },
    scopeSpans: [...byScope(group)].map(([scope, spans]) => ({ scope, spans: spans.map(spanOf) })),
  }));
  return wellFormedJson({ resourceSpans });
}

function byScope(rows: readonly TraceRow[]): ReadonlyMap<object, TraceRow[]> {
  const scopes = new Map<string, { readonly scope: object; readonly rows: TraceRow[] }>();
  for (const row of rows) {
    const key = `${row.ScopeName} ${row.ScopeVersion ?? ''}`;
    const known = scopes.get(key);
    if (known) known.rows.push(row);
    else scopes.set(key, { scope: { name: row.ScopeName, version: row.ScopeVersion ?? '' }, rows: [row] });
  }
  return new Map([...scopes.values()].map(({ scope, rows: members }) => [scope, members]));
}

function spanOf(row: TraceRow): object {
  const start = nanosOf(row.Timestamp);
  return {
    traceId: row.TraceId,
    spanId: row.SpanId,
    ...(row.ParentSpanId ? { parentSpanId: row.ParentSpanId } : {}),
    ...(row.TraceState ? { traceState: row.TraceState } : {}),
    name: row.SpanName,
    kind: KINDS[row.SpanKind],
    startTimeUnixNano: start,
    endTimeUnixNano: String(BigInt(start) + BigInt(row.Duration)),
    attributes: keyValues(row.SpanAttributes),
    status: { code: STATUSES[row.StatusCode], message: row.StatusMessage },
    events: (row['Events.Name'] ?? []).map((name, i) => ({
      timeUnixNano: nanosOf(row['Events.Timestamp']?.[i] ?? row.Timestamp),
      name,
      attributes: keyValues(row['Events.Attributes']?.[i] ?? {}),
    })),
    links: (row['Links.TraceId'] ?? []).map((traceId, i) => ({
      traceId,
      spanId: row['Links.SpanId']?.[i] ?? '',
      traceState: row['Links.TraceState']?.[i] ?? '',
      attributes: keyValues(row['Links.Attributes']?.[i] ?? {}),
    })),
  };
}

/** ExportLogsServiceRequest in OTLP/JSON. */
export function logRequest(rows: readonly LogRow[]): string {
  const resourceLogs = [...byResource(rows, (row) => row.ResourceAttributes)].map(([resource, group]) => ({
    resource: { attributes: keyValues(resource) },
    scopeLogs: [
      {
        scope: { name: 'gumshoe.collector.logs' },
        logRecords: group.map((row) => ({
          timeUnixNano: nanosOf(row.Timestamp),
          severityNumber: row.SeverityNumber,
          severityText: row.SeverityText,
          body: { stringValue: row.Body },
          attributes: keyValues(row.LogAttributes),
          flags: row.TraceFlags,
          ...(row.TraceId ? { traceId: row.TraceId } : {}),
          ...(row.SpanId ? { spanId: row.SpanId } : {}),
        })),
      },
    ],
  }));
  return wellFormedJson({ resourceLogs });
}

/**
 * ExportMetricsServiceRequest in OTLP/JSON. A sample goes under the name it has in Prometheus and without a unit, which
 * would add a suffix at the other end. Counters of the catalogue are monotonic cumulative sums, whose start is not
 * known; all others gauges. NaN says that a series ended: a point without a value, flagged so. Infinities have no place
 * in JSON numbers and are left out.
 */
export function metricRequest(samples: readonly RemoteWriteSample[]): string {
  const metrics = new Map<string, object[]>();
  for (const { labels, value, timestamp } of samples) {
    const { __name__: name = '', ...rest } = labels;
    if (Math.abs(value) === Infinity) continue;
    const points = metrics.get(name) ?? [];
    metrics.set(name, points);
    points.push({
      timeUnixNano: `${Math.round(timestamp)}000000`,
      ...(Number.isNaN(value) ? { flags: NO_RECORDED_VALUE } : { asDouble: value }),
      attributes: keyValues(rest),
    });
  }
  const list = [...metrics].map(([name, dataPoints]) => ({ name, ...dataOf(name, dataPoints) }));
  return wellFormedJson({
    resourceMetrics: [
      { resource: {}, scopeMetrics: [{ scope: { name: 'gumshoe.collector' }, metrics: list }] },
    ],
  });
}

const dataOf = (name: string, dataPoints: readonly object[]): object =>
  COUNTERS.has(name)
    ? { sum: { dataPoints, aggregationTemporality: CUMULATIVE, isMonotonic: true } }
    : { gauge: { dataPoints } };
