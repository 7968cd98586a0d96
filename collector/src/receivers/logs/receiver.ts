import type { LogRow } from '@gumshoe/schema/tables/logs';
import { MessageJoiner } from '@gumshoe/text/multiline';
import type { MetricSink } from '../../pipeline/metric-sink.ts';
import { ContainerLog, type LogMessage } from './container-log.ts';
import { RuntimeLines } from './runtime-lines.ts';
import { Tail, type Position } from './tail.ts';

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
  readonly lines: RuntimeLines;
  readonly joiner: MessageJoiner;
  /** ms; when the message that is being joined began, as far as the runtime says. */
  began: number | undefined;
  lastLine: number;
  /** Bytes of lines that were read and not handed over: of the message that is being joined, and of a cut line. */
  held: number;
  cut: number;
}

const MESSAGE_ENDS_AFTER = 1000;
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
    if (this.sources.has(file.path)) return;
    this.sources.set(file.path, {
      file,
      tail: new Tail(file.path, fromStart, this.options.positions?.get(file.path)),
      lines: new RuntimeLines(),
      joiner: new MessageJoiner(),
      began: undefined,
      lastLine: 0,
      held: 0,
      cut: 0,
    });
  }

  /** Lets go of a file whose container is gone; what was read but not handed over is handed over. */
  unfollow(path: string): void {
    const source = this.sources.get(path);
    if (!source) return;
    this.finish(source);
    this.sources.delete(path);
    const { containerId } = source.file;
    if ([...this.sources.values()].some((one) => one.file.containerId === containerId)) return;
    this.forgotten += this.logs.get(containerId)?.dropped ?? 0;
    this.logs.delete(containerId);
  }

  followed(): IterableIterator<string> {
    return this.sources.keys();
  }

  /** How far each file was handed over: where a next process goes on. */
  positions(): ReadonlyMap<string, Position> {
    return new Map(
      [...this.sources].flatMap(([path, { tail, held, cut }]) => {
        const { position } = tail;
        if (!position) return [];
        return [[path, { ...position, offset: Math.max(0, position.offset - held - cut) }] as const];
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
    for (const source of this.sources.values()) {
      const lines = source.tail.read();
      for (const line of lines) this.line(source, line, now, rows);
      if (lines.length > 0) source.lastLine = now;
      else if (now - source.lastLine >= MESSAGE_ENDS_AFTER)
        this.message(source, source.joiner.flush(), now, rows);
    }
    if (rows.length > 0) this.options.onRows(rows);
  }

  private line(source: Source, raw: string, now: number, rows: LogRow[]): void {
    source.cut += Buffer.byteLength(raw) + 1;
    const line = source.lines.add(raw.endsWith('\r') ? raw.slice(0, -1) : raw);
    if (line === undefined) return;
    const done = source.joiner.add(line.text);
    if (done !== undefined) this.message(source, done, now, rows);
    source.held += source.cut;
    source.cut = 0;
    source.began ??= line.at;
  }

  private message(source: Source, text: string | undefined, now: number, rows: LogRow[]): void {
    source.held = 0;
    if (text === undefined) return;
    const at = source.began ?? now;
    source.began = undefined;
    const { containerId, source: name = OUTPUT } = source.file;
    const row = this.logOf(containerId).take({ text, at }, name, now);
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
