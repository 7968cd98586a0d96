import type { Span } from '@gumshoe/engine/ports';
import { containerIdOf } from './otlp-json.ts';
import { resourceService } from './resource-service.ts';
import type { ImportSink } from './sink.ts';

type Json = Readonly<Record<string, unknown>>;

const list = (value: unknown): readonly Json[] => (Array.isArray(value) ? (value as Json[]) : []);
const text = (value: unknown): string => (value === undefined || value === null ? '' : String(value));

const tagsOf = (value: unknown): Record<string, string> =>
  Object.fromEntries(list(value).map((tag) => [text(tag['key']), text(tag['value'])]));

const KINDS: Readonly<Record<string, Span['kind']>> = {
  server: 'Server',
  client: 'Client',
  producer: 'Producer',
  consumer: 'Consumer',
};

/** The answer of Jaeger's `/api/traces`: `{ data: [{ spans, processes }] }`, times in µs. */
export function importJaeger(document: Json, sink: ImportSink): void {
  for (const trace of list(document['data'])) {
    const processes = (trace['processes'] ?? {}) as Readonly<Record<string, Json>>;
    for (const span of list(trace['spans'])) {
      const process = processes[text(span['processID'])] ?? (span['process'] as Json | undefined) ?? {};
      // OpenTelemetry's exporters put the attributes of the resource there
      const resource = { ...tagsOf(process['tags']), 'service.name': text(process['serviceName']) };
      const tags = tagsOf(span['tags']);
      const start = Number(span['startTime']) / 1000;
      if (!(start > 0) || !span['spanID']) {
        sink.leaveOut('a span without an id or a start');
        continue;
      }
      const references = list(span['references']);
      const parent = references.find((one) => one['refType'] === 'CHILD_OF') ?? references[0];
      const failed = tags['error'] === 'true' || tags['otel.status_code'] === 'ERROR';
      sink.span({
        traceId: text(span['traceID']),
        spanId: text(span['spanID']),
        parentSpanId: text(parent?.['spanID'] ?? span['parentSpanID']),
        name: text(span['operationName']),
        kind: KINDS[tags['span.kind'] ?? ''] ?? 'Internal',
        serviceName: resourceService(resource) || 'unknown_service',
        containerId: containerIdOf(resource),
        start,
        duration: Math.max(0, Number(span['duration']) / 1000 || 0),
        status: failed ? 'Error' : 'Unset',
        statusMessage: tags['otel.status_description'] ?? '',
        attributes: tags,
      });
    }
  }
}
