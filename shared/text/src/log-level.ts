export type LogLevel = 'debug' | 'info' | 'warning' | 'error' | 'critical' | 'unknown';

const LOOK_AT = 255;
const FIELDS = 7;
const EXACT: Readonly<Record<string, LogLevel>> = {
  dbg: 'debug',
  trc: 'debug',
  trace: 'debug',
  inf: 'info',
  information: 'info',
  informational: 'info',
  wrn: 'warning',
  err: 'error',
  ftl: 'critical',
};
const PREFIXES: readonly (readonly [string, LogLevel])[] = [
  ['debu', 'debug'],
  ['info', 'info'],
  ['noti', 'info'],
  ['warn', 'warning'],
  ['erro', 'error'],
  ['crit', 'critical'],
  ['emerg', 'critical'],
  ['fatal', 'critical'],
  ['panic', 'critical'],
  ['alert', 'critical'],
];
/** Marks of Redis, each a field of its own behind the time. */
const REDIS: Readonly<Record<string, LogLevel>> = {
  '.': 'debug',
  '-': 'info',
  '*': 'warning',
  '#': 'warning',
};
/** `1:M 12 Nov 2026 07:52:11.999 * text`; the pid alone in brackets before 3.0, no year before 5.0. */
const REDIS_LINE = /^(?:\d+:[A-Z]|\[\d+\]) \d{1,2} [A-Z][a-z]{2} (?:\d{4} )?\d\d:\d\d:\d\d\S* ([.*#-]) /;
/** What PostgreSQL writes where others write a level. */
const POSTGRES_LOG = 'LOG:';
const GLOG: Readonly<Record<string, LogLevel>> = { I: 'info', W: 'warning', E: 'error', F: 'critical' };

/** Level of a log line: glog's first letter, else the first level word among the first seven fields,
 * else PostgreSQL's `LOG:`, else a mark of Redis. */
export function logLevel(line: string): LogLevel {
  const head = line.slice(0, LOOK_AT);
  const glog = /^([IWEF])\d{4}\s/.exec(head)?.[1];
  if (glog) return GLOG[glog] ?? 'unknown';
  const fields = head.split(/\s+/, FIELDS);
  const words = fields.flatMap((field) => field.split(/[\])};|:,.]+/)).filter(Boolean);
  for (const field of words) {
    const word = field
      .toLowerCase()
      .replace(/^[["'(<{]+/, '')
      .replace(/^(level|lvl|severity)=/, '')
      .replace(/^["']/, '');
    const exact = Object.hasOwn(EXACT, word) ? EXACT[word] : undefined;
    if (exact) return exact;
    for (const [prefix, level] of PREFIXES)
      if (word.startsWith(prefix) && word.length <= prefix.length + 6) return level;
  }
  if (fields.includes(POSTGRES_LOG)) return 'info';
  const mark = REDIS_LINE.exec(head)?.[1] ?? '';
  return REDIS[mark] ?? 'unknown';
}

/** OpenTelemetry severity number and text (logs data model). */
export function severityOf(level: LogLevel): { readonly number: number; readonly text: string } {
  switch (level) {
    case 'debug':
      return { number: 5, text: 'DEBUG' };
    case 'info':
      return { number: 9, text: 'INFO' };
    case 'warning':
      return { number: 13, text: 'WARN' };
    case 'error':
      return { number: 17, text: 'ERROR' };
    case 'critical':
      return { number: 21, text: 'FATAL' };
    default:
      return { number: 0, text: '' };
  }
}
