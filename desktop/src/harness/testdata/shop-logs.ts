import { milliseconds } from '@gumshoe/base/time';
import type { LogFilter, LogRecord } from '@gumshoe/engine/ports';

const LINES = [
  ['INFO', 'api', 'GET /products 200 12 ms'],
  ['ERROR', 'orders', 'psycopg.errors.LockNotAvailable: canceling statement due to lock timeout'],
  ['WARN', 'api', 'orders answered 503 after 5012 ms, giving up'],
  [
    'INFO',
    'postgres',
    'LOG:  process 812 still waiting for RowExclusiveLock on relation 16389 after 1000.113 ms',
  ],
] as const;

const COUNT = 400;

export function shopLogs(filter: LogFilter): LogRecord[] {
  return Array.from({ length: COUNT }, (_, index): LogRecord => {
    const [severity, serviceName, body] = LINES[index % LINES.length]!;
    return {
      timestamp: milliseconds(filter.range.to - index * 731),
      severity,
      serviceName,
      containerId: `/gumshoe-demo.slice/${serviceName}.service`,
      body,
      traceId: index % 4 === 1 ? `t${index % 120}` : '',
      spanId: '',
      attributes: {},
    };
  }).filter(
    (line) =>
      (!filter.serviceName || line.serviceName === filter.serviceName) &&
      (!filter.severities || filter.severities.includes(line.severity)) &&
      (!filter.contains || line.body.includes(filter.contains)),
  );
}
