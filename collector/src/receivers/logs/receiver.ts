import type { LogRow } from '@gumshoe/schema/tables/logs';
import type { MetricSink } from '../../pipeline/metric-sink.ts';
import { ContainerLog, type LogMessage } from './container-log.ts';
import { LogStream, type StreamMessage } from './log-stream.ts';
import { programLine } from './runtime-lines.ts';
import { Tail, type Position, type TailLine } from './tail.ts';

/** A file that holds the output of a container. */
export interface LogFile {
  readonly containerId: string;
  readonly path: string;
  /** Label `source` of its counters; `stdout/stderr` when left out. */
  readonly source?: string;
}

export interface LogsOptions {
  readonly files: readonly LogFile[];
  readonly hostName: string;
  /** Messages per second of one container; the rest is counted. */
  readonly messagesPerSecond: number;
  readonly onRows: (rows: readonly LogRow[]) => void;
  /** Where reading goes on after a restart, by path; what is not there begins as `follow` says. */
  readonly positions?: ReadonlyMap<string, Position>;
}

interface Source {
  readonly file: LogFile;
  readonly tail: Tail;
  /** By name: what a program writes to its two outputs comes mixed, line by line. */
  readonly streams: Map<string, LogStream>;
  /** Its container is gone: what the file still holds is read, and then it is let go. */
  isLeaving: boolean;
}

const POLL_EVERY = 500;
const OUTPUT = 'stdout/stderr';

/** Follows log files, joins lines into messages, counts them by level and pattern, and hands rows on. */
export class LogsReceiver {
  readonly name = 'logs';
  private readonly options: LogsOptions;
  private readonly sources = new Map<string, Source>();
  private readonly logs = new Map<string, ContainerLog>();
  private timer: NodeJS.Timeout | undefined;
  private forgotten = 0;

  constructor(options: LogsOptions) {
    this.options = options;
    for (const file of options.files) this.follow(file, false);
  }

  /** Messages beyond the rate of their container. */
  get dropped(): number {
    return [...this.logs.values()].reduce((sum, one) => sum + one.dropped, this.forgotten);
  }

  /** Follows a further file; `fromStart` when all of it is news. Following it already changes nothing. */
  follow(file: LogFile, fromStart: boolean): void {
    const known = this.sources.get(file.path);
    if (known) known.isLeaving = false;
    if (known) return;
    this.sources.set(file.path, {
      file,
      tail: new Tail(file.path, fromStart, this.options.positions?.get(file.path)),
      streams: new Map(),
      isLeaving: false,
    });
  }

  /** Lets go of a file whose container is gone, once all of it was read. */
  unfollow(path: string): void {
    const source = this.sources.get(path);
    if (source) source.isLeaving = true;
  }

  private letGo(path: string, source: Source, now: number, rows: LogRow[]): void {
    this.finish(source, now, rows);
    this.sources.delete(path);
    const { containerId } = source.file;
    if ([...this.sources.values()].some((one) => one.file.containerId === containerId)) return;
    this.forgotten += this.logs.get(containerId)?.dropped ?? 0;
    this.logs.delete(containerId);
  }

  followed(): readonly string[] {
    return [...this.sources].flatMap(([path, { isLeaving }]) => (isLeaving ? [] : [path]));
  }

  /** How far each file was handed over: where a next process goes on. */
  positions(): ReadonlyMap<string, Position> {
    return new Map(
      [...this.sources].flatMap(([path, { tail, streams }]) => {
        const { position } = tail;
        if (!position) return [];
        const held = [...streams.values()].map(({ from }) => from ?? Infinity);
        return [[path, { ...position, offset: Math.min(position.offset, ...held) }] as const];
      }),
    );
  }

  start(): void {
    this.timer = setInterval(() => this.poll(Date.now()), POLL_EVERY);
  }

  /** Messages that come another way than through a file. `now` in ms. */
  take(containerId: string, messages: readonly LogMessage[], source: string, now: number): void {
    const log = this.logOf(containerId);
    const rows = messages.flatMap((message) => log.take(message, source, now) ?? []);
    if (rows.length > 0) this.options.onRows(rows);
  }

  /** Reads what was added; `now` in ms is the time of messages that have none of their own. */
  poll(now: number): void {
    const rows: LogRow[] = [];
    for (const [path, source] of this.sources) {
      const lines = source.tail.read();
      for (const line of lines) this.line(source, line, now, rows);
      for (const stream of source.streams.values()) this.messages(source, stream.quiet(now), now, rows);
      if (source.isLeaving && lines.length === 0) this.letGo(path, source, now, rows);
    }
    if (rows.length > 0) this.options.onRows(rows);
  }

  private line({ streams, file }: Source, { text, at }: TailLine, now: number, rows: LogRow[]): void {
    const piece = programLine(text);
    let stream = streams.get(piece.stream);
    if (!stream) streams.set(piece.stream, (stream = new LogStream()));
    const done = stream.add(piece, at, now);
    if (done) this.message(file, done, now, rows);
  }

  private messages({ file }: Source, messages: readonly StreamMessage[], now: number, rows: LogRow[]): void {
    for (const one of messages) this.message(file, one, now, rows);
  }

  private message(file: LogFile, message: StreamMessage, now: number, rows: LogRow[]): void {
    const { text, at = now } = message;
    const { containerId, source = OUTPUT } = file;
    const row = this.logOf(containerId).take({ text, at }, source, now);
    if (row) rows.push(row);
  }

  private logOf(containerId: string): ContainerLog {
    let log = this.logs.get(containerId);
    if (log === undefined) {
      log = new ContainerLog(containerId, this.options.hostName, this.options.messagesPerSecond);
      this.logs.set(containerId, log);
    }
    return log;
  }

  collect(sink: MetricSink): void {
    for (const log of this.logs.values()) log.collect(sink);
  }

  problems(): readonly string[] {
    return [...this.sources.values()]
      .filter((source) => source.tail.problem !== '')
      .map((source) => `${source.file.path}: ${source.tail.problem}`);
  }

  stop(): void {
    clearInterval(this.timer);
    const now = Date.now();
    this.poll(now);
    const rows: LogRow[] = [];
    for (const source of this.sources.values()) this.finish(source, now, rows);
    if (rows.length > 0) this.options.onRows(rows);
  }

  private finish(source: Source, now: number, rows: LogRow[]): void {
    for (const line of source.tail.read()) this.line(source, line, now, rows);
    for (const stream of source.streams.values()) this.messages(source, stream.flush(), now, rows);
    source.tail.close();
  }
}
