import { FailureError } from '@gumshoe/base/failure';
import type { Series } from '@gumshoe/base/series';
import { milliseconds } from '@gumshoe/base/time';
import type { LogRecord, Span } from '@gumshoe/engine/ports';
import { logSeries } from '@gumshoe/model/derived/log-series';
import { isTraceMetric, TRACE_METRICS as T } from '@gumshoe/schema/metrics/trace';
import { classicBeside } from '../prometheus/as-classic.ts';
import { spanSeries } from '../snapshot/counted-series.ts';
import { joinHistograms } from '../snapshot/join-histograms.ts';
import type { ProfileSample, ProfileStack } from '../snapshot/record-types.ts';
import { FileReport, problemOf, type FileSummary } from './file-report.ts';
import { translateForeign, type Translated } from './foreign-metrics.ts';
import { isNative } from './histogram-collector.ts';
import { importFile, type Onlooker } from './import-file.ts';
import { filesOf } from './paths.ts';
import { serviceOfFile } from './pprof.ts';
import { Gathered } from './sink.ts';
import { asFile, STANDARD_INPUT } from './standard-input.ts';

/** What files held, ready for a snapshot. Everything is sorted, so that the order of the files does not matter. */
export interface Imported {
  readonly series: readonly Series[];
  readonly spans: readonly Span[];
  readonly logs: readonly LogRecord[];
  readonly events: readonly LogRecord[];
  readonly profiles: { readonly samples: readonly ProfileSample[]; readonly stacks: readonly ProfileStack[] };
  /** Metrics that were counted from the spans and log records. */
  readonly counted: readonly string[];
  /** In the order given. */
  readonly files: readonly FileSummary[];
  /** Metrics that stand for nothing in the catalogue; they are kept and can be queried. */
  readonly untranslated: Translated['untranslated'];
  /** What a translation had to assume, in sentences. */
  readonly assumptions: readonly string[];
  /** One sentence for each file of which something was not taken over. */
  readonly problems: readonly string[];
}

export interface ImportOptions {
  readonly progress?: (done: number, total: number, what: string) => void;
  readonly signal?: AbortSignal;
  /** Whose profiles pprof files hold; else the name of the file says it. */
  readonly service?: string;
}

/**
 * Reads OpenMetrics or Prometheus text with timestamps (also dumps of a TSDB), OTLP as JSON lines, JSON documents or
 * the Collector's length-prefixed protobuf, Jaeger JSON, pprof, and events as JSON; gzip and zstd are seen through; `-`
 * is standard input, a folder all that is in it. A file that cannot be read is left out and reported as long as another can.
 * @throws FailureError `not-found`, `cancelled`, and `corrupt` or `invalid-input` when no file could be read.
 */
export async function importFiles(named: readonly string[], options: ImportOptions = {}): Promise<Imported> {
  const paths = filesOf(named);
  const gathered = new Gathered(new FileReport(''));
  const files: FileSummary[] = [];
  let refused: unknown;
  for (const [done, path] of paths.entries()) {
    options.progress?.(done, paths.length, path);
    if (options.signal?.aborted)
      throw new FailureError({ code: 'cancelled', tried: 'import', target: path, reason: 'cancelled' });
    const before = gathered.counts;
    gathered.report = new FileReport(path);
    const onlooker = onlookerOf(options, done, paths.length, path);
    const read = (from: string): Promise<void> =>
      importFile(from, options.service ?? serviceOfFile(path), gathered, onlooker);
    try {
      await (path === STANDARD_INPUT ? asFile(process.stdin, read) : read(path));
    } catch (error) {
      if (!(error instanceof FailureError) || FATAL.has(error.failure.code)) throw error;
      refused ??= error;
      gathered.leaveOut(error.failure.reason);
    }
    files.push(summaryOf(gathered, before));
  }
  if (refused !== undefined && gathered.taken === 0) throw refused;
  options.progress?.(paths.length, paths.length, 'counting spans and log records');
  const problems = files.flatMap((file) => problemOf(file) ?? []).sort();
  return { ...finished(gathered), files, problems };
}

const FATAL: ReadonlySet<string> = new Set(['not-found', 'cancelled']);
/** A file is told of again after so many bytes. */
const STRIDE = 64 * 1024 ** 2;

