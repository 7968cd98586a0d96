import { join } from 'node:path';
import type { Logger } from '@gumshoe/base/logger';
import { labelsKey } from '@gumshoe/base/series';
import type { Labels, Series } from '@gumshoe/base/series';
import type { Matcher } from '@gumshoe/promql/matchers';
import { decodeHistogram } from '@gumshoe/schema/remote-write/histogram';
import { readLabels, writeLabels } from './block-file.ts';
import { ByteReader, ByteWriter } from './byte-stream.ts';
import { HistogramSeries } from './histogram-series.ts';
import { LabelIndex } from './label-index.ts';
import type { AppendResult, MetricStoreOptions } from './metric-store.ts';
import { replayLog, WriteAheadLog } from './write-ahead-log.ts';

/** Histograms of one series to append, each as the protobuf message of a remote write. */
export interface IncomingHistograms {
  /** Undefined when Prometheus would not accept the label set. */
  readonly labels: () => Labels | undefined;
  readonly histograms: readonly Uint8Array[];
}

/** Closed part of the log that can go when all of it is too old. */
interface Closed {
  readonly before: number;
  readonly maxTime: number;
}

interface Accepted {
  readonly series: HistogramSeries;
  readonly time: number;
  readonly bytes: Uint8Array;
}

const SEGMENT_BYTES = 16 * 1024 * 1024;
const SEGMENT_AGE = 30 * 60_000;
const SYNC_EVERY = 2_000;
const MAX_SERIES = 50_000;

/**
 * Durable native histograms beside the floats of `MetricStore`: all of them in memory as they came, and in a log of their
 * own, whose oldest parts go when they are too old or too many. There are few of them, so there are no blocks.
 */
export class HistogramStore {
  private readonly options: MetricStoreOptions;
  private readonly index = new LabelIndex<HistogramSeries>();
  private readonly byLabels = new Map<string, HistogramSeries>();
  private readonly log: WriteAheadLog;
  private logged = new Set<HistogramSeries>();
  private readonly closed: Closed[] = [];
  private nextId = 1;
  private maxTime = 0;
  private lastRotation = Date.now();
  private readonly timer: NodeJS.Timeout;
  private readonly record = new ByteWriter();

  /** Reads the log back from `directory/histograms`. */
  constructor(directory: string, options: MetricStoreOptions) {
    this.options = options;
    const path = join(directory, 'histograms');
    this.restore(path, options.logger);
    this.log = new WriteAheadLog(path);
    this.timer = setInterval(() => this.maintain(Date.now()), SYNC_EVERY);
    this.timer.unref();
  }

  get seriesCount(): number {
    return this.index.size;
  }

  select(matchers: readonly Matcher[], from: number, to: number): readonly Series[] {
    return this.index.find(matchers).flatMap((series) => series.read(from, to) ?? []);
  }

  labelSets(matchers: readonly Matcher[], from: number, to: number): readonly Labels[] {
    return this.index.labelSets(matchers, from, to);
  }

  labelNames(): readonly string[] {
    return this.index.labelNames();
  }

  labelValues(name: string): readonly string[] {
    return this.index.labelValues(name);
  }

  /**
   * Accepts what Prometheus would, as `MetricStore.append` does. Throws RangeError on bytes that are no histogram; then
   * nothing was accepted.
   */
  append(batch: readonly IncomingHistograms[]): AppendResult {
    const refused = new Map<string, number>();
    const refuse = (reason: string, by = 1): void =>
      void refused.set(reason, (refused.get(reason) ?? 0) + by);
    const accepted: Accepted[] = [];
    const pending = new Map<HistogramSeries, number>();
    const fresh = new Map<string, HistogramSeries>();
    let duplicates = 0;
    for (const { labels, histograms } of batch) {
      const timed = histograms.map((bytes) => ({ time: decodeHistogram(bytes).timestamp, bytes }));
      const series = this.seriesOf(labels(), fresh);
      if (typeof series === 'string') {
        refuse(series, histograms.length);
        continue;
      }
      for (const { time, bytes } of timed) {
        const last = pending.get(series) ?? series.lastTime;
        if (time > last) {
          accepted.push({ series, time, bytes: Uint8Array.from(bytes) });
          pending.set(series, time);
        } else if (time < last) refuse('out of order sample');
        else if (pending.has(series) || series.lastEquals(bytes)) duplicates++;
        else refuse('duplicate sample for timestamp');
      }
    }
    if (accepted.length > 0) this.commit(accepted);
    return { appended: accepted.length, duplicates, refused };
  }

