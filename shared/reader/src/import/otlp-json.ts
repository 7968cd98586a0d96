import type { Labels } from '@gumshoe/base/series';
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
import { isEventRecord } from '@gumshoe/schema/attributes';
import { structuredBody } from './log-body.ts';
import { resourceService } from './resource-service.ts';
import type { ImportSink } from './sink.ts';

type Json = Readonly<Record<string, unknown>>;

/** Ids come in hexadecimal (OTLP/JSON), from some writers in base64 as plain proto-JSON has them. */
function idText(value: unknown, bytes: number): string {
  const id = text(value);
  if (id.length === bytes * 2 || !/^[A-Za-z0-9+/]+={0,2}$/.test(id)) return id.toLowerCase();
  const decoded = Buffer.from(id, 'base64');
  return decoded.length === bytes ? decoded.toString('hex') : id;
}

/** The id of the container in our own form, from Kubernetes attributes where there is none. */
export function containerIdOf(resource: Labels): string {
  const pod = resource['k8s.pod.name'];
  if (pod)
    return `/k8s/${resource['k8s.namespace.name'] ?? 'default'}/${pod}/${resource['k8s.container.name'] ?? resource['service.name'] ?? 'main'}`;
  return resource['container.id'] ?? '';
}

/** One ExportTraceServiceRequest. */
export function importTraces(request: Json, sink: ImportSink): void {
  for (const group of list(request['resourceSpans'])) {
    const resource = attributesOf(record(group['resource'])['attributes']);
    const scopes = [...list(group['scopeSpans']), ...list(group['instrumentationLibrarySpans'])];
    for (const scope of scopes)
      for (const one of list(scope['spans'])) {
        const start = nanosToMs(one['startTimeUnixNano']);
        const end = nanosToMs(one['endTimeUnixNano']);
        const [traceId, spanId] = [idText(one['traceId'], 16), idText(one['spanId'], 8)];
        if (!(start > 0) || traceId === '' || spanId === '') {
          sink.leaveOut('a span without ids or a start');
          continue;
        }
        const parentSpanId = idText(one['parentSpanId'], 8);
        sink.span({
          traceId,
          spanId,
          parentSpanId: /^0+$/.test(parentSpanId) ? '' : parentSpanId,
          name: text(one['name']),
          kind: kindOf(one['kind']),
          serviceName: resourceService(resource),
          containerId: containerIdOf(resource),
          start,
          duration: Math.max(0, (end > 0 ? end : start) - start),
          status: statusOf(one['status']),
          statusMessage: text(record(one['status'])['message']),
          attributes: attributesOf(one['attributes']),
        });
      }
  }
}

/** Records of the events API, and of the Collector's receivers of Kubernetes events. */
const isEvent = (attributes: Labels, one: Json): boolean =>
  text(one['eventName']) !== '' || isEventRecord(attributes);

/** One ExportLogsServiceRequest. */
export function importLogs(request: Json, sink: ImportSink): void {
  for (const group of list(request['resourceLogs'])) {
    const resource = attributesOf(record(group['resource'])['attributes']);
    const scopes = [...list(group['scopeLogs']), ...list(group['instrumentationLibraryLogs'])];
    for (const scope of scopes)
      for (const one of list(scope['logRecords'])) {
        const at = nanosToMs(one['timeUnixNano']) || nanosToMs(one['observedTimeUnixNano']);
        if (!(at > 0)) {
          sink.leaveOut('a log record without a time');
          continue;
        }
        const own = attributesOf(one['attributes']);
        const body = anyText(one['body']);
        const inside = structuredBody(body);
        const attributes = inside ? { ...inside.attributes, ...own } : own;
        const add = isEvent(own, one) ? sink.event : sink.log;
        add({
          timestamp: milliseconds(at),
          severity:
            severityText(one['severityNumber'], text(one['severityText'])) ||
            severityText(undefined, inside?.severity ?? ''),
          serviceName: resourceService(resource, attributes),
          containerId: containerIdOf(resource),
          body: inside?.body ?? body,
          traceId: idText(one['traceId'], 16),
          spanId: idText(one['spanId'], 8),
          attributes,
        });
      }
  }
}
