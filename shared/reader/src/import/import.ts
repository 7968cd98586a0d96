import { FailureError } from '@gumshoe/base/failure';
import type { Series } from '@gumshoe/base/series';
import { milliseconds } from '@gumshoe/base/time';
import type { LogRecord, Span } from '@gumshoe/engine/ports';
import { logSeries } from '@gumshoe/model/derived/log-series';
import { traceSeries } from '@gumshoe/model/derived/trace-series';
import { isTraceMetric } from '@gumshoe/schema/metrics/trace';
import { importEvent } from './events.ts';
import { isJsonLines, linesOf, sniff, wholeOf, type SniffedFile } from './files.ts';
import { translateForeign } from './foreign-metrics.ts';
import { importJaeger } from './jaeger-json.ts';
import { importLogs, importMetrics, importTraces, type ImportSink } from './otlp-json.ts';
import { decodeOtlp, type OtlpSignal } from '@gumshoe/schema/otlp/protobuf';
import { looksLikePrometheusText, PrometheusTextParser } from './prometheus-text.ts';
import { SeriesCollector } from './series-collector.ts';

/** What files held, ready for a snapshot. Everything is sorted, so that the order of the files does not matter. */
export interface Imported {
  readonly series: readonly Series[];
  readonly spans: readonly Span[];
  readonly logs: readonly LogRecord[];
  /** One sentence for each thing that was not taken over. */
  readonly problems: readonly string[];
}

export interface ImportOptions {
  readonly progress?: (done: number, total: number, what: string) => void;
  readonly signal?: AbortSignal;
}

type Json = Readonly<Record<string, unknown>>;

const MAX_SPANS = 5_000_000;
const MAX_LOGS = 5_000_000;

class Gathered implements ImportSink {
  readonly series = new SeriesCollector();
  readonly spans: Span[] = [];
  readonly logs: LogRecord[] = [];
  beyond = 0;

  readonly span = (span: Span): void => {
    if (this.spans.length < MAX_SPANS) this.spans.push(span);
    else this.beyond++;
  };
  readonly log = (record: LogRecord): void => {
    if (this.logs.length < MAX_LOGS) this.logs.push(record);
    else this.beyond++;
  };
}

/**
 * Reads OpenMetrics or Prometheus text with timestamps (also dumps of a TSDB), OTLP as JSON lines, JSON documents or
 * the Collector's length-prefixed protobuf, Jaeger JSON and events as JSON lines; gzip and zstd are seen through.
 * @throws FailureError `not-found`, `corrupt`, `invalid-input` for a file of another kind, `cancelled`.
 */
export async function importFiles(paths: readonly string[], options: ImportOptions = {}): Promise<Imported> {
  const gathered = new Gathered();
  const problems: string[] = [];
  for (const [done, path] of paths.entries()) {
    options.progress?.(done, paths.length, path);
    if (options.signal?.aborted)
      throw new FailureError({ code: 'cancelled', tried: 'import', target: path, reason: 'cancelled' });
    problems.push(...(await importFile(await sniff(path), gathered)));
  }
  options.progress?.(paths.length, paths.length, 'counting spans and log records');
  if (gathered.beyond > 0)
    problems.push(`${gathered.beyond} spans and log records beyond the bound were left out`);
  return { ...finished(gathered), problems };
}

const text = (a: string, b: string): number => (a < b ? -1 : Number(a > b));

function finished({ series: collector, spans, logs }: Gathered): Omit<Imported, 'problems'> {
  const uniqueSpans = distinctSpans(spans);
  const given = collector.series();
  const counted = given.some(({ labels }) => isTraceMetric(labels['__name__'] ?? ''));
  const translated = translateForeign(given);
  const bySpans = counted ? [] : withoutDoubles(traceSeries(uniqueSpans), translated);
  const sortedLogs = [...logs].sort(
    (a, b) => a.timestamp - b.timestamp || text(a.serviceName, b.serviceName) || text(a.body, b.body),
  );
  return {
    series: [...given, ...translated, ...bySpans, ...logSeries(sortedLogs)],
    spans: uniqueSpans,
    logs: sortedLogs.reverse(),
  };
}

/** Requests that a mesh counted are not counted from spans again, which may be a sample. */
function withoutDoubles(fromSpans: readonly Series[], translated: readonly Series[]): readonly Series[] {
  const present = new Set(translated.map(({ labels }) => labels['__name__']));
  return fromSpans.filter(({ labels }) => !present.has(labels['__name__']));
}

/** Newest first, as readers give them; the same span in two files once. */
function distinctSpans(spans: readonly Span[]): readonly Span[] {
  const known = new Map<string, Span>();
  for (const span of spans) {
    const key = `${span.traceId} ${span.spanId} ${span.serviceName} ${span.kind}`;
    if (!known.has(key)) known.set(key, span);
  }
  return [...known.values()].sort((a, b) => b.start - a.start || text(a.spanId, b.spanId));
}

async function importFile(file: SniffedFile, sink: Gathered): Promise<readonly string[]> {
  const head = file.head.toString('utf8').replace(/^\uFEFF/, '');
  const start = head.trimStart()[0];
  if (start === '[' || (start === '{' && !isJsonLines(head) && !looksLikePrometheusText(head)))
    return importDocument(file, sink);
  if (start === '{' && isJsonLines(head)) return importLines(file, sink);
  if (looksLikePrometheusText(head)) return importText(file, sink);
  return importProtobuf(file, sink);
}

