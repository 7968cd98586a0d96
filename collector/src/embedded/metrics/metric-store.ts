import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from '@gumshoe/base/logger';
import { labelsKey } from '@gumshoe/base/series';
import type { Labels, Series } from '@gumshoe/base/series';
import type { Matcher } from '@gumshoe/promql/matchers';
import type { SeriesSource } from '@gumshoe/promql/source';
import { readBlock, readLabels, writeBlock, writeLabels } from './block-file.ts';
import { ByteReader, ByteWriter } from './byte-stream.ts';
import { LabelIndex } from './label-index.ts';
import { StoredSeries } from './stored-series.ts';
import { replayLog, WriteAheadLog } from './write-ahead-log.ts';

export interface MetricStoreOptions {
  /** ms */
  readonly retention: number;
  /** Bytes of samples in memory; the oldest block is dropped above it. */
  readonly memoryLimit: number;
  readonly logger: Logger;
  /** Bytes of log after which it becomes a block. */
  readonly blockBytes?: number;
  readonly maxSeries?: number;
}

/** Samples of one series to append. `values` holds eight bytes per sample, little endian. */
export interface IncomingSeries {
  /** Same text, same labels; saves building and comparing label sets. */
  readonly key: string;
  /** Undefined when Prometheus would not accept the label set. */
  readonly labels: () => Labels | undefined;
  readonly timestamps: readonly number[];
  readonly values: Uint8Array;
}

export interface AppendResult {
  readonly appended: number;
  readonly duplicates: number;
  /** Reasons for samples that were refused, as Prometheus words them, with how many of each. */
  readonly refused: ReadonlyMap<string, number>;
}

interface Block {
  readonly path: string;
  readonly maxTime: number;
}

const BLOCK_BYTES = 64 * 1024 * 1024;
const BLOCK_AGE = 30 * 60_000;
const MAX_SERIES = 500_000;
const SYNC_EVERY = 2_000;
const BLOCK_FILE = /^(\d{10})-(\d+)\.block$/;

/**
 * Durable samples of one process: every accepted batch is in the log before it is acknowledged, everything is
 * in memory for reading (encoded, a few bytes a sample), and blocks replace the log as it grows.
 */
export class MetricStore implements SeriesSource {
  private readonly options: MetricStoreOptions;
  private readonly directory: string;
  private readonly index = new LabelIndex<StoredSeries>();
  private readonly byLabels = new Map<string, StoredSeries>();
  private byKey = new Map<string, StoredSeries>();
  private log: WriteAheadLog;
  private logged = new Set<StoredSeries>();
  private blocks: Block[] = [];
  private nextBlock = 1;
  private nextId = 1;
  private lastSeal = Date.now();
  private readonly timer: NodeJS.Timeout;
  private readonly record = new ByteWriter();

  private constructor(directory: string, options: MetricStoreOptions) {
    this.options = options;
    this.directory = directory;
    mkdirSync(join(directory, 'blocks'), { recursive: true, mode: 0o700 });
    this.restore();
    this.log = new WriteAheadLog(join(directory, 'wal'));
    this.timer = setInterval(() => this.maintain(Date.now()), SYNC_EVERY);
    this.timer.unref();
  }

  /** Reads blocks and log back. A damaged block is set aside and logged, never deleted. */
  static open(directory: string, options: MetricStoreOptions): MetricStore {
    return new MetricStore(directory, options);
  }

  get seriesCount(): number {
    return this.index.size;
  }

  select(matchers: readonly Matcher[], from: number, to: number): readonly Series[] {
    const found: Series[] = [];
    for (const stored of this.index.find(matchers)) {
      const series = stored.read(from, to);
      if (series !== undefined) found.push(series);
    }
    return found;
  }

