import { CONTAINER_METRICS } from '@gumshoe/schema/metrics/container';
import { TRACE_METRICS } from '@gumshoe/schema/metrics/trace';
import type { Subject } from './define.ts';

export const ERROR_LEVELS: ReadonlySet<string> = new Set(['error', 'critical', 'fatal']);
export const ERRORS_ONLY = 'level=~"error|critical|fatal"';

/** PromQL for messages per second, from the container's log or from log records; 0 where none match. */
export function logRateQuery(
  { select, rateWindow }: Pick<Subject, 'select' | 'rateWindow'>,
  ...matchers: readonly string[]
): string {
  const of = (metric: string, ...more: readonly string[]) =>
    `sum(rate(${select(metric, ...more)}${rateWindow}))`;
  const [container, records] = [CONTAINER_METRICS.logMessages.name, TRACE_METRICS.logMessages.name];
  return [
    of(container, ...matchers),
    of(records, ...matchers),
    `${of(container)} * 0`,
    `${of(records)} * 0`,
  ].join(' or ');
}
