import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { ClickHouseError, createClient, type ClickHouseClient } from '@clickhouse/client';
import type { Logger } from '@gumshoe/base/logger';
import { applyMigrations, applyTtl } from '@gumshoe/schema/migrations/plan';
import { DATABASE, type Signal } from '@gumshoe/schema/tables/define';
import { LOGS, type LogRow } from '@gumshoe/schema/tables/logs';
import { PROFILING_SAMPLES, PROFILING_STACKS } from '@gumshoe/schema/tables/profiles';
import { TRACES, type TraceRow } from '@gumshoe/schema/tables/traces';
import type { RowConsumers } from '../../pipeline/consumers.ts';
import { isLoopbackHost } from '../../loopback.ts';
import { LineQueue, type Lines } from '../../pipeline/line-queue.ts';
import type { Exporter, ExporterStatus, QueueStatus } from '../define.ts';
import type { Spool } from '../spool/spool.ts';

/** A seventh of the processor time that gzip takes, and smaller. */
const COMPRESSION = { codec: 'zstd', level: 1 } as const;
const BATCH = 10_000;
/** Of spans and logs: one object for all of a process or a log. */
const SHARED_COLUMN: keyof TraceRow & keyof LogRow = 'ResourceAttributes';
/** Rows of one table that start a write before the interval ends. */
const FULL_BATCH = 2_000;
/** Share of a queue from which senders are asked to come back later. */
const PRESSED = 0.8;
const FIRST_DELAY = 1_000;
const LONGEST_DELAY = 30_000;
const TIMEOUT = 30_000;

/** Of one batch, after which the rest of what was refused is given up as it is. */
const MOST_REFUSALS = 64;

interface Refusals {
  left: number;
  /** Of the first one. */
  reason: string;
  /** Given up. */
  rows: number;
}

export interface ClickHouseOptions {
  /** URL without credentials. */
  readonly url: string;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  readonly ttlDays: Partial<Readonly<Record<Signal, number>>>;
  /** Rows go out compressed with zstd; by default to other machines only. */
  readonly compress?: boolean;
  /** Rows per table that may wait in memory. */
  readonly maxRows: number;
  /** Where rows wait on disk when memory fills or the process ends. */
  readonly spool?: Spool | undefined;
}

/** Writes rows of spans, logs and profiles in batches; a table that fails keeps its rows and tries again. */
export class ClickHouseWriter implements Exporter {
  readonly signal = 'rows';
  private readonly options: ClickHouseOptions;
  private readonly logger: Logger;
  private readonly client: ClickHouseClient;
  private readonly tables: ReadonlyMap<string, LineQueue>;
  private migrated = false;
  private refused = 0;
  private delay = 0;
  private notBefore = 0;
  private flushing: Promise<void> | undefined;
  private counts = { sent: 0, failures: 0, lastError: '', lastSuccess: 0, lastDuration: 0 };

  constructor(options: ClickHouseOptions, logger: Logger) {
    this.options = options;
    this.logger = logger;
    const compress = options.compress ?? !isLoopbackHost(new URL(options.url).hostname);
    this.client = createClient({
      url: options.url,
      request_timeout: TIMEOUT,
      compression: { request: compress ? COMPRESSION : false },
      ...(options.user === undefined ? {} : { username: options.user }),
      ...(options.password === undefined ? {} : { password: options.password }),
      clickhouse_settings: { date_time_input_format: 'best_effort' },
      log: { LoggerClass: Silent },
    });
    const names = [TRACES, LOGS, PROFILING_STACKS, PROFILING_SAMPLES].map((table) => table.name);
    this.tables = new Map(names.map((name) => [name, new LineQueue(options.maxRows, SHARED_COLUMN)]));
  }

  readonly rows: RowConsumers = {
    spans: (rows) => this.push(TRACES.name, rows),
    logs: (rows) => this.push(LOGS.name, rows),
    profiles: (stacks, samples) => {
      this.push(PROFILING_STACKS.name, stacks);
      this.push(PROFILING_SAMPLES.name, samples);
    },
  };

