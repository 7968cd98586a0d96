import { FailureError } from '@gumshoe/base/failure';
import type { HistogramSamples } from '@gumshoe/base/native-histogram';
import type { Matrix, Series } from '@gumshoe/base/series';
import { milliseconds, type TimeGrid, type TimeRange } from '@gumshoe/base/time';
import type {
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
import { evaluateRange } from '@gumshoe/promql/evaluate';
import { compileMatchers, type Matcher } from '@gumshoe/promql/matchers';
import { parsePromql, timingOf } from '@gumshoe/promql/parse';
import type { SeriesSource } from '@gumshoe/promql/source';
import { asClassic, withNativeNames } from '../prometheus/as-classic.ts';
import { stackSamplesOf } from '../store/profiles.ts';
import { cutSeries, histogramBlocks, metricsOf, recordsOf, seriesBlocks } from './contents.ts';
import { SnapshotFile } from './database.ts';
import { joinHistograms } from './join-histograms.ts';
import type { ProfileRows } from './profile-rows.ts';
import type { Configuration, ProfileSample } from './record-types.ts';
import { askSql } from './sql/ask.ts';

const MAX_ANSWER_BYTES = 4 * 1024 ** 3;
const MAX_CACHED_BYTES = 1024 ** 3;
/** Objects of their own, which take the heap. */
const MAX_HISTOGRAM_BYTES = 512 * 1024 ** 2;
/** Of a histogram without buckets. */
const HISTOGRAM_BYTES = 400;

const bytesOf = ({ samples }: HistogramSamples): number =>
  samples.reduce(
    (sum, { positive, negative }) =>
      sum + HISTOGRAM_BYTES + 12 * (positive.counts.length + negative.counts.length),
    0,
  );

/** Opens a `.gumshoe` file. Throws FailureError when it is missing, damaged or of a newer format. */
export const openSnapshot = (path: string): SnapshotReader => new SnapshotReader(new SnapshotFile(path));

/** Answers from one file, with no network. Parts are inflated when first asked for and then kept. */
export class SnapshotReader implements Reader {
  private readonly file: SnapshotFile;
  private readonly seriesByName = new Map<string, readonly Series[]>();
  private cachedBytes = 0;
  private allSpans: readonly Span[] | undefined;
  private allLogs: readonly LogRecord[] | undefined;
  private profiles:
    { readonly samples: readonly ProfileSample[]; readonly stacks: ReadonlyMap<string, string> } | undefined;

  constructor(file: SnapshotFile) {
    this.file = file;
  }

  async status(): Promise<SourceStatus> {
    const { manifest, path } = this.file;
    const notes = [
      `taken ${new Date(manifest.createdAt).toISOString()} from ${manifest.source}`,
      `window ${new Date(manifest.window.from).toISOString()} to ${new Date(manifest.window.to).toISOString()}`,
      ...Object.entries(manifest.counts).map(([what, count]) => `${count} ${what}`),
    ];
    return {
      name: path,
      kind: 'snapshot',
      parts: [
        { name: 'snapshot', target: path, state: 'ok', version: String(manifest.formatVersion), notes },
      ],
    };
  }

  /** Series of some metrics, each list in the order asked for; what was inflated is kept while there is room. */
  private named(names: readonly string[]): readonly Series[] {
    const missing = new Set(names.filter((name) => !this.seriesByName.has(name)));
    const found = new Map<string, readonly Series[]>([...missing].map((name) => [name, []]));
    let bytes = 0;
    for (const { name, content } of missing.size > 0 ? seriesBlocks(this.file, missing) : []) {
      for (const { values } of content) bytes += values.byteLength;
      if (bytes > MAX_ANSWER_BYTES) throw this.tooLarge('4 GiB');
      found.set(name, [...(found.get(name) ?? []), ...content]);
    }
    bytes += missing.size > 0 ? this.addHistograms(found, missing) : 0;
    const answer = names.flatMap((name) => found.get(name) ?? this.seriesByName.get(name) ?? []);
    this.remember(found, bytes);
    return answer;
  }

  /** Puts native histograms to the series they belong to; about how many bytes they take. */
  private addHistograms(found: Map<string, readonly Series[]>, names: ReadonlySet<string>): number {
    const natives = new Map<string, Series[]>();
    let bytes = 0;
    for (const { name, content } of histogramBlocks(this.file, names)) {
      for (const { histograms } of content) bytes += bytesOf(histograms!);
      if (bytes > MAX_HISTOGRAM_BYTES) throw this.tooLarge('512 MiB');
      natives.set(name, [...(natives.get(name) ?? []), ...content]);
    }
    for (const [name, runs] of natives) found.set(name, this.joined(found.get(name) ?? [], runs));
    return bytes;
  }

  private joined(floats: readonly Series[], runs: readonly Series[]): readonly Series[] {
    try {
      return joinHistograms(floats, runs);
    } catch (error) {
      throw new FailureError({
        code: 'corrupt',
        tried: 'read native histograms',
        target: this.file.path,
        reason: error instanceof Error ? error.message : String(error),
        remedy: 'Export it again.',
      });
    }
  }

  private remember(found: ReadonlyMap<string, readonly Series[]>, bytes: number): void {
    if (this.cachedBytes + bytes > MAX_CACHED_BYTES) {
      this.seriesByName.clear();
      this.cachedBytes = 0;
    }
    for (const [name, series] of found) this.seriesByName.set(name, series);
    this.cachedBytes += bytes;
  }

  private tooLarge(most: string): FailureError {
    return new FailureError({
      code: 'limit-exceeded',
      tried: 'read series',
      target: this.file.path,
      reason: `the answer would take over ${most} of memory`,
      remedy: 'Cut the file first: gumshoe snapshot trim --from … --to … --app …',
    });
  }

  async series(metrics: readonly string[], range: TimeRange): Promise<readonly Series[]> {
    return asClassic(this.named(withNativeNames(metrics)), metrics).flatMap((series) =>
      cutSeries(series, range.from, range.to),
    );
  }

  async queryRange(promql: string, grid: TimeGrid): Promise<Matrix> {
    const source: SeriesSource = { select: (matchers, from, to) => this.select(matchers, from, to) };
    return evaluateRange(parsePromql(promql, timingOf(grid)), source, grid);
  }

  private select(matchers: readonly Matcher[], from: number, to: number): readonly Series[] {
    const accept = compileMatchers(matchers);
    const acceptName = compileMatchers(matchers.filter((matcher) => matcher.name === '__name__'));
    const names = metricsOf(this.file).filter((name) => acceptName({ __name__: name }));
    return this.named(names)
      .filter((series) => accept(series.labels))
      .flatMap((series) => cutSeries(series, from, to));
  }

  async sql(query: string, limits: SqlLimits, signal?: AbortSignal): Promise<Table> {
    const { path, manifest } = this.file;
    return askSql({ path, now: manifest.window.to }, query, limits, signal);
  }

  private spansOfFile(): readonly Span[] {
    this.allSpans ??= recordsOf(this.file, 'spans');
    return this.allSpans;
  }

  async spans(filter: SpanFilter): Promise<readonly Span[]> {
    const { from, to } = filter.range;
    const matching = this.spansOfFile().filter(
      (span) =>
        span.start > from &&
        span.start <= to &&
        (filter.serviceName === undefined || span.serviceName === filter.serviceName) &&
        (filter.spanName === undefined || span.name === filter.spanName) &&
        (filter.kind === undefined || span.kind === filter.kind) &&
        (!filter.rootsOnly || span.parentSpanId === '') &&
        (!filter.errorsOnly || span.status === 'Error') &&
        (filter.minDuration === undefined || span.duration >= filter.minDuration),
    );
    const byId = (a: Span, b: Span): number => (a.spanId < b.spanId ? -1 : Number(a.spanId > b.spanId));
    const newest = (a: Span, b: Span): number => b.start - a.start || byId(a, b);
    matching.sort(filter.order === 'slowest' ? (a, b) => b.duration - a.duration || newest(a, b) : newest);
    return matching.slice(0, filter.limit);
  }

  /** Joined across nodes as in a live store: parents and children by span id. */
  async trace(traceId: string): Promise<readonly Span[]> {
    const all = this.spansOfFile();
    const ids = new Set([traceId]);
    let spans: Span[] = [];
    for (let before = 0; before !== ids.size;) {
      before = ids.size;
      spans = all.filter((span) => ids.has(span.traceId));
      const own = new Set(spans.map((span) => span.spanId));
      const parents = new Set(spans.map((span) => span.parentSpanId).filter(Boolean));
      for (const span of all)
        if (parents.has(span.spanId) || own.has(span.parentSpanId)) ids.add(span.traceId);
    }
    return spans.sort((a, b) => a.start - b.start || (a.spanId < b.spanId ? -1 : 1));
  }

  async spansOf(traceIds: readonly string[]): Promise<readonly Span[]> {
    const ids = new Set(traceIds);
    return this.spansOfFile().filter((span) => ids.has(span.traceId));
  }

  async logs(filter: LogFilter): Promise<readonly LogRecord[]> {
    this.allLogs ??= this.logsOfFile();
    const contains = filter.contains?.toLowerCase();
    return this.allLogs
      .filter(
        (record) =>
          record.timestamp > filter.range.from &&
          record.timestamp <= filter.range.to &&
          (filter.serviceName === undefined || record.serviceName === filter.serviceName) &&
          (!filter.severities?.length || filter.severities.includes(record.severity)) &&
          (contains === undefined || record.body.toLowerCase().includes(contains)),
      )
      .slice(0, filter.limit);
  }

  async events(range: TimeRange, limit: number): Promise<readonly LogRecord[]> {
    return recordsOf(this.file, 'events')
      .filter(({ timestamp }) => timestamp > range.from && timestamp <= range.to)
      .sort((a, b) => b.timestamp - a.timestamp)
      .slice(0, limit);
  }

  /** Events are log records to whoever asks for these. */
  private logsOfFile(): readonly LogRecord[] {
    const logs = recordsOf(this.file, 'logs');
    const events = recordsOf(this.file, 'events');
    return events.length === 0 ? logs : [...logs, ...events].sort((a, b) => b.timestamp - a.timestamp);
  }

  async profile(filter: ProfileFilter): Promise<StackSamples> {
    const { samples, stacks } = this.profileParts();
    const sums = new Map<string, number>();
    const cuts = new Map<string, number>();
    for (const [service, type, start, end, container, hash, value, cut] of samples) {
      if (service !== filter.serviceName || type !== filter.type) continue;
      if (filter.containerId !== undefined && container !== filter.containerId) continue;
      if (Number(end) <= filter.range.from || Number(start) > filter.range.to) continue;
      sums.set(hash, (sums.get(hash) ?? 0) + Number(value));
      if (Number(cut ?? 0) > 0) cuts.set(hash, (cuts.get(hash) ?? 0) + Number(value));
    }
    const rows = [...sums]
      .filter(([hash]) => stacks.has(`${filter.serviceName} ${hash}`))
      .sort(([a], [b]) => (BigInt(a) < BigInt(b) ? -1 : 1))
      .map(([hash, value]) => [
        JSON.parse(stacks.get(`${filter.serviceName} ${hash}`) ?? '[]') as unknown,
        value,
        cuts.get(hash) ?? 0,
      ]);
    return stackSamplesOf(rows, filter.type);
  }

  private profileParts(): NonNullable<SnapshotReader['profiles']> {
    this.profiles ??= {
      samples: recordsOf(this.file, 'profile-samples'),
      stacks: new Map(
        recordsOf(this.file, 'profile-stacks').map(([service, hash, stack]) => [`${service} ${hash}`, stack]),
      ),
    };
    return this.profiles;
  }

  /** Every metric of the file, also such that the model does not know. */
  metricNames(): readonly string[] {
    return metricsOf(this.file);
  }

  /** Names of the metrics that have series of these selectors in a range. */
  async namesIn(selectors: readonly string[], { from, to }: TimeRange): Promise<readonly string[]> {
    const found = selectors.flatMap((text) => {
      const selector = parsePromql(text);
      return selector.type === 'selector' ? this.select(selector.matchers, from, to) : [];
    });
    return [...new Set(found.map(({ labels }) => labels['__name__'] ?? ''))].sort();
  }

  /** Rows as they are stored, for an export from this file. */
  async profileRows(range: TimeRange): Promise<ProfileRows> {
    const samples = recordsOf(this.file, 'profile-samples').filter(
      ([, , start, end]) => Number(end) > range.from && Number(start) <= range.to,
    );
    const used = new Set(samples.map(([service, , , , , hash]) => `${service} ${hash}`));
    const stacks = recordsOf(this.file, 'profile-stacks').filter(([service, hash]) =>
      used.has(`${service} ${hash}`),
    );
    return { samples, stacks };
  }

  /** Settings that the file brings along. */
  configuration(): readonly Configuration[] {
    return recordsOf(this.file, 'configuration');
  }

  async extent(): Promise<TimeRange> {
    const { from, to } = this.file.manifest.window;
    return { from: milliseconds(from), to: milliseconds(to) };
  }

  async close(): Promise<void> {
    this.file.close();
  }
}
