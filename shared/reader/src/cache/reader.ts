import { toFailure } from '@gumshoe/base/failure';
import type { Series } from '@gumshoe/base/series';
import { MINUTE, milliseconds, type Clock, type TimeGrid, type TimeRange } from '@gumshoe/base/time';
import type {
  AnnotatedMatrix,
  LogFilter,
  LogRecord,
  ProfileFilter,
  Reader,
  SourceStatus,
  Span,
  SpanFilter,
  SqlLimits,
  StackSamples,
  Table,
} from '@gumshoe/engine/ports';
import { inTurns } from '../in-turns.ts';
import { cutSeries } from '../snapshot/contents.ts';
import { MetricCache, type CacheOptions } from './cache.ts';
import { isCounted, toCounters, toIncrements } from './increments.ts';
import { ceilTo, floorTo, missingOf, union, type Interval } from './intervals.ts';
import { SeriesJoin } from './join.ts';
import type { Fetched } from './metric-store.ts';
import { QueryCounters, type CacheStats } from './stats.ts';
import { metricNamesIn } from '../snapshot/selection.ts';

/** Samples reach the source this long after they were taken, ms; younger ones are never kept. */
const SETTLING = MINUTE;
const METRICS_PER_FETCH = 25;
const FETCHES_AT_ONCE = 4;

/** What must be asked of the source for one metric. */
interface Plan {
  readonly metric: string;
  readonly fetch: readonly Interval[];
  readonly held: readonly Interval[];
}

/**
 * A reader that keeps raw series on disk and asks the source only for what is missing. Everything else goes to the
 * source as it is. The cache never makes a question fail: when it cannot be read or written, the source answers alone.
 */
export class CachedReader implements Reader {
  readonly #source: Reader;
  readonly #cache: MetricCache;
  readonly #clock: Clock;
  readonly #counters = new QueryCounters();
  /** As the source has them. */
  readonly events?: NonNullable<Reader['events']>;

  constructor(source: Reader, options: CacheOptions) {
    this.#source = source;
    if (source.events) this.events = source.events.bind(source);
    this.#clock = options.clock ?? { now: () => milliseconds(Date.now()) };
    this.#cache = new MetricCache(options);
  }

  async series(
    metrics: readonly string[],
    range: TimeRange,
    signal?: AbortSignal,
  ): Promise<readonly Series[]> {
    const now = this.#clock.now();
    const plans = metrics.map((metric) => this.#plan(metric, range, now));
    const fetched = await this.#fetch(plans, now, signal);
    const stored: Series[][] = [];
    const counted: Series[][] = [];
    for (const plan of plans) {
      const answer = this.#answer(plan, range, fetched.get(plan.metric) ?? [], now);
      const own = answer ?? (await this.#alone(plan.metric, range, signal));
      (isCounted(plan.metric) ? counted : stored).push(own);
    }
    this.#cache.makeRoom();
    return [...stored.flat(), ...toCounters(counted.flat())];
  }

  /** Gaps are widened to whole minutes, so that windows that slide do not leave slivers. */
  #plan(metric: string, range: TimeRange, now: number): Plan {
    const whole = { from: floorTo(range.from, MINUTE), to: range.to };
    const held = this.#cache.attempt((store) => store.held(metric, whole, now)) ?? { good: [], stale: [] };
    const settled = floorTo(now - SETTLING, MINUTE);
    const gaps = missingOf(whole, held.good).map(({ from, to }) => ({
      from,
      to: Math.max(to, Math.min(ceilTo(to, MINUTE), settled)),
    }));
    const counters = this.#counters.of(metric);
    const end = held.good.at(-1)?.to;
    if (gaps.every(({ from }) => from >= settled)) counters.hits++;
    else counters.misses++;
    counters.lag = Math.max(0, now - (end ?? range.from));
    return { metric, fetch: union([...gaps, ...(gaps.length > 0 ? held.stale : [])]), held: held.good };
  }

  /** Asks for gaps that several metrics share in one question, and keeps what is settled. */
  async #fetch(
    plans: readonly Plan[],
    now: number,
    signal?: AbortSignal,
  ): Promise<ReadonlyMap<string, readonly Fetched[]>> {
    const groups = new Map<string, { readonly interval: Interval; readonly metrics: string[] }>();
    for (const { metric, fetch } of plans)
      for (const interval of fetch) {
        const key = `${interval.from}-${interval.to}`;
        const group = groups.get(key) ?? { interval, metrics: [] };
        groups.set(key, group);
        group.metrics.push(metric);
      }
    const questions = [...groups.values()].flatMap(({ interval, metrics }) =>
      Array.from({ length: Math.ceil(metrics.length / METRICS_PER_FETCH) }, (_, i) => ({
        interval,
        metrics: metrics.slice(i * METRICS_PER_FETCH, (i + 1) * METRICS_PER_FETCH),
      })),
    );
    const out = new Map<string, Fetched[]>();
    await inTurns(questions, FETCHES_AT_ONCE, async ({ interval, metrics }) => {
      const byMetric = await this.#ask(metrics, interval, signal);
      for (const metric of metrics) {
        const series = byMetric.get(metric) ?? [];
        this.#keep(metric, interval, series, now);
        out.set(metric, [...(out.get(metric) ?? []), { interval, series }]);
      }
    });
    return out;
  }