function onlookerOf(
  { progress, signal }: ImportOptions,
  done: number,
  total: number,
  path: string,
): Onlooker {
  let next = STRIDE;
  const told = (bytes: number, of: number): void => {
    if (bytes < next) return;
    next = bytes + STRIDE;
    progress?.(done, total, `${path}, ${Math.round((100 * bytes) / of)} %`);
  };
  return { ...(progress ? { progress: told } : {}), ...(signal ? { signal } : {}) };
}

function summaryOf({ report, counts }: Gathered, before: Gathered['counts']): FileSummary {
  return {
    path: report.path,
    format: report.format,
    samples: counts.samples - before.samples,
    spans: counts.spans - before.spans,
    logs: counts.logs - before.logs,
    events: counts.events - before.events,
    profiles: counts.profiles - before.profiles,
    leftOut: report.leftOut,
    ...(report.first ? { firstLeftOut: report.first } : {}),
  };
}

const text = (a: string, b: string): number => (a < b ? -1 : Number(a > b));

function finished(gathered: Gathered): Omit<Imported, 'problems' | 'files'> {
  const { series: collector, deltas, histograms, profiles } = gathered;
  deltas.into(collector);
  const spans = distinctSpans(gathered.spans);
  const natives = histograms.series();
  const floats = collector.series();
  const measured = [...floats, ...classicBeside(floats, natives)];
  const given = joinHistograms(measured, natives.filter(isNative));
  const alreadyCounted = given.some(({ labels }) => isTraceMetric(labels['__name__'] ?? ''));
  const withSpans = new Set(spans.map(({ serviceName }) => serviceName));
  const translated = translateForeign(measured, withSpans);
  const bySpans = alreadyCounted ? [] : withoutDoubles(spanSeries(spans), translated.covered);
  const logs = inOrder(gathered.logs);
  const counted = [...bySpans, ...logSeries(logs)];
  return {
    series: [...given, ...translated.series, ...counted],
    untranslated: translated.untranslated,
    assumptions: translated.assumptions,
    spans,
    logs: logs.reverse(),
    events: inOrder(gathered.events).reverse(),
    profiles: {
      samples: [...profiles.samples].sort((a, b) => Number(b[2]) - Number(a[2]) || text(a.join(), b.join())),
      stacks: profiles.stacks,
    },
    counted: [...new Set(counted.map(({ labels }) => labels['__name__'] ?? ''))].sort(),
  };
}

const inOrder = (records: readonly LogRecord[]): LogRecord[] =>
  [...records].sort(
    (a, b) => a.timestamp - b.timestamp || text(a.serviceName, b.serviceName) || text(a.body, b.body),
  );

const REQUESTS: ReadonlySet<string> = new Set(
  ['bucket', 'sum', 'count'].map((suffix) => `${T.duration.name}_${suffix}`).concat(T.requests.name),
);

/** Requests that a mesh counted are not counted from spans again, which may be a sample. */
const withoutDoubles = (fromSpans: readonly Series[], covered: ReadonlySet<string>): readonly Series[] =>
  fromSpans.filter(
    ({ labels }) => !REQUESTS.has(labels['__name__'] ?? '') || !covered.has(labels['service_name'] ?? ''),
  );

/** Newest first, as readers give them; the same span in two files once. */
function distinctSpans(spans: readonly Span[]): readonly Span[] {
  const known = new Map<string, Span>();
  for (const span of spans) {
    const key = `${span.traceId} ${span.spanId} ${span.serviceName} ${span.kind}`;
    if (!known.has(key)) known.set(key, span);
  }
  return [...known.values()].sort((a, b) => b.start - a.start || text(a.spanId, b.spanId));
}

/** First and last instant of everything; undefined when there is nothing. */
export function extentOf({ series, spans, logs, events, profiles }: Imported) {
  let [from, to] = [Infinity, -Infinity];
  const see = (at: number): void => {
    if (at < from) from = at;
    if (at > to) to = at;
  };
  for (const { timestamps } of series) {
    see(timestamps[0] ?? NaN);
    see(timestamps.at(-1) ?? NaN);
  }
  for (const { start, duration } of spans) {
    see(start);
    see(start + duration);
  }
  for (const { timestamp } of [...logs, ...events]) see(timestamp);
  for (const [, , start, end] of profiles.samples) {
    see(Number(start));
    see(Number(end));
  }
  return to < from
    ? undefined
    : { from: milliseconds(Math.floor(from) - 1), to: milliseconds(Math.ceil(to)) };
}
