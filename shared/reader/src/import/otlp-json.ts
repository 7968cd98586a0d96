import type { Labels } from '@gumshoe/base/series';
import type { LogRecord, Span } from '@gumshoe/engine/ports';
import { milliseconds } from '@gumshoe/base/time';
import {
  anyText,
  attributesOf,
  kindOf,
  listOf as list,
  nanosToMs,
  recordOf as record,
  severityText,
  statusOf,
  textOf as text,
} from '@gumshoe/schema/otlp/values';
import type { SeriesCollector } from './series-collector.ts';

type Json = Readonly<Record<string, unknown>>;

/** Where imported records go. */
export interface ImportSink {
  readonly span: (span: Span) => void;
  readonly log: (record: LogRecord) => void;
  readonly series: SeriesCollector;
}

/** Ids come in hexadecimal (OTLP/JSON), from some writers in base64 as plain proto-JSON has them. */
function idText(value: unknown, bytes: number): string {
  const id = text(value);
  if (id.length === bytes * 2 || !/^[A-Za-z0-9+/]+={0,2}$/.test(id)) return id.toLowerCase();
  const decoded = Buffer.from(id, 'base64');
  return decoded.length === bytes ? decoded.toString('hex') : id;
}

/** The id of the container in our own form, from Kubernetes attributes where there is none. */
function containerIdOf(resource: Labels): string {
  const pod = resource['k8s.pod.name'];
  if (pod)
    return `/k8s/${resource['k8s.namespace.name'] ?? 'default'}/${pod}/${resource['k8s.container.name'] ?? resource['service.name'] ?? 'main'}`;
  return resource['container.id'] ?? '';
}

const serviceOf = (resource: Labels): string => resource['service.name'] || 'unknown_service';

/** One ExportTraceServiceRequest. Returns how many spans were unreadable. */
export function importTraces(request: Json, sink: ImportSink): number {
  let bad = 0;
  for (const group of list(request['resourceSpans'])) {
    const resource = attributesOf(record(group['resource'])['attributes']);
    const scopes = [...list(group['scopeSpans']), ...list(group['instrumentationLibrarySpans'])];
    for (const scope of scopes)
      for (const one of list(scope['spans'])) {
        const start = nanosToMs(one['startTimeUnixNano']);
        const end = nanosToMs(one['endTimeUnixNano']);
        const [traceId, spanId] = [idText(one['traceId'], 16), idText(one['spanId'], 8)];
        if (!(start > 0) || traceId === '' || spanId === '') {
          bad++;
          continue;
        }
        const parentSpanId = idText(one['parentSpanId'], 8);
        sink.span({
          traceId,
          spanId,
          parentSpanId: /^0+$/.test(parentSpanId) ? '' : parentSpanId,
          name: text(one['name']),
          kind: kindOf(one['kind']),
          serviceName: serviceOf(resource),
          containerId: containerIdOf(resource),
          start,
          duration: Math.max(0, (end > 0 ? end : start) - start),
          status: statusOf(one['status']),
          statusMessage: text(record(one['status'])['message']),
          attributes: attributesOf(one['attributes']),
        });
      }
  }
  return bad;
}

/** One ExportLogsServiceRequest. */
export function importLogs(request: Json, sink: ImportSink): number {
  let bad = 0;
  for (const group of list(request['resourceLogs'])) {
    const resource = attributesOf(record(group['resource'])['attributes']);
    const scopes = [...list(group['scopeLogs']), ...list(group['instrumentationLibraryLogs'])];
    for (const scope of scopes)
      for (const one of list(scope['logRecords'])) {
        const at = nanosToMs(one['timeUnixNano']) || nanosToMs(one['observedTimeUnixNano']);
        if (!(at > 0)) {
          bad++;
          continue;
        }
        sink.log({
          timestamp: milliseconds(at),
          severity: severityText(one['severityNumber'], text(one['severityText'])),
          serviceName: serviceOf(resource),
          containerId: containerIdOf(resource),
          body: anyText(one['body']),
          traceId: idText(one['traceId'], 16),
          spanId: idText(one['spanId'], 8),
          attributes: attributesOf(one['attributes']),
        });
      }
  }
  return bad;
}

const nameText = (name: string): string => name.replace(/[^a-zA-Z0-9_:]/g, '_').replace(/^(\d)/, '_$1');

/** Labels of a series: attributes of the point, and of the resource what tells whose it is. */
function seriesLabels(name: string, resource: Labels, attributes: Labels): Labels {
  const out: Record<string, string> = { __name__: nameText(name) };
  const container = containerIdOf(resource);
  if (resource['service.name']) out['service_name'] = resource['service.name'];
  if (container) out['container_id'] = container;
  const machine = resource['host.id'] ?? resource['k8s.node.name'] ?? resource['host.name'];
  if (machine) out['machine_id'] = machine;
  for (const [key, value] of Object.entries(attributes)) out[nameText(key)] = value;
  return out;
}

const DELTA = new Set<unknown>([1, 'AGGREGATION_TEMPORALITY_DELTA']);

/** One ExportMetricsServiceRequest. Delta sums and histograms are left out and counted: a file has no state. */
export function importMetrics(request: Json, sink: ImportSink): number {
  let bad = 0;
  for (const group of list(request['resourceMetrics'])) {
    const resource = attributesOf(record(group['resource'])['attributes']);
    const scopes = [...list(group['scopeMetrics']), ...list(group['instrumentationLibraryMetrics'])];
    for (const scope of scopes)
      for (const metric of list(scope['metrics'])) bad += importMetric(metric, resource, sink);
  }
  return bad;
}

function importMetric(metric: Json, resource: Labels, sink: ImportSink): number {
  const name = text(metric['name']);
  let bad = 0;
  for (const kind of ['gauge', 'sum', 'histogram', 'summary', 'exponentialHistogram'] as const) {
    if (metric[kind] === undefined) continue;
    const data = record(metric[kind]);
    const points = list(data['dataPoints']);
    if (DELTA.has(data['aggregationTemporality']) || kind === 'exponentialHistogram') {
      bad += points.length;
      continue;
    }
    for (const point of points) {
      const at = nanosToMs(point['timeUnixNano']);
      if (!(at > 0)) bad++;
      else importPoint(name, kind, point, resource, at, sink);
    }
  }
  return bad;
}

function importPoint(
  name: string,
  kind: string,
  point: Json,
  resource: Labels,
  at: number,
  { series }: ImportSink,
): void {
  const labels = seriesLabels(name, resource, attributesOf(point['attributes']));
  const add = (suffix: string, value: unknown, more: Labels = {}): void => {
    if (value !== undefined)
      series.add({ ...labels, ...more, __name__: `${labels['__name__']}${suffix}` }, at, Number(value));
  };
  if (kind === 'gauge' || kind === 'sum') return add('', point['asDouble'] ?? point['asInt']);
  add('_sum', point['sum']);
  add('_count', point['count']);
  if (kind !== 'histogram') return;
  const counts = Array.isArray(point['bucketCounts']) ? point['bucketCounts'] : [];
  const bounds = Array.isArray(point['explicitBounds']) ? point['explicitBounds'] : [];
  let cumulative = 0;
  counts.forEach((count, i) => {
    cumulative += Number(count);
    add('_bucket', cumulative, { le: i < bounds.length ? String(bounds[i]) : '+Inf' });
  });
}