  async #ask(
    metrics: readonly string[],
    { from, to }: Interval,
    signal?: AbortSignal,
  ): Promise<ReadonlyMap<string, readonly Series[]>> {
    try {
      const range = { from: milliseconds(from), to: milliseconds(to) };
      const byMetric = new Map<string, Series[]>(metrics.map((metric) => [metric, []]));
      const read = await this.#source.series(metrics, range, signal);
      for (const series of read) {
        const metric = series.labels['__name__'] ?? '';
        byMetric.get(metric)?.push(isCounted(metric) ? toIncrements(series) : series);
        this.#counters.of(metric).fetched += series.values.length + (series.histograms?.samples.length ?? 0);
      }
      return byMetric;
    } catch (error) {
      const { code, reason } = toFailure(error, 'read series', 'the source');
      if (code !== 'cancelled')
        for (const metric of metrics) {
          const counters = this.#counters.of(metric);
          counters.errors++;
          counters.lastError = reason;
        }
      throw error;
    }
  }

  #keep(metric: string, { from, to }: Interval, series: readonly Series[], now: number): void {
    const end = Math.min(to, floorTo(now - SETTLING, MINUTE));
    if (end <= from) return;
    this.#cache.attempt((store) => store.write(metric, { from, to: end }, series, now));
    this.#counters.of(metric).lag = now - end;
  }

  /** What is held by now and what came besides, put together; undefined when the cache cannot give its part. */
  #answer(
    { metric, held }: Plan,
    range: TimeRange,
    fetched: readonly Fetched[],
    now: number,
  ): Series[] | undefined {
    const cut = (series: readonly Series[]): Series[] =>
      series.flatMap((one) => cutSeries(one, range.from, range.to));
    if (held.length === 0 && fetched.length === 1) return cut(fetched[0]!.series);
    const join = new SeriesJoin();
    const whole = this.#cache.attempt((store) =>
      store.read(metric, range, now, fetched, join) ? join.series() : undefined,
    );
    return whole === undefined ? undefined : cut(whole);
  }

  /** The cache failed between looking and reading. */
  async #alone(metric: string, range: TimeRange, signal?: AbortSignal): Promise<Series[]> {
    const series = await this.#source.series([metric], range, signal);
    return isCounted(metric) ? series.map(toIncrements) : [...series];
  }

  /** What the cache did since it was opened. */
  stats(): CacheStats {
    return { ...this.#cache.state(), queries: this.#counters.list() };
  }

  async status(signal?: AbortSignal): Promise<SourceStatus> {
    const status = await this.#source.status(signal);
    return { ...status, parts: [...status.parts, this.#cache.part(this.#counters.list())] };
  }

  queryRange(promql: string, grid: TimeGrid, signal?: AbortSignal): Promise<AnnotatedMatrix> {
    return this.#source.queryRange(promql, grid, signal);
  }

  sql(query: string, limits: SqlLimits, signal?: AbortSignal): Promise<Table> {
    return this.#source.sql(query, limits, signal);
  }

  spans(filter: SpanFilter, signal?: AbortSignal): Promise<readonly Span[]> {
    return this.#source.spans(filter, signal);
  }

  trace(traceId: string, signal?: AbortSignal): Promise<readonly Span[]> {
    return this.#source.trace(traceId, signal);
  }

  shortcomings(): readonly string[] {
    return this.#source.shortcomings?.() ?? [];
  }

  async spansOf(traceIds: readonly string[], signal?: AbortSignal): Promise<readonly Span[]> {
    if (this.#source.spansOf) return this.#source.spansOf(traceIds, signal);
    return (await Promise.all(traceIds.map((id) => this.#source.trace(id, signal)))).flat();
  }

  logs(filter: LogFilter, signal?: AbortSignal): Promise<readonly LogRecord[]> {
    return this.#source.logs(filter, signal);
  }

  profile(filter: ProfileFilter, signal?: AbortSignal): Promise<StackSamples> {
    return this.#source.profile(filter, signal);
  }

  /** Which metrics the source has is never kept. */
  namesIn(selectors: readonly string[], range: TimeRange, signal?: AbortSignal): Promise<readonly string[]> {
    return metricNamesIn(this.#source, range, selectors, signal);
  }

  extent(signal?: AbortSignal): Promise<TimeRange | undefined> {
    return this.#source.extent(signal);
  }

  async close(): Promise<void> {
    this.#cache.close();
    await this.#source.close();
  }
}
