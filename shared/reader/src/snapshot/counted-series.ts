import type { Series } from '@gumshoe/base/series';
import type { LogRecord, Span } from '@gumshoe/engine/ports';
import { clockSkewSeries } from '@gumshoe/model/derived/clock-skew-series';
import { logSeries } from '@gumshoe/model/derived/log-series';
import { traceSeries } from '@gumshoe/model/derived/trace-series';
import { servicePlaces } from '../import/service-places.ts';

/** What spans say in numbers: requests, durations, operations, and where services run. */
export function spanSeries(spans: readonly Span[]): readonly Series[] {
  const counted = traceSeries(spans);
  return [...counted, ...clockSkewSeries(spans), ...servicePlaces(spans, counted[0]?.timestamps)];
}

/** Everything that is counted from a file's own spans and log records. */
export const countedSeries = (spans: readonly Span[], logs: readonly LogRecord[]): readonly Series[] => [
  ...spanSeries(spans),
  ...logSeries(logs),
];
