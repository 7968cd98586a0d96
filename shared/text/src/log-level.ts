export type LogLevel = 'debug' | 'info' | 'warning' | 'error' | 'critical' | 'unknown';

const LOOK_AT = 255;
const FIELDS = 7;
const EXACT: Readonly<Record<string, LogLevel>> = {
  dbg: 'debug',
  trc: 'debug',
  trace: 'debug',
  inf: 'info',
  wrn: 'warning',
  err: 'error',
  ftl: 'critical',
  log: 'info',
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
const GLOG: Readonly<Record<string, LogLevel>> = { I: 'info', W: 'warning', E: 'error', F: 'critical' };

/** Level of a log line: glog's first letter, else the first level word among the first seven fields. */
export function logLevel(line: string): LogLevel {
  const head = line.slice(0, LOOK_AT);
  const glog = /^([IWEF])\d{4}\s/.exec(head)?.[1];
  if (glog) return GLOG[glog] ?? 'unknown';
  const fields = head
    .split(/\s+/, FIELDS)
    .flatMap((field) => field.split(/[\])};|:,.]+/))
    .filter(Boolean);
  for (const field of fields) {
    const word = field
      .toLowerCase()
      .replace(/^[["'(<{]+/, '')
      .replace(/^(level|lvl|severity)=/, '')
      .replace(/^["']/, '');
    const exact = EXACT[word];
    if (exact) return exact;
    for (const [prefix, level] of PREFIXES)
      if (word.startsWith(prefix) && word.length <= prefix.length + 6) return level;
  }
  return 'unknown';
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
