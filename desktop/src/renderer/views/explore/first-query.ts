import type { TimeRange } from '@gumshoe/base/time';
import { DATABASE } from '@gumshoe/schema/tables/define';
import type { RangeChoice } from '../../state/link.ts';

export type Language = 'promql' | 'sql';

const sqlInstant = (at: number): string =>
  `toDateTime64('${new Date(at).toISOString().slice(0, 23).replace('T', ' ')}', 3, 'UTC')`;

/** Rows of the window: of the last minutes while data comes in, between two instants otherwise. */
const inWindow = (choice: RangeChoice, range: TimeRange, recorded: boolean): string =>
  choice.kind === 'last' && !recorded
    ? `Timestamp > now() - INTERVAL ${choice.minutes} MINUTE`
    : `Timestamp BETWEEN ${sqlInstant(range.from)}\n                AND ${sqlInstant(range.to)}`;

/** What the editor holds before anything is written: a query that has an answer in the window on screen. */
export function firstQuery(
  language: Language,
  choice: RangeChoice,
  range: TimeRange,
  recorded: boolean,
): string {
  if (language === 'promql') return 'sum by (container_id) (rate(container_http_requests_total[1m]))';
  return `SELECT ServiceName, count() AS spans, quantile(0.99)(Duration) / 1e6 AS p99_ms
FROM ${DATABASE}.otel_traces
WHERE ${inWindow(choice, range, recorded)}
GROUP BY ServiceName
ORDER BY spans DESC`;
}
