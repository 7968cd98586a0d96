import { FailureError } from '@gumshoe/base/failure';
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
  StackSamples,
  Table,
} from '@gumshoe/engine/ports';
import { evaluateRange } from '@gumshoe/promql/evaluate';
import { compileMatchers, type Matcher } from '@gumshoe/promql/matchers';
import { parsePromql } from '@gumshoe/promql/parse';
import type { SeriesSource } from '@gumshoe/promql/source';
import { stackSamplesOf } from '../store/profiles.ts';
import { decodeRecords, decodeSeries } from './codec.ts';
import { SnapshotFile } from './database.ts';

type ProfileSample = readonly [
  service: string,
  type: string,
  start: number | string,
  end: number | string,
  container: string,
  hash: string,
  value: number | string,
];
type ProfileStack = readonly [service: string, hash: string, stack: string];

/** Opens a `.gumshoe` file. Throws FailureError when it is missing, damaged or of a newer format. */
export const openSnapshot = (path: string): Reader => new SnapshotReader(new SnapshotFile(path));

/** Answers from one file, with no network. Parts are inflated when first asked for and then kept. */
class SnapshotReader implements Reader {
  private readonly file: SnapshotFile;
  private readonly seriesByName = new Map<string, readonly Series[]>();
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

  private named(name: string): readonly Series[] {
    const known = this.seriesByName.get(name);
    if (known) return known;
    const series = this.file.blocks('series', [name]).flatMap((block) => decodeSeries(block));
    this.seriesByName.set(name, series);
    return series;
  }

  async series(metrics: readonly string[], range: TimeRange): Promise<readonly Series[]> {
    return metrics.flatMap((name) => this.named(name).flatMap((series) => cut(series, range.from, range.to)));
  }

  async queryRange(promql: string, grid: TimeGrid): Promise<Matrix> {
    const source: SeriesSource = { select: (matchers, from, to) => this.select(matchers, from, to) };
    return evaluateRange(parsePromql(promql), source, grid);
  }

  private select(matchers: readonly Matcher[], from: number, to: number): readonly Series[] {
    const accept = compileMatchers(matchers);
    const acceptName = compileMatchers(matchers.filter((matcher) => matcher.name === '__name__'));
    const names = this.file.names('series').filter((name) => acceptName({ __name__: name }));
    return names.flatMap((name) =>
      this.named(name)
        .filter((series) => accept(series.labels))
        .flatMap((series) => cut(series, from, to)),
    );
  }

  async sql(): Promise<Table> {
    throw new FailureError({
      code: 'not-supported',
      tried: 'run SQL',
      target: this.file.path,
      reason: 'a snapshot holds no ClickHouse',
      remedy: 'Use PromQL, or the traces, logs and profile views.',
    });
  }

  private spansOfFile(): readonly Span[] {
    this.allSpans ??= this.file.blocks('spans').flatMap((block) => decodeRecords(block) as Span[]);
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
    this.allLogs ??= this.file.blocks('logs').flatMap((block) => decodeRecords(block) as LogRecord[]);
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

  async profile(filter: ProfileFilter): Promise<StackSamples> {
    const { samples, stacks } = this.profileParts();
    const sums = new Map<string, number>();
    for (const [service, type, start, end, container, hash, value] of samples) {
      if (service !== filter.serviceName || type !== filter.type) continue;
      if (filter.containerId !== undefined && container !== filter.containerId) continue;
      if (Number(end) <= filter.range.from || Number(start) > filter.range.to) continue;
      sums.set(hash, (sums.get(hash) ?? 0) + Number(value));
    }
    const rows = [...sums]
      .filter(([hash]) => stacks.has(`${filter.serviceName} ${hash}`))
      .sort(([a], [b]) => (BigInt(a) < BigInt(b) ? -1 : 1))
      .map(([hash, value]) => [
        JSON.parse(stacks.get(`${filter.serviceName} ${hash}`) ?? '[]') as unknown,
        value,
      ]);
    return stackSamplesOf(rows, filter.type);
  }

  private profileParts(): NonNullable<SnapshotReader['profiles']> {
    this.profiles ??= {
      samples: this.file
        .blocks('profile-samples')
        .flatMap((block) => decodeRecords(block) as ProfileSample[]),
      stacks: new Map(
        this.file
          .blocks('profile-stacks')
          .flatMap((block) =>
            (decodeRecords(block) as ProfileStack[]).map(
              ([service, hash, stack]) => [`${service} ${hash}`, stack] as const,
            ),
          ),
      ),
    };
    return this.profiles;
  }

  async extent(): Promise<TimeRange> {
    const { from, to } = this.file.manifest.window;
    return { from: milliseconds(from), to: milliseconds(to) };
  }

  async close(): Promise<void> {
    this.file.close();
  }
}

/** Samples with from < t <= to; none when there are no such samples. */
function cut(series: Series, from: number, to: number): Series[] {
  const { timestamps, values, labels } = series;
  let lo = 0;
  while (lo < timestamps.length && timestamps[lo]! <= from) lo++;
  let hi = timestamps.length;
  while (hi > lo && timestamps[hi - 1]! > to) hi--;
  if (hi === lo) return [];
  return [
    lo === 0 && hi === timestamps.length
      ? series
      : { labels, timestamps: timestamps.subarray(lo, hi), values: values.subarray(lo, hi) },
  ];
}