  /** A queue that fills is written at once: rows in memory are what a busy collector's memory is made of. */
  private push(table: string, rows: readonly unknown[]): void {
    const queue = this.tables.get(table);
    if (!queue) return;
    queue.push(rows);
    if (queue.length >= this.options.maxRows / 2 && this.options.spool && this.delay > 0)
      this.spill(this.options.maxRows / 4);
    else if (queue.length >= FULL_BATCH) void this.flush();
  }

  status(): ExporterStatus {
    const all = [...this.tables.values()];
    const { spool } = this.options;
    return {
      name: 'clickhouse',
      target: this.options.url,
      waiting: all.reduce((sum, queue) => sum + queue.length, spool?.items ?? 0),
      dropped: all.reduce((sum, queue) => sum + queue.dropped, this.refused + (spool?.dropped ?? 0)),
      ...this.counts,
      ...(spool ? { spool: { bytes: spool.bytes, problem: spool.problem } } : {}),
    };
  }

  /** Rows waiting and given up, by table; and what the store refused or the disk had no room for. */
  queues(): readonly QueueStatus[] {
    const spoolFull = this.options.spool?.dropped ?? 0;
    return [
      ...[...this.tables].map(([queue, rows]) => ({
        queue,
        length: rows.length,
        dropped: { full: rows.dropped },
      })),
      {
        queue: 'clickhouse',
        length: this.options.spool?.items ?? 0,
        dropped: { refused: this.refused, spool_full: spoolFull },
      },
    ];
  }

  /** Nearly full, and no disk to move rows to. */
  pressed(): boolean {
    if (this.options.spool) return false;
    return [...this.tables.values()].some((queue) => queue.length >= PRESSED * this.options.maxRows);
  }

  /** Writes what waits unless a failure asked for patience; `force` does not wait. Never rejects. */
  flush(force = false): Promise<void> {
    if (!force && Date.now() < this.notBefore) return Promise.resolve();
    this.flushing ??= this.drain().finally(() => (this.flushing = undefined));
    return this.flushing;
  }

  private async drain(): Promise<void> {
    const before = Date.now();
    try {
      await this.migrate();
      await this.drainSpool();
      for (const [table, queue] of this.tables) await this.drainTable(table, queue);
      this.delay = 0;
      this.counts.lastError = '';
    } catch (error) {
      this.failed(error);
    }
    this.counts.lastDuration = Date.now() - before;
  }

  /** What waits on disk is the oldest. */
  private async drainSpool(): Promise<void> {
    const { spool } = this.options;
    for (let first = spool?.peek(); first; first = spool?.peek()) {
      const { kind, body } = first;
      await this.deliver(kind, { rows: first.items, chunks: [body] });
      spool?.remove(first.id);
    }
  }

  /** Moves the oldest rows of every queue that holds more than `keep` to disk. */
  private spill(keep: number): void {
    const { spool } = this.options;
    if (!spool) return;
    for (const [table, queue] of this.tables)
      while (queue.length > keep) {
        const { rows, chunks } = queue.peek(BATCH);
        spool.push({ kind: table, items: rows, body: Buffer.concat(chunks) });
        queue.remove(rows, queue.dropped);
      }
  }

  /**
   * Rows that no retry would make acceptable are given up: they must not hold up those behind them. They are told
   * from the rows beside them by halving what was refused.
   */
  private async deliver(table: string, lines: Lines): Promise<void> {
    const refusals = { left: MOST_REFUSALS, reason: '', rows: 0 };
    await this.insertOrHalve(table, lines, refusals);
    const { rows, reason } = refusals;
    if (rows === 0) return;
    this.refused += rows;
    this.logger.log('error', 'ClickHouse refused rows', { table, rows, reason });
  }

