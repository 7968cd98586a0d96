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
const LEVELS: ReadonlySet<string> = new Set([
  'level',
  'severity',
  'loglevel',
  'log.level',
  'lvl',
  '@l',
  'severity_text',
  'levelname',
]);
const TIMES: ReadonlySet<string> = new Set([
  'time',
  'timestamp',
  'ts',
  't',
  '@t',
  '@timestamp',
  'datetime',
  'asctime',
]);
const MOST_ATTRIBUTES = 100;
const DEEPEST = 8;
const LONGEST_VALUE = 4096;
const LONGEST_LINE = 256 * 1024;

/** One JSON object as a log line; undefined when it is none, or says no message. */
export function parseJsonLog(line: string): StructuredLog | undefined {
  if (line.length > LONGEST_LINE || !line.startsWith('{') || !line.trimEnd().endsWith('}')) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  const fields = new Map<string, string>();
  flatten(value as Readonly<Record<string, unknown>>, '', 0, fields);
  const name = MESSAGES.find((one) => (fields.get(one) ?? '') !== '');
  if (name === undefined) return undefined;
  const attributes: Record<string, string> = {};
  let level: LogLevel | undefined;
  for (const [key, text] of fields) {
    const lower = key.toLowerCase();
    if (key === name || TIMES.has(lower)) continue;
    if (level === undefined && LEVELS.has(lower)) level = levelOf(text);
    else attributes[key] = text;
  }
  return { message: fields.get(name) ?? '', level, attributes, ...idsOf(fields) };
}

function flatten(
  value: Readonly<Record<string, unknown>>,
  prefix: string,
  depth: number,
  into: Map<string, string>,
): void {
  for (const [key, one] of Object.entries(value)) {
    if (into.size >= MOST_ATTRIBUTES) return;
    const name = prefix === '' ? key : `${prefix}.${key}`;
    if (typeof one === 'object' && one !== null && !Array.isArray(one) && depth + 1 < DEEPEST)
      flatten(one as Readonly<Record<string, unknown>>, name, depth + 1, into);
    else if (one !== null && one !== undefined)
      into.set(name, (typeof one === 'string' ? one : (JSON.stringify(one) ?? '')).slice(0, LONGEST_VALUE));
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

function idsOf(fields: ReadonlyMap<string, string>): Pick<StructuredLog, 'traceId' | 'spanId'> {
  let [traceId, spanId] = ['', ''];
  for (const [key, text] of fields) {
    const lower = key.toLowerCase();
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