  /** Label sets with any sample in the closed interval. */
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
   * Accepts what Prometheus would: times ascend per series; an equal sample is ignored, an older or different
   * one refused while the rest is kept. Returns after the accepted samples are in the log. Throws when the disk
   * refuses; then nothing was accepted.
   */
  append(batch: readonly IncomingSeries[]): AppendResult {
    const refused = new Map<string, number>();
    const accepted: Accepted[] = [];
    const pending = new Map<StoredSeries, number>();
    let duplicates = 0;
    const fresh = new Map<string, StoredSeries>();
    for (const incoming of batch) {
      const series = this.seriesOf(incoming, fresh);
      if (typeof series === 'string') {
        count(refused, series, incoming.timestamps.length);
        continue;
      }
      for (let i = 0; i < incoming.timestamps.length; i++) {
        const time = incoming.timestamps[i]!;
        const last = pending.get(series) ?? series.lastTime;
        if (time > last) {
          accepted.push({ series, time, values: incoming.values, offset: i * 8 });
          pending.set(series, time);
        } else if (time < last) count(refused, 'out of order sample', 1);
        else if (pending.has(series) || series.lastValueEquals(incoming.values, i * 8)) duplicates++;
        else count(refused, 'duplicate sample for timestamp', 1);
      }
    }
    if (accepted.length > 0) this.commit(accepted);
    return { appended: accepted.length, duplicates, refused };
  }

  /** The series, or why there is none. */
  private seriesOf(incoming: IncomingSeries, fresh: Map<string, StoredSeries>): StoredSeries | string {
    const known = this.byKey.get(incoming.key);
    if (known !== undefined && !known.isEmpty) return known;
    const labels = incoming.labels();
    if (labels === undefined) return 'invalid label set';
    const key = labelsKey(labels);
    let series = this.byLabels.get(key) ?? fresh.get(key);
    if (series === undefined) {
      if (this.index.size + fresh.size >= (this.options.maxSeries ?? MAX_SERIES)) return 'too many series';
      series = new StoredSeries(this.nextId++, labels);
      fresh.set(key, series);
    }
    if (this.byKey.size > 2 * this.index.size + 100_000) this.byKey = new Map();
    this.byKey.set(incoming.key, series);
    return series;
  }

  private commit(accepted: readonly Accepted[]): void {
    const { record } = this;
    record.clear();
    const added = new Set<StoredSeries>();
    for (const { series } of accepted) if (!this.logged.has(series)) added.add(series);
    record.varint(added.size);
    for (const series of added) {
      record.varint(series.id);
      writeLabels(record, series.labels);
    }
    record.varint(accepted.length);
    let id = 0;
    let time = 0;
    for (const sample of accepted) {
      record.signed(sample.series.id - id);
      record.signed(sample.time - time);
      record.bytes(sample.values, sample.offset, sample.offset + 8);
      id = sample.series.id;
      time = sample.time;
    }
    this.log.append(record.view());
    for (const series of added) this.logged.add(series);
    for (const { series, time: at, values, offset } of accepted) {
      if (series.isEmpty) this.adopt(series);
      series.append(at, values, offset);
    }
  }

  private adopt(series: StoredSeries): void {
    const key = labelsKey(series.labels);
    if (this.byLabels.has(key)) return;
    this.byLabels.set(key, series);
    this.index.add(series);
  }

  private restore(): void {
    for (const name of readdirSync(join(this.directory, 'blocks')).sort()) {
      const match = BLOCK_FILE.exec(name);
      if (match === null) continue;
      this.nextBlock = Number(match[1]) + 1;
      this.restoreBlock(join(this.directory, 'blocks', name), Number(match[2]));
    }
    let numbering = new Map<number, StoredSeries>();
    const replay = replayLog(
      join(this.directory, 'wal'),
      () => (numbering = new Map()),
      (payload) => this.restoreRecord(new ByteReader(payload), numbering),
    );
    if (replay.lostBytes > 0) {
      this.options.logger.log(
        'warn',
        'the metrics log ended in an unfinished record, which was never acknowledged',
        {
          bytes: replay.lostBytes,
        },
      );
    }
  }