  private async insertOrHalve(table: string, lines: Lines, refusals: Refusals): Promise<void> {
    try {
      if (refusals.left > 0) return await this.insert(table, lines);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      refusals.left--;
      refusals.reason ||= reasonOf(error);
    }
    if (lines.rows === 1 || refusals.left === 0) {
      refusals.rows += lines.rows;
      return;
    }
    for (const half of halvesOf(lines)) await this.insertOrHalve(table, half, refusals);
  }

  private async insert(table: string, { rows, chunks }: Lines): Promise<void> {
    const { stream } = await this.client.exec({
      query: `INSERT INTO ${DATABASE}.${table} FORMAT JSONEachRow`,
      values: Readable.from(chunks, { objectMode: false }),
    });
    await finished(stream.resume());
    this.counts.sent += rows;
    this.counts.lastSuccess = Date.now();
  }

  private async drainTable(table: string, queue: LineQueue): Promise<void> {
    for (let left = queue.length; left > 0;) {
      const dropped = queue.dropped;
      const lines = queue.peek(Math.min(BATCH, left));
      if (lines.rows === 0) return;
      await this.deliver(table, lines);
      queue.remove(lines.rows, dropped);
      left -= lines.rows;
    }
  }

  private async migrate(): Promise<void> {
    if (this.migrated) return;
    const selectNumbers = async (query: string): Promise<number[]> => {
      const rows = await (
        await this.client.query({ query, format: 'JSONEachRow' })
      ).json<Record<string, number>>();
      return rows.map((row) => Number(Object.values(row)[0]));
    };
    const target = { execute: (query: string) => this.client.command({ query }), selectNumbers };
    const { ttlDays } = this.options;
    const applied = await applyMigrations(target, { ttlDays });
    const altered = await applyTtl(target, { ttlDays });
    if (altered.length > 0)
      this.logger.log('info', 'times to live changed', { statements: altered.join('; ') });
    if (applied.length > 0)
      this.logger.log('info', 'ClickHouse schema migrated', { versions: applied.join(', ') });
    this.migrated = true;
  }

  private failed(error: unknown): void {
    const reason = reasonOf(error);
    this.counts.failures++;
    if (reason !== this.counts.lastError)
      this.logger.log('warn', 'writing to ClickHouse failed', {
        url: this.options.url,
        reason,
      });
    this.counts.lastError = reason;
    this.spill(this.options.maxRows / 2);
    this.delay = Math.min(LONGEST_DELAY, this.delay === 0 ? FIRST_DELAY : this.delay * 2);
    this.notBefore = Date.now() + this.delay;
  }

  /** What still waits stays on disk for the next process, if there is a spool. */
  async close(): Promise<void> {
    this.spill(0);
    await this.client.close();
  }
}

const LF = 0x0a;

function halvesOf({ rows, chunks }: Lines): readonly [Lines, Lines] {
  const bytes = Buffer.concat(chunks);
  const first = rows >> 1;
  let end = 0;
  for (let i = 0; i < first; i++) end = bytes.indexOf(LF, end) + 1;
  return [
    { rows: first, chunks: [bytes.subarray(0, end)] },
    { rows: rows - first, chunks: [bytes.subarray(end)] },
  ];
}

const reasonOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).slice(0, 500);

/** Errors about the rows themselves (ClickHouse, ErrorCodes.cpp), or a spooled file that is damaged. */
const ABOUT_ROWS = /^(CANNOT_PARSE_|INCORRECT_DATA|TYPE_MISMATCH|VALUE_IS_OUT_OF_RANGE|TOO_LARGE_STRING)/;

const isRefusal = (error: unknown): boolean =>
  error instanceof ClickHouseError && ABOUT_ROWS.test(error.type ?? '');

/** The client's own log lines repeat what status() says. */
class Silent {
  trace(): void {}
  debug(): void {}
  info(): void {}
  warn(): void {}
  error(): void {}
}