async function importText(file: SniffedFile, { series }: Gathered): Promise<readonly string[]> {
  const parser = new PrometheusTextParser(series);
  for await (const line of linesOf(file)) parser.line(line);
  if (parser.mistaken === 0) return [];
  const [first] = parser.mistakes;
  return [
    `${file.path}: ${parser.mistaken} lines are no samples with a timestamp, the first is line ${first?.line}: ${first?.reason}`,
  ];
}

async function importLines(file: SniffedFile, sink: Gathered): Promise<readonly string[]> {
  let [number, bad, first] = [0, 0, 0];
  for await (const line of linesOf(file)) {
    number++;
    if (line.trim() === '') continue;
    const unreadable = importJson(line, sink);
    if (unreadable === 0) continue;
    bad += unreadable;
    first ||= number;
  }
  return bad === 0 ? [] : [`${file.path}: ${bad} records could not be read, the first on line ${first}`];
}

async function importDocument(file: SniffedFile, sink: Gathered): Promise<readonly string[]> {
  const bad = importJson((await wholeOf(file)).toString('utf8'), sink);
  return bad === 0 ? [] : [`${file.path}: ${bad} records could not be read`];
}

/** One JSON value: a request of OTLP, an answer of Jaeger, an event, or a list of these. */
function importJson(content: string, sink: Gathered): number {
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch {
    return 1;
  }
  const values = Array.isArray(value) ? value : [value];
  return values.reduce((sum: number, one) => sum + importValue(one, sink), 0);
}

function importValue(value: unknown, sink: Gathered): number {
  if (typeof value !== 'object' || value === null) return 1;
  const json = value as Json;
  try {
    if (json['resourceSpans'] !== undefined) return importTraces(json, sink);
    if (json['resourceLogs'] !== undefined) return importLogs(json, sink);
    if (json['resourceMetrics'] !== undefined) return importMetrics(json, sink);
    if (Array.isArray(json['data'])) return importJaeger(json, sink);
    if (Array.isArray(json['spans'])) return importJaeger({ data: [json] }, sink);
    return importEvent(json, sink) ? 0 : 1;
  } catch {
    return 1; // a field of another type than the specification gives it
  }
}

const SIGNALS: readonly OtlpSignal[] = ['resourceSpans', 'resourceLogs', 'resourceMetrics'];

/** The Collector's file exporter writes each request behind its length, 4 bytes big-endian; or one bare request. */
async function importProtobuf(file: SniffedFile, sink: Gathered): Promise<readonly string[]> {
  const content = await wholeOf(file);
  let bad = 0;
  let read = 0;
  for (const message of framesOf(content)) {
    const before = sink.spans.length + sink.logs.length + sink.series.samples;
    bad += importMessage(message, sink);
    if (sink.spans.length + sink.logs.length + sink.series.samples > before) read++;
  }
  if (read === 0)
    throw new FailureError({
      code: 'invalid-input',
      tried: 'import',
      target: file.path,
      reason: 'neither samples in text, nor OTLP (JSON or protobuf), nor Jaeger JSON, nor events',
      remedy: 'See docs/import.md for what can be read.',
    });
  return bad === 0 ? [] : [`${file.path}: ${bad} records could not be read`];
}

function framesOf(content: Buffer): readonly Buffer[] {
  const frames: Buffer[] = [];
  let at = 0;
  while (at + 4 <= content.length) {
    const length = content.readUInt32BE(at);
    if (at + 4 + length > content.length) break;
    frames.push(content.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return at === content.length && frames.length > 0 ? frames : [content];
}

/** The three requests share their outer shape; the one whose records make sense is it. */
function importMessage(message: Buffer, sink: Gathered): number {
  for (const signal of SIGNALS) {
    const trial = new Gathered();
    try {
      const bad = importValue(decodeOtlp(message, signal), trial);
      const records = trial.spans.length + trial.logs.length + trial.series.samples;
      if (records === 0 || !plausible(trial)) continue;
      for (const span of trial.spans) sink.span(span);
      for (const log of trial.logs) sink.log(log);
      for (const { labels, timestamps, values } of trial.series.series())
        timestamps.forEach((at, i) => sink.series.add(labels, at, values[i]!));
      return bad;
    } catch {
      // not this one
    }
  }
  return 1;
}

/** Fields of one signal read as another give instants outside of any sensible time. */
function plausible({ spans, logs, series }: Gathered): boolean {
  const sensible = (at: number): boolean => at > 1e11 && at < 1e14;
  return (
    spans.every(
      ({ start, traceId, spanId }) => sensible(start) && traceId.length === 32 && spanId.length === 16,
    ) &&
    logs.every(({ timestamp }) => sensible(timestamp)) &&
    series
      .series()
      .every(({ timestamps, labels }) => sensible(timestamps[0] ?? 0) && labels['__name__'] !== '')
  );
}

/** First and last instant of everything; undefined when there is nothing. */
export function extentOf({ series, spans, logs }: Imported) {
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
  for (const { timestamp } of logs) see(timestamp);
  return to < from
    ? undefined
    : { from: milliseconds(Math.floor(from) - 1), to: milliseconds(Math.ceil(to)) };
}
