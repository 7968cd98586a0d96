import { milliseconds } from '@gumshoe/base/time';
import { severityText } from '@gumshoe/schema/otlp/values';
import type { ImportSink } from './otlp-json.ts';

type Json = Readonly<Record<string, unknown>>;

const TIMES = ['timestamp', 'time', 'ts', '@timestamp', 'lastTimestamp', 'eventTime'] as const;
const SERVICES = ['service', 'service.name', 'service_name', 'serviceName', 'app', 'source'] as const;
const BODIES = ['message', 'msg', 'body', 'note', 'reason'] as const;
const LEVELS = ['level', 'severity', 'severityText', 'type'] as const;

const first = (json: Json, names: readonly string[]): unknown =>
  names.map((name) => json[name]).find((value) => value !== undefined && value !== null && value !== '');

/** RFC 3339, or a number of seconds, ms or ns since the epoch, told by its size; NaN when it is none. */
export function instantOf(value: unknown): number {
  const number =
    typeof value === 'number' ? value : /^\d+(\.\d+)?$/.test(String(value)) ? Number(value) : NaN;
  if (Number.isNaN(number)) return typeof value === 'string' ? Date.parse(value) : NaN;
  if (number < 1e11) return number * 1000;
  return number < 1e14 ? number : number < 1e17 ? number / 1e3 : number / 1e6;
}

/** An event or a log line as a flat JSON object: kept as a log record, all its other fields as attributes. */
export function importEvent(json: Json, sink: ImportSink): boolean {
  const at = instantOf(first(json, TIMES));
  const body = first(json, BODIES);
  if (!(at > 0) || body === undefined) return false;
  const attributes = Object.fromEntries(
    Object.entries(json).map(([name, value]) => [
      name,
      typeof value === 'object' ? JSON.stringify(value) : String(value),
    ]),
  );
  sink.log({
    timestamp: milliseconds(at),
    severity: severityText(undefined, String(first(json, LEVELS) ?? '')),
    serviceName: String(first(json, SERVICES) ?? 'events'),
    containerId: String(json['container_id'] ?? ''),
    body: String(body),
    traceId: String(json['trace_id'] ?? json['traceId'] ?? ''),
    spanId: String(json['span_id'] ?? json['spanId'] ?? ''),
    attributes,
  });
  return true;
}
