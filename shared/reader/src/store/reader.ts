import { FailureError, toFailure } from '@gumshoe/base/failure';
import type { Series } from '@gumshoe/base/series';
import type { TimeGrid, TimeRange } from '@gumshoe/base/time';
import type {
  AnnotatedMatrix,
  LogFilter,
  LogRecord,
  ProfileFilter,
  Reader,
  SourcePart,
  SourceStatus,
  Span,
  SpanFilter,
  SqlLimits,
  StackSamples,
  Table,
} from '@gumshoe/engine/ports';
import { isTraceMetric, TRACE_METRICS } from '@gumshoe/schema/metrics/trace';
import { collectorPart } from '../collector/status.ts';
import { asClassic, withNativeNames } from '../prometheus/as-classic.ts';
import { queryRangeOf } from '../prometheus/range-query.ts';
import { readRawSeries } from '../prometheus/raw-series.ts';
import type { PrometheusTransport, SqlRequest, SqlTransport } from '../transports.ts';
import { extentOfStore, type ExtentSource } from './extent.ts';
import { RecentTexts } from './recent-texts.ts';
import { logCounts } from './log-counts.ts';
import { eventsRequest, logOf, logsRequest } from './logs.ts';
import { profileRequest, stackSamplesOf } from './profiles.ts';
import { traceCounts } from './trace-counts.ts';
import { joinedTracesRequest, spanOf, spansRequest, traceRequest } from './spans.ts';

const MOST_WARNINGS = 10;
/** How many times the parts of a trace on other nodes are looked for. */
const JOIN_ROUNDS = 4;
const SECOND = 1000;
const MINUTE = 60 * SECOND;

export interface StoreReaderOptions {
  readonly name: string;
  readonly kind: SourceStatus['kind'];
  readonly sql: SqlTransport;
  readonly prometheus: PrometheusTransport;
  /** Hops before the stores, for status. */
  readonly hops?: (signal?: AbortSignal) => Promise<readonly SourcePart[]>;
  /** Status endpoint of a collector, where it is known. */
  readonly collector?: string;
  readonly onClose?: () => Promise<void>;
}

/** Reads ClickHouse and a Prometheus-compatible store over any transport. */
export class StoreReader implements Reader {
  private readonly options: StoreReaderOptions;
  /** What Prometheus said besides its answers, newest last. */
  private readonly warnings = new RecentTexts(MOST_WARNINGS);
  /** What reading ClickHouse left out. */
  private readonly notes = new RecentTexts(MOST_WARNINGS);

  constructor(options: StoreReaderOptions) {
    this.options = options;
  }

  async status(signal?: AbortSignal): Promise<SourceStatus> {
    const { sql, prometheus, name, kind, hops, collector } = this.options;
    const [before, ...parts] = await Promise.all([
      hops?.(signal) ?? [],
      sql.check(signal),
      prometheus.check(signal),
      ...(collector === undefined ? [] : [collectorPart(collector, signal)]),
    ]);
    const said: Readonly<Record<string, readonly string[]>> = {
      Prometheus: this.warnings.list().map((text) => `warned: ${text}`),
      ClickHouse: this.notes.list(),
    };
    const noted = parts.map((part) => ({ ...part, notes: [...part.notes, ...(said[part.name] ?? [])] }));
    return { name, kind, parts: [...before, ...noted] };
  }

  shortcomings(): readonly string[] {
    return [...this.warnings.list(), ...this.notes.list()];
  }

  async series(
    metrics: readonly string[],
    range: TimeRange,
    signal?: AbortSignal,
  ): Promise<readonly Series[]> {
    const { from, to } = range;
    const stored = metrics.filter((name) => !isTraceMetric(name));
    const [raw, counted] = await Promise.all([
      readRawSeries(this.options.prometheus, { metrics: withNativeNames(stored), from, to }, signal, (text) =>
        this.warnings.add(text),
      ),
      stored.length === metrics.length
        ? []
        : this.counted(new Set(metrics.filter(isTraceMetric)), range, signal),
    ]);
    return [...asClassic(raw, stored), ...counted];
  }

  /** What spans and log records say in numbers. A store that cannot tell costs that, not the metrics. */
  private async counted(
    wanted: ReadonlySet<string>,
    range: TimeRange,
    signal?: AbortSignal,
  ): Promise<readonly Series[]> {
    const ask = (request: SqlRequest): Promise<SqlRowsOnly> => this.rows(request, signal);
    const note = (text: string): void => this.notes.add(text);
    const logs = wanted.has(TRACE_METRICS.logMessages.name);
    const parts: readonly (readonly [string, () => Promise<readonly Series[]>])[] = [
      ...(wanted.size > Number(logs) ? [['spans', () => traceCounts(range, ask, note)] as const] : []),
      ...(logs ? [['log records', () => logCounts(range, ask, note)] as const] : []),
    ];
    const series = await Promise.all(
      parts.map(async ([what, count]) => {
        try {
          return await count();
        } catch (error) {
          const { code, reason } = toFailure(error, `count ${what}`, this.options.name);
          if (code === 'cancelled' || signal?.aborted) throw error;
          note(`${what} were not counted: ${reason}`);
          return [];
        }
      }),
    );
    return series.flat().filter(({ labels }) => wanted.has(labels['__name__'] ?? ''));
  }

