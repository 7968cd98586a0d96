import { instantOfText } from '@gumshoe/base/instant-text';
import { milliseconds } from '@gumshoe/base/time';
import { severityText } from '@gumshoe/schema/otlp/values';
import { logLevel, severityOf } from '@gumshoe/text/log-level';
import type { ImportSink } from './sink.ts';

type Json = Readonly<Record<string, unknown>>;

const TIMES = [
  'timestamp',
  'time',
  'ts',
  '@timestamp',
  'lastTimestamp',
  'eventTime',
  'creationTimestamp',
] as const;
const SERVICES = ['service', 'service.name', 'service_name', 'serviceName', 'app'] as const;
const BODIES = ['message', 'msg', 'body', 'log', 'text', 'note', 'reason'] as const;
const LEVELS = ['level', 'severity', 'severityText', 'log.level', 'loglevel', 'levelname', 'type'] as const;

/** Kubernetes keeps the time of creation and the source's component one level down. */
const nested = (json: Json, name: string): unknown => {
  const inner = name === 'creationTimestamp' ? json['metadata'] : undefined;
  return isObject(inner) ? inner[name] : undefined;
};

const first = (json: Json, names: readonly string[]): unknown =>
  names
    .map((name) => json[name] ?? nested(json, name))
    .find((value) => value !== undefined && value !== null && value !== '');

/** RFC 3339, or a number of seconds, ms or ns since the epoch, told by its size; NaN when it is none. */
export function instantOf(value: unknown): number {
  const number =
    typeof value === 'number' ? value : /^\d+(\.\d+)?$/.test(String(value)) ? Number(value) : NaN;
  if (Number.isNaN(number)) return typeof value === 'string' ? instantOfText(value) : NaN;
  if (number < 1e11) return number * 1000;
  return number < 1e14 ? number : number < 1e17 ? number / 1e3 : number / 1e6;
}

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null;

/** What tells an event from a log line. */
const EVENT_FIELDS = [
  'involvedObject',
  'regarding',
  'event',
  'eventType',
  'event_type',
  'reason',
  'note',
] as const;

/** The object that a Kubernetes event is about, in the names of the semantic conventions. */
function objectOf(json: Json): Record<string, string> {
  const object = json['involvedObject'] ?? json['regarding'];
  if (!isObject(object)) return {};
  const out: Record<string, string> = {};
  for (const [field, name] of [
    ['kind', 'k8s.object.kind'],
    ['name', 'k8s.object.name'],
    ['namespace', 'k8s.namespace.name'],
  ] as const)
    if (typeof object[field] === 'string') out[name] = object[field];
  if (typeof json['reason'] === 'string') out['k8s.event.reason'] = json['reason'];
  return out;
}

/** What Fluent Bit, Fluentd and others add to the lines of a container: where it runs, and its labels. */
function kubernetesOf({ kubernetes }: Json): { readonly service?: string; readonly container?: string } {
  if (!isObject(kubernetes)) return {};
  const { namespace_name: namespace, pod_name: pod, container_name: container, labels } = kubernetes;
  const app = isObject(labels) ? (labels['app.kubernetes.io/name'] ?? labels['app']) : undefined;
  const service = [app, container, pod].find((one) => typeof one === 'string');
  const whole = [namespace, pod, container].every((one) => typeof one === 'string');
  return {
    ...(service === undefined ? {} : { service }),
    ...(whole ? { container: `/k8s/${namespace as string}/${pod as string}/${container as string}` } : {}),
  };
}

/** Of a line that a program wrote without saying its level elsewhere. */
const levelIn = (body: unknown): string => (typeof body === 'string' ? severityOf(logLevel(body)).text : '');

/**
 * An event or a log line as a JSON object, also Kubernetes' own (`kubectl get events -o json`): its time and text, all
 * its other fields as attributes. Whether it was one.
 */
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
  const object = objectOf(json);
  const kubernetes = kubernetesOf(json);
  const event = EVENT_FIELDS.some((field) => json[field] !== undefined);
  (event ? sink.event : sink.log)({
    timestamp: milliseconds(at),
    severity: severityText(undefined, String(first(json, LEVELS) ?? (event ? '' : levelIn(body)))),
    serviceName: String(first(json, SERVICES) ?? kubernetes.service ?? object['k8s.object.name'] ?? 'events'),
    containerId: String(json['container_id'] ?? kubernetes.container ?? ''),
    body: typeof body === 'object' ? JSON.stringify(body) : String(body as string).trimEnd(),
    traceId: String(json['trace_id'] ?? json['traceId'] ?? ''),
    spanId: String(json['span_id'] ?? json['spanId'] ?? ''),
    attributes: { ...attributes, ...object },
  });
  return true;
}
