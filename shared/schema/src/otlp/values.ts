import type { SpanKind, StatusCode } from '../tables/traces.ts';

type Json = Readonly<Record<string, unknown>>;

/** The objects of a list; nothing when it is none. */
export const listOf = (value: unknown): readonly Json[] =>
  Array.isArray(value) ? value.filter((one): one is Json => typeof one === 'object' && one !== null) : [];
/** An object, empty when it is none. */
export const recordOf = (value: unknown): Json =>
  typeof value === 'object' && value !== null ? (value as Json) : {};
/** A text, '' when it is none. */
export const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** ns as decimal text or number → ms with fraction; NaN when it is neither. */
export function nanosToMs(value: unknown): number {
  if (typeof value === 'number') return value / 1e6;
  if (typeof value !== 'string' || !/^\d{1,20}$/.test(value)) return NaN;
  const whole = value.length > 6 ? Number(value.slice(0, -6)) : 0;
  return whole + Number(value.slice(-6).padStart(6, '0')) / 1e6;
}

/** An AnyValue as text: what attributes and bodies are stored as. */
export function anyText(value: unknown): string {
  const any = recordOf(value);
  if (typeof any['stringValue'] === 'string') return any['stringValue'];
  for (const key of ['intValue', 'doubleValue', 'boolValue', 'bytesValue'] as const)
    if (any[key] !== undefined) return String(any[key]);
  if (any['arrayValue'] !== undefined)
    return JSON.stringify(listOf(recordOf(any['arrayValue'])['values']).map(anyText));
  if (any['kvlistValue'] !== undefined)
    return JSON.stringify(attributesOf(recordOf(any['kvlistValue'])['values']));
  return '';
}

/** Key-values as names and texts. */
export function attributesOf(value: unknown): Record<string, string> {
  const out: Record<string, string> = {};
  for (const one of listOf(value)) if (textOf(one['key'])) out[textOf(one['key'])] = anyText(one['value']);
  return out;
}

/** Names of span kinds as stored, by their number. */
const KINDS: readonly SpanKind[] = ['Internal', 'Internal', 'Server', 'Client', 'Producer', 'Consumer'];

/** Span kind from its number or its name. */
export function kindOf(value: unknown): SpanKind {
  if (typeof value === 'number') return KINDS[value] ?? 'Internal';
  const name = textOf(value)
    .replace(/^SPAN_KIND_/, '')
    .toLowerCase();
  return KINDS.find((kind) => kind.toLowerCase() === name) ?? 'Internal';
}

/** Status code from its number or its name. */
export function statusOf(value: unknown): StatusCode {
  const { code } = recordOf(value);
  if (code === 2 || code === 'STATUS_CODE_ERROR') return 'Error';
  return code === 1 || code === 'STATUS_CODE_OK' ? 'Ok' : 'Unset';
}

const SEVERITIES = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'] as const;

/** SeverityText in the words of OpenTelemetry, from the number where that is given (logs data model). */
export function severityText(number: unknown, given: string): string {
  const n = Number(number);
  if (n >= 1 && n <= 24) return SEVERITIES[Math.floor((n - 1) / 4)]!;
  const upper = given.toUpperCase();
  if (/^(WARN|WARNING)$/.test(upper)) return 'WARN';
  if (/^(CRITICAL|FATAL|EMERGENCY|ALERT|PANIC)$/.test(upper)) return 'FATAL';
  if (/^(ERR|ERROR|SEVERE)$/.test(upper)) return 'ERROR';
  return upper;
}
