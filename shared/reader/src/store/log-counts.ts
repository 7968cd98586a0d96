import type { Series } from '@gumshoe/base/series';
import type { TimeRange } from '@gumshoe/base/time';
import { logSeries, type CountedLogRecord } from '@gumshoe/model/derived/log-series';
import { EVENT_REASON_ATTRIBUTES, LOG_PATTERN_HASH } from '@gumshoe/schema/attributes';
import { DATABASE } from '@gumshoe/schema/tables/define';
import { LOGS } from '@gumshoe/schema/tables/logs';
import type { SqlRequest } from '../transports.ts';
import { countWindow } from './count-window.ts';
import { BETWEEN, instant } from './spans.ts';

const TABLE = `${DATABASE}.${LOGS.name}`;
const TIMEOUT = 30_000;
/** Records that one question counts; of more, every n-th stands for n. */
const MAX_RECORDS = 2_000_000;
/** Texts of one service and severity that are told apart, the most frequent ones, and of all. */
const MAX_TEXTS = 300;
const MAX_ROWS = 20_000;
const MAX_BODY = 4096;

/** Records without a pattern of the collector's, which has counted those itself; Kubernetes' events are no application's log. */
const OWN = [
  BETWEEN,
  ...[LOG_PATTERN_HASH, ...EVENT_REASON_ATTRIBUTES].map((name) => `LogAttributes['${name}'] = ''`),
].join(' AND ');

/**
 * What a text has in common with others of its pattern (shared/text/src/log-pattern.ts): digits are alike, what stands
 * in quotes or brackets and long identifiers do not matter. It only has to tell texts of different patterns apart; the
 * pattern itself is made of the first text of each group.
 */
const SKELETON = [
  `replaceRegexpAll(substring(Body, 1, ${MAX_BODY}), '\\'[^\\']*\\'|"[^"]*"|\\\\([^()]*\\\\)|\\\\[[^\\\\[\\\\]]*\\\\]|\\\\{[^{}]*\\\\}', ' ')`,
  (text: string): string => `replaceRegexpAll(${text}, '\\\\b[0-9a-fA-F]{8,}\\\\b', '00000000')`,
  (text: string): string => `replaceRegexpAll(${text}, '[0-9]', '0')`,
].reduce<string>((text, step) => (typeof step === 'string' ? step : step(text)), '');

/**
 * Counters of log records that applications sent themselves, by service, level and pattern: the series that an import
 * makes (shared/model/src/derived/log-series.ts), counted by the store, one row for each kind of text.
 */
export async function logCounts(
  range: TimeRange,
  ask: (request: SqlRequest) => Promise<readonly (readonly unknown[])[]>,
  note: (text: string) => void,
): Promise<readonly Series[]> {
  const { from, to, step } = countWindow(range);
  const params = { from: instant(from), to: instant(to), step: String(step * 1_000_000) };
  const bounds = { maxRows: MAX_ROWS, timeoutMs: TIMEOUT };
  const total = await ask({ query: `SELECT count() FROM ${TABLE} WHERE ${OWN}`, params, ...bounds });
  const records = Number(total[0]?.[0] ?? 0);
  if (records === 0) return [];
  const oneIn = Math.max(1, Math.ceil(records / MAX_RECORDS));
  if (oneIn > 1) note(`${records} log records of the window were counted by one in ${oneIn}`);
  const query = `
SELECT service, severity, argMin(body, first) AS text, groupArray((at, n)), sum(n) AS all, min(first) AS begin FROM (
  SELECT ServiceName AS service, SeverityText AS severity, cityHash64(${SKELETON}) AS skeleton,
    intDiv(toUnixTimestamp64Nano(Timestamp), {step:Int64}) AS at, count() AS n, min(Timestamp) AS first,
    argMin(substring(Body, 1, ${MAX_BODY}), Timestamp) AS body
  FROM ${TABLE} WHERE ${OWN} AND cityHash64(Timestamp, Body) % {one_in:UInt32} = 0
  GROUP BY service, severity, skeleton, at
)
GROUP BY service, severity, skeleton ORDER BY all DESC, begin, text LIMIT ${MAX_TEXTS} BY service, severity LIMIT ${MAX_ROWS}`;
  const rows = await ask({ query, params: { ...params, one_in: oneIn }, ...bounds });
  return onGrid(logSeries(recordsOf(rows, step, oneIn)), range);
}

/** In the order in which the texts first came, as an import sees them: the first of a pattern names it. */
function recordsOf(
  rows: readonly (readonly unknown[])[],
  step: number,
  weight: number,
): readonly CountedLogRecord[] {
  const inOrder = rows.toSorted((a, b) => (String(a[5]) < String(b[5]) ? -1 : Number(a[5] !== b[5])));
  return inOrder.flatMap(([service, severity, text, steps]) =>
    (steps as readonly (readonly unknown[])[]).map(([at, n]) => ({
      timestamp: Number(at) * step,
      serviceName: String(service),
      severity: String(severity),
      body: String(text),
      count: Number(n) * weight,
    })),
  );
}

/** From the start of the window, so that what has not begun yet is zero rather than unknown. */
function onGrid(series: readonly Series[], range: TimeRange): readonly Series[] {
  const own = series[0]?.timestamps;
  if (own === undefined) return [];
  const step = own[1]! - own[0]!;
  const before: number[] = [];
  for (let at = own[0]! - step; at > range.from; at -= step) before.unshift(at);
  const skipped = own.findIndex((at) => at > range.from);
  if (skipped < 0) return [];
  const kept = own.subarray(skipped).filter((at) => at <= range.to);
  const timestamps = Float64Array.from([...before, ...kept]);
  return series.map(({ labels, values }) => {
    const out = new Float64Array(timestamps.length);
    out.set(values.subarray(skipped, skipped + kept.length), before.length);
    return { labels, timestamps, values: out };
  });
}
