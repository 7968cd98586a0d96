import { LOG_PATTERN_HASH, RESOURCE_ATTRIBUTES } from '@gumshoe/schema/attributes';
import { CONTAINER_METRICS } from '@gumshoe/schema/metrics/container';
import type { LogRow } from '@gumshoe/schema/tables/logs';
import { logLevel, severityOf, type LogLevel } from '@gumshoe/text/log-level';
import { MessageJoiner } from '@gumshoe/text/multiline';
import { redactSecrets } from '@gumshoe/text/redact';
import { serviceNameOf } from '../../identity/container-id.ts';
import type { MetricSink, MetricSource } from '../../pipeline/metric-sink.ts';
import { Patterns } from './patterns.ts';
import { RuntimeLines } from './runtime-lines.ts';
import { Tail } from './tail.ts';

/** A file that holds the output of a container. */
export interface LogFile {
  readonly containerId: string;
  readonly path: string;
}

export interface LogsOptions {
  readonly files: readonly LogFile[];
  readonly hostName: string;
  /** Messages per second of one container; the rest is counted. */
  readonly messagesPerSecond: number;
  readonly onRows: (rows: readonly LogRow[]) => void;
}

interface Source {
  readonly file: LogFile;
  readonly tail: Tail;
  readonly lines: RuntimeLines;
  readonly joiner: MessageJoiner;
  readonly patterns: Patterns;
  readonly counts: Map<string, { readonly labels: Record<string, string>; count: number }>;
  lastLine: number;
  second: number;
  inSecond: number;
}

const MESSAGE_ENDS_AFTER = 1000;
const CLASSIFIED: ReadonlySet<LogLevel> = new Set(['warning', 'error', 'critical']);

/** Follows log files, joins lines into messages, counts them by level and pattern, and hands rows on. */
export class LogsReceiver implements MetricSource {
  readonly name = 'logs';
  private readonly options: LogsOptions;
  private readonly sources = new Map<string, Source>();
  private timer: NodeJS.Timeout | undefined;
  dropped = 0;

  constructor(options: LogsOptions) {
    this.options = options;
    for (const file of options.files) this.follow(file, false);
  }

  /** Follows a further file; `fromStart` when all of it is news. Following it already changes nothing. */
  follow(file: LogFile, fromStart: boolean): void {
    if (this.sources.has(file.path)) return;
    this.sources.set(file.path, {
      file,
      tail: new Tail(file.path, fromStart),
      lines: new RuntimeLines(),
      joiner: new MessageJoiner(),
      patterns: new Patterns(),
      counts: new Map(),
      lastLine: 0,
      second: 0,
      inSecond: 0,
    });
  }

  /** Lets go of a file whose container is gone; what was read but not handed over is handed over. */
  unfollow(path: string): void {
    const source = this.sources.get(path);
    if (!source) return;
    this.finish(source);
    this.sources.delete(path);
  }

  followed(): IterableIterator<string> {
    return this.sources.keys();
  }

  start(): void {
    this.timer = setInterval(() => this.poll(Date.now()), 500);
  }

  /** Reads what was added; `now` in ms is the time of the messages. */
  poll(now: number): void {
    const rows: LogRow[] = [];
    for (const source of this.sources.values()) {
      const lines = source.tail.read();
      for (const line of lines) this.line(source, line, now, rows);
      if (lines.length > 0) source.lastLine = now;
      else if (now - source.lastLine >= MESSAGE_ENDS_AFTER)
        this.message(source, source.joiner.flush(), now, rows);
    }
    if (rows.length > 0) this.options.onRows(rows);
  }

  private line(source: Source, line: string, now: number, rows: LogRow[]): void {
    const text = source.lines.add(line);
    if (text !== undefined) this.message(source, source.joiner.add(text), now, rows);
  }

  private message(source: Source, raw: string | undefined, now: number, rows: LogRow[]): void {
    if (raw === undefined) return;
    const message = redactSecrets(raw);
    const level = logLevel(message);
    const pattern = CLASSIFIED.has(level) ? source.patterns.of(level, message) : { hash: '', sample: '' };
    count(source, level, pattern.hash, pattern.sample);
    const second = Math.floor(now / 1000);
    if (second !== source.second) [source.second, source.inSecond] = [second, 0];
    if (++source.inSecond > this.options.messagesPerSecond) {
      this.dropped++;
      return;
    }
    const { containerId } = source.file;
    const severity = severityOf(level);
    rows.push({
      Timestamp: `${second}.${String(now % 1000).padStart(3, '0')}000000`,
      TraceId: '',
      SpanId: '',
      TraceFlags: 0,
      SeverityText: severity.text,
      SeverityNumber: severity.number,
      ServiceName: serviceNameOf(containerId),
      Body: message,
      ResourceAttributes: {
        [RESOURCE_ATTRIBUTES.serviceName]: serviceNameOf(containerId),
        [RESOURCE_ATTRIBUTES.containerId]: containerId,
        [RESOURCE_ATTRIBUTES.hostName]: this.options.hostName,
      },
      LogAttributes: pattern.hash === '' ? {} : { [LOG_PATTERN_HASH]: pattern.hash },
    });
  }

  collect(sink: MetricSink): void {
    for (const { file, counts } of this.sources.values())
      for (const { labels, count } of counts.values())
        sink.sample(CONTAINER_METRICS.logMessages, file, labels, count);
  }

  problems(): readonly string[] {
    return [...this.sources.values()]
      .filter((source) => source.tail.problem !== '')
      .map((source) => `${source.file.path}: ${source.tail.problem}`);
  }

  stop(): void {
    clearInterval(this.timer);
    this.poll(Date.now());
    for (const source of this.sources.values()) this.finish(source);
  }

  private finish(source: Source): void {
    const now = Date.now();
    const rows: LogRow[] = [];
    for (const line of source.tail.read()) this.line(source, line, now, rows);
    this.message(source, source.joiner.flush(), now, rows);
    source.tail.close();
    if (rows.length > 0) this.options.onRows(rows);
  }
}

function count(source: Source, level: LogLevel, hash: string, sample: string): void {
  const key = `${level} ${hash}`;
  const known = source.counts.get(key);
  if (known) known.count++;
  else
    source.counts.set(key, {
      labels: { source: 'stdout/stderr', level, pattern_hash: hash, sample },
      count: 1,
    });
}