  /** Names of the metrics that have series of these selectors, as Prometheus tells them. */
  async namesIn(
    selectors: readonly string[],
    { from, to }: TimeRange,
    signal?: AbortSignal,
  ): Promise<readonly string[]> {
    const names = new Set<string>();
    for (const selector of selectors) {
      const params = { 'match[]': selector, start: String(from / SECOND), end: String(to / SECOND) };
      const data = await this.options.prometheus.get('/api/v1/label/__name__/values', params, signal);
      if (Array.isArray(data)) for (const name of data) if (typeof name === 'string') names.add(name);
    }
    return [...names].sort();
  }

  async queryRange(promql: string, grid: TimeGrid, signal?: AbortSignal): Promise<AnnotatedMatrix> {
    return queryRangeOf(this.options.prometheus, promql, grid, signal);
  }

  async sql(query: string, limits: SqlLimits, signal?: AbortSignal): Promise<Table> {
    const { columns, rows, truncated } = await this.options.sql.query({ query, ...limits }, signal);
    return { columns, truncated, rows: rows.map((row) => row.map(cell)) };
  }

  async spans(filter: SpanFilter, signal?: AbortSignal): Promise<readonly Span[]> {
    return (await this.rows(spansRequest(filter), signal)).map(spanOf);
  }

  /** Follows parents and children into the traces of other nodes: their trace ids differ, their span ids match. */
  async trace(traceId: string, signal?: AbortSignal): Promise<readonly Span[]> {
    const ids = new Set([traceId]);
    let spans: Span[] = [];
    for (let round = 0; round < JOIN_ROUNDS; round++) {
      spans = (await this.rows(traceRequest([...ids]), signal)).map(spanOf);
      const known = new Set(spans.map((span) => span.spanId));
      const missing = [...new Set(spans.map((span) => span.parentSpanId))].filter(
        (id) => id !== '' && !known.has(id),
      );
      if (spans.length === 0) return [];
      const starts = spans.map((span) => span.start);
      const [from, to] = [Math.min(...starts) - MINUTE, Math.max(...starts) + MINUTE];
      const joined = await this.rows(joinedTracesRequest([...known], missing, from, to), signal);
      const before = ids.size;
      for (const [id] of joined) ids.add(String(id));
      if (ids.size === before) break;
    }
    return spans;
  }

  async spansOf(traceIds: readonly string[], signal?: AbortSignal): Promise<readonly Span[]> {
    if (traceIds.length === 0) return [];
    return (await this.rows(traceRequest(traceIds), signal)).map(spanOf);
  }

  async logs(filter: LogFilter, signal?: AbortSignal): Promise<readonly LogRecord[]> {
    return (await this.rows(logsRequest(filter), signal)).map(logOf);
  }

  async events(range: TimeRange, limit: number, signal?: AbortSignal): Promise<readonly LogRecord[]> {
    return (await this.rows(eventsRequest(range, limit), signal)).map(logOf);
  }

  async profile(filter: ProfileFilter, signal?: AbortSignal): Promise<StackSamples> {
    return stackSamplesOf(await this.rows(profileRequest(filter), signal), filter.type);
  }

  /** A store that no collector has written to has no tables yet: that is no data, not an error. */
  private async rows(
    request: Parameters<SqlTransport['query']>[0],
    signal?: AbortSignal,
  ): Promise<SqlRowsOnly> {
    try {
      return (await this.options.sql.query(request, signal)).rows;
    } catch (error) {
      if (error instanceof FailureError && error.failure.code === 'not-found') return [];
      throw error;
    }
  }

  extent(signal?: AbortSignal): Promise<TimeRange | undefined> {
    const { prometheus } = this.options;
    const queryRange: Reader['queryRange'] = (promql, grid, at) => this.queryRange(promql, grid, at);
    const namesIn: ExtentSource['namesIn'] = (selectors, range, at) => this.namesIn(selectors, range, at);
    return extentOfStore({ prometheus, queryRange, namesIn }, Date.now(), signal);
  }

  async close(): Promise<void> {
    await Promise.allSettled([this.options.sql.close(), this.options.prometheus.close()]);
    await this.options.onClose?.();
  }
}

type SqlRowsOnly = readonly (readonly unknown[])[];

function cell(value: unknown): string | number | boolean | undefined {
  if (value === null || value === undefined) return undefined;
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  return JSON.stringify(value);
}
