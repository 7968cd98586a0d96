import { logLevel, type LogLevel } from './log-level.ts';

/** What a log line says in fields. Times in it are left out: when it was written is known better. */
export interface StructuredLog {
  readonly message: string;
  /** undefined when it does not say. */
  readonly level: LogLevel | undefined;
  readonly attributes: Readonly<Record<string, string>>;
  /** 32 and 16 lowercase hex digits, '' when there is none. */
  readonly traceId: string;
  readonly spanId: string;
}

const MESSAGES = ['msg', 'message', '@m', '@mt', 'body', 'log'] as const;
const LEVELS = [
  'level',
  'severity',
  'loglevel',
  'log.level',
  'lvl',
  '@l',
  'severity_text',
  'levelname',
] as const;
const TIMES: ReadonlySet<string> = new Set([
  'time',
  'timestamp',
  'ts',
  't',
  '@t',
  '@timestamp',
  'datetime',
  'asctime',
  // MongoDB
  't.$date',
]);
const MOST_ATTRIBUTES = 100;
const DEEPEST = 8;
const LONGEST_VALUE = 4096;
const LONGEST_LINE = 256 * 1024;

interface Field {
  readonly key: string;
  readonly text: string;
  readonly isText: boolean;
}

/** One JSON object as a log line; undefined when it is none, or says no message. Names count in any case. */
export function parseJsonLog(line: string): StructuredLog | undefined {
  if (line.length > LONGEST_LINE || !line.startsWith('{') || !line.trimEnd().endsWith('}')) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  const fields: Field[] = [];
  flatten(value as Readonly<Record<string, unknown>>, '', 0, fields);
  const byName = new Map(fields.map((field) => [field.key.toLowerCase(), field]));
  const message = first(byName, MESSAGES, ({ text, isText }) => isText && text !== '');
  if (message === undefined) return undefined;
  const says = first(byName, LEVELS, ({ text }) => levelOf(text) !== undefined);
  const attributes: Record<string, string> = {};
  for (const field of fields)
    if (field !== message && field !== says && !TIMES.has(field.key.toLowerCase()))
      attributes[field.key] = field.text.slice(0, LONGEST_VALUE);
  return {
    message: message.text.replace(/\n$/, ''),
    level: says && levelOf(says.text),
    attributes,
    ...idsOf(byName),
  };
}

function first(
  byName: ReadonlyMap<string, Field>,
  names: readonly string[],
  wanted: (field: Field) => boolean,
): Field | undefined {
  for (const name of names) {
    const field = byName.get(name);
    if (field && wanted(field)) return field;
  }
  return undefined;
}

function flatten(
  value: Readonly<Record<string, unknown>>,
  prefix: string,
  depth: number,
  into: Field[],
): void {
  for (const [name, one] of Object.entries(value)) {
    if (into.length >= MOST_ATTRIBUTES) return;
    const key = prefix === '' ? name : `${prefix}.${name}`;
    if (typeof one === 'object' && one !== null && !Array.isArray(one) && depth + 1 < DEEPEST)
      flatten(one as Readonly<Record<string, unknown>>, key, depth + 1, into);
    else if (typeof one === 'string') into.push({ key, text: one, isText: true });
    else if (one !== null && one !== undefined)
      into.push({ key, text: JSON.stringify(one) ?? '', isText: false });
  }
}

/** Words, or the numbers of Bunyan and Pino: 10 trace, 20 debug, 30 info, 40 warn, 50 error, 60 fatal. */
export function levelOf(text: string): LogLevel | undefined {
  const number = /^\d+$/.test(text) ? Number(text) : NaN;
  if (number >= 10 && number < 100)
    return number < 30
      ? 'debug'
      : number < 40
        ? 'info'
        : number < 50
          ? 'warning'
          : number < 60
            ? 'error'
            : 'critical';
  if (/^verbose/i.test(text)) return 'debug';
  if (/^d?panic/i.test(text)) return 'critical';
  const level = logLevel(`${text} `);
  return level === 'unknown' ? undefined : level;
}

const TRACE_KEYS: ReadonlySet<string> = new Set(['trace_id', 'traceid', 'trace-id', 'trace.id', '@tr']);
const SPAN_KEYS: ReadonlySet<string> = new Set(['span_id', 'spanid', 'span-id', 'span.id', '@sp']);

function idsOf(byName: ReadonlyMap<string, Field>): Pick<StructuredLog, 'traceId' | 'spanId'> {
  let [traceId, spanId] = ['', ''];
  for (const [lower, { text }] of byName) {
    if (lower.includes('parent')) continue;
    const last = lower.slice(lower.lastIndexOf('.') + 1);
    if (traceId === '' && (TRACE_KEYS.has(lower) || TRACE_KEYS.has(last))) traceId = hexId(text, 32);
    if (spanId === '' && (SPAN_KEYS.has(lower) || SPAN_KEYS.has(last))) spanId = hexId(text, 16);
  }
  return { traceId, spanId };
}

/** Short trace ids (64 bit) are widened. */
function hexId(text: string, digits: number): string {
  const plain = text.toLowerCase().replaceAll('-', '');
  if (!/^[0-9a-f]+$/.test(plain) || /^0+$/.test(plain)) return '';
  return plain.length === digits || (digits === 32 && plain.length === 16) ? plain.padStart(digits, '0') : '';
}

const IN_TEXT = /\b(trace|span)[._-]?id["']?\s?[=:]\s?["']?([0-9a-f]{16}(?:[0-9a-f]{16})?)\b/gi;

/** Ids in a line of text: `trace_id=…`, `spanId: …`. */
export function idsInText(line: string): Pick<StructuredLog, 'traceId' | 'spanId'> {
  let [traceId, spanId] = ['', ''];
  for (const [, kind = '', id = ''] of line.slice(0, 2048).matchAll(IN_TEXT)) {
    if (kind.toLowerCase() === 'trace') traceId ||= hexId(id, 32);
    else spanId ||= hexId(id, 16);
  }
  return { traceId, spanId };
}