  private restoreBlock(path: string, maxTime: number): void {
    try {
      for (const { labels, chunks } of readBlock(path)) {
        const series = this.known(labels);
        for (const chunk of chunks) series.restore(chunk);
        this.adopt(series);
      }
      this.blocks.push({ path, maxTime });
    } catch (error) {
      this.options.logger.log('error', 'a block of metrics is damaged and was set aside', {
        reason: String(error),
      });
      renameSync(path, `${path}.damaged`);
    }
  }

  private known(labels: Labels): StoredSeries {
    return this.byLabels.get(labelsKey(labels)) ?? new StoredSeries(this.nextId++, labels);
  }

  /** Samples that a block already holds are older than the series' last time and fall out here. */
  private restoreRecord(reader: ByteReader, numbering: Map<number, StoredSeries>): void {
    for (let left = reader.varint(); left > 0; left--) {
      const id = reader.varint();
      numbering.set(id, this.known(readLabels(reader)));
    }
    let id = 0;
    let time = 0;
    for (let left = reader.varint(); left > 0; left--) {
      id += reader.signed();
      time += reader.signed();
      const value = reader.bytes(8);
      const series = numbering.get(id);
      if (series === undefined || time <= series.lastTime) continue;
      if (series.isEmpty) this.adopt(series);
      series.append(time, value, 0);
    }
  }

  /** Syncs the log, turns it into a block when it is large or old, and drops what is too old. */
  maintain(now: number): void {
    const report = (error: unknown): void =>
      this.options.logger.log('error', 'metrics could not be written', { reason: String(error) });
    this.log.sync(report);
    const due = this.log.bytes > (this.options.blockBytes ?? BLOCK_BYTES) || now - this.lastSeal > BLOCK_AGE;
    if (!due) return;
    this.lastSeal = now;
    try {
      this.writeBlock();
    } catch (error) {
      report(error);
    }
    this.dropOld(now);
  }

  /** Everything that is only in the log becomes a block; then the log's older segments go. */
  private writeBlock(): void {
    if (this.log.bytes === 0) return;
    const segment = this.log.rotate();
    this.logged = new Set();
    let maxTime = 0;
    const touched: StoredSeries[] = [];
    for (const series of this.byLabels.values()) {
      series.seal();
      if (series.chunks.length === series.persisted) continue;
      touched.push(series);
      maxTime = Math.max(maxTime, series.lastTime);
    }
    if (touched.length > 0) {
      const name = `${String(this.nextBlock++).padStart(10, '0')}-${maxTime}.block`;
      const path = join(this.directory, 'blocks', name);
      writeBlock(
        path,
        touched.map((series) => ({ labels: series.labels, chunks: series.chunks.slice(series.persisted) })),
      );
      for (const series of touched) series.persisted = series.chunks.length;
      this.blocks.push({ path, maxTime });
    }
    this.log.removeBefore(segment);
  }

  private dropOld(now: number): void {
    while (this.blocks[0] !== undefined && this.blocks[0].maxTime < now - this.options.retention)
      this.dropBlock();
    while (this.blocks.length > 1 && this.bytes() > this.options.memoryLimit) {
      this.options.logger.log('warn', 'metrics exceed the memory limit; the oldest block is dropped', {
        limit: this.options.memoryLimit,
      });
      this.dropBlock();
    }
  }

  private bytes(): number {
    let total = 0;
    for (const series of this.byLabels.values()) total += series.bytes;
    return total;
  }

  private dropBlock(): void {
    const block = this.blocks.shift();
    if (block === undefined) return;
    for (const [key, series] of this.byLabels) {
      series.dropUntil(block.maxTime);
      if (!series.isEmpty) continue;
      this.byLabels.delete(key);
      this.index.remove(series);
    }
    rmSync(block.path, { force: true });
  }

  close(): void {
    clearInterval(this.timer);
    this.log.close();
  }
}

interface Accepted {
  readonly series: StoredSeries;
  readonly time: number;
  readonly values: Uint8Array;
  readonly offset: number;
}

function count(reasons: Map<string, number>, reason: string, by: number): void {
  reasons.set(reason, (reasons.get(reason) ?? 0) + by);
}