  private seriesOf(
    labels: Labels | undefined,
    fresh: Map<string, HistogramSeries>,
  ): HistogramSeries | string {
    if (labels === undefined) return 'invalid label set';
    const key = labelsKey(labels);
    const known = this.byLabels.get(key) ?? fresh.get(key);
    if (known) return known;
    if (this.index.size + fresh.size >= MAX_SERIES) return 'too many series';
    const made = new HistogramSeries(this.nextId++, labels);
    fresh.set(key, made);
    return made;
  }

  private commit(accepted: readonly Accepted[]): void {
    const { record } = this;
    record.clear();
    const added = new Set(accepted.map(({ series }) => series).filter((one) => !this.logged.has(one)));
    record.varint(added.size);
    for (const series of added) {
      record.varint(series.id);
      writeLabels(record, series.labels);
    }
    record.varint(accepted.length);
    for (const { series, time, bytes } of accepted) {
      record.varint(series.id);
      record.signed(time);
      record.varint(bytes.length);
      record.bytes(bytes);
    }
    this.log.append(record.view());
    for (const series of added) this.logged.add(series);
    for (const { series, time, bytes } of accepted) this.keep(series, time, bytes);
  }

  private keep(series: HistogramSeries, time: number, bytes: Uint8Array): void {
    const key = labelsKey(series.labels);
    if (!this.byLabels.has(key)) {
      this.byLabels.set(key, series);
      this.index.add(series);
    }
    series.append(time, bytes);
    this.maxTime = Math.max(this.maxTime, time);
  }

  private restore(path: string, logger: Logger): void {
    let numbering = new Map<number, HistogramSeries>();
    const { lostBytes } = replayLog(
      path,
      () => (numbering = new Map()),
      (payload) => this.restoreRecord(new ByteReader(payload), numbering),
    );
    if (lostBytes > 0)
      logger.log(
        'warn',
        'the log of histograms ended in an unfinished record, which was never acknowledged',
        {
          bytes: lostBytes,
        },
      );
  }

  private restoreRecord(reader: ByteReader, numbering: Map<number, HistogramSeries>): void {
    for (let left = reader.varint(); left > 0; left--) {
      const id = reader.varint();
      const labels = readLabels(reader);
      const known = this.byLabels.get(labelsKey(labels));
      numbering.set(id, known ?? new HistogramSeries(this.nextId++, labels));
    }
    for (let left = reader.varint(); left > 0; left--) {
      const series = numbering.get(reader.varint());
      const time = reader.signed();
      const bytes = Uint8Array.from(reader.bytes(reader.varint()));
      if (series && time > series.lastTime) this.keep(series, time, bytes);
    }
  }

  /** Syncs the log, closes a part of it that is large or old, and drops closed parts that are too old or too many. */
  maintain(now: number): void {
    const report = (error: unknown): void =>
      this.options.logger.log('error', 'histograms could not be written', { reason: String(error) });
    this.log.sync(report);
    const due = this.log.bytes > SEGMENT_BYTES || now - this.lastRotation > SEGMENT_AGE;
    if (!due) return;
    this.lastRotation = now;
    try {
      const unclosed = this.log.bytes > 0 || this.closed.length === 0;
      if (this.maxTime > 0 && unclosed)
        this.closed.push({ before: this.log.rotate(), maxTime: this.maxTime });
      this.logged = new Set();
      while (this.closed.length > 0 && (this.isOld(this.closed[0]!, now) || this.isFull())) this.drop();
    } catch (error) {
      report(error);
    }
  }

  private isOld({ maxTime }: Closed, now: number): boolean {
    return maxTime < now - this.options.retention;
  }

  private isFull(): boolean {
    let bytes = 0;
    for (const series of this.byLabels.values()) bytes += series.bytes;
    return bytes > this.options.memoryLimit;
  }

  private drop(): void {
    const { before, maxTime } = this.closed.shift()!;
    this.log.removeBefore(before);
    for (const [key, series] of this.byLabels) {
      series.dropUntil(maxTime);
      if (!series.isEmpty) continue;
      this.byLabels.delete(key);
      this.index.remove(series);
    }
  }

  close(): void {
    clearInterval(this.timer);
    this.log.close();
  }
}
