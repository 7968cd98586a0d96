import { milliseconds, MINUTE, type TimeGrid, type TimeRange } from '@gumshoe/base/time';
import type { AnnotatedMatrix } from '@gumshoe/engine/ports';
import { KUBERNETES_METRICS } from '@gumshoe/schema/metrics/kubernetes';
import { NODE_METRICS } from '@gumshoe/schema/metrics/node';
import { SELF_METRICS } from '@gumshoe/schema/metrics/self';
import type { PrometheusTransport } from '../transports.ts';

const SECOND = 1000;
const LONGEST_LOOK_BACK = 30 * 24 * 60 * MINUTE;

/** What few series tell that something was stored, in the order of how few; not every store has `up`. */
const TELLING = [
  SELF_METRICS.up.name,
  NODE_METRICS.info.name,
  KUBERNETES_METRICS.nodeInfo.name,
  ...['node_uname_info', 'process_start_time_seconds', 'target_info'],
];
/** Of a store that has none of them. */
const ANY_OTHERS = 3;

export interface ExtentSource {
  readonly prometheus: PrometheusTransport;
  readonly queryRange: (promql: string, grid: TimeGrid, signal?: AbortSignal) => Promise<AnnotatedMatrix>;
  readonly namesIn: (
    selectors: readonly string[],
    range: TimeRange,
    signal?: AbortSignal,
  ) => Promise<readonly string[]>;
}

/** From when to when a Prometheus has samples, at most 30 days back from `now`; undefined for none. */
export async function extentOfStore(
  source: ExtentSource,
  now: number,
  signal?: AbortSignal,
): Promise<TimeRange | undefined> {
  const found = (await newest(source, TELLING[0]!, signal)) ?? (await newestOfOthers(source, now, signal));
  if (!found) return undefined;
  const from = await oldest(source, found.selector, found.at, signal);
  return { from: milliseconds(from), to: milliseconds(found.at) };
}

interface Newest {
  readonly selector: string;
  /** ms since the epoch */
  readonly at: number;
}

/** The newest sample of a selector: right now, else in the last days. */
async function newest(
  { prometheus }: ExtentSource,
  selector: string,
  signal?: AbortSignal,
): Promise<Newest | undefined> {
  for (const query of [`max(timestamp(${selector}))`, `max(max_over_time(timestamp(${selector})[30d:5m]))`]) {
    const seconds = valueOf(await prometheus.get('/api/v1/query', { query }, signal));
    if (seconds !== undefined) return { selector, at: seconds * SECOND };
  }
  return undefined;
}

async function newestOfOthers(
  source: ExtentSource,
  now: number,
  signal?: AbortSignal,
): Promise<Newest | undefined> {
  const range = { from: milliseconds(now - LONGEST_LOOK_BACK), to: milliseconds(now) };
  const known = await source.namesIn(['{__name__!=""}'], range, signal);
  const telling = TELLING.filter((name) => known.includes(name));
  const names = telling.length > 0 ? telling : known.slice(0, ANY_OTHERS);
  let last: Newest | undefined;
  for (const name of names) {
    const found = await newest(source, `{__name__=${JSON.stringify(name)}}`, signal);
    if (found && found.at > (last?.at ?? 0)) last = found;
  }
  return last;
}

function valueOf(data: unknown): number | undefined {
  const result =
    typeof data === 'object' && data !== null && 'result' in data && Array.isArray(data.result)
      ? (data.result as unknown[])
      : [];
  const first = result[0] as { readonly value?: readonly [number, string] } | undefined;
  const value = Number(first?.value?.[1]);
  return Number.isFinite(value) ? value : undefined;
}

/** Widens the window until it no longer starts with data. */
async function oldest(
  { queryRange }: ExtentSource,
  selector: string,
  end: number,
  signal?: AbortSignal,
): Promise<number> {
  let first = end;
  for (let back = 15 * MINUTE; back <= LONGEST_LOOK_BACK; back *= 4) {
    const step = Math.max(5 * SECOND, Math.ceil(back / 1000 / SECOND) * SECOND);
    const from = end - back;
    const grid = { from: milliseconds(from), step, points: Math.floor(back / step) + 1 };
    const { series } = await queryRange(`count(${selector})`, grid, signal);
    const at = series[0]?.values.findIndex((value) => !Number.isNaN(value)) ?? -1;
    if (at < 0) break;
    first = from + at * step;
    if (at > 0) break;
  }
  return first;
}
