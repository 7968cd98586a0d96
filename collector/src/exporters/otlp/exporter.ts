import type { Logger } from '@gumshoe/base/logger';
import type { RemoteWriteSample } from '@gumshoe/schema/remote-write/encode';
import type { LogRow } from '@gumshoe/schema/tables/logs';
import type { TraceRow } from '@gumshoe/schema/tables/traces';
import type { RowConsumers } from '../../pipeline/consumers.ts';
import type { Exporter, ExporterStatus, QueueStatus } from '../define.ts';
import type { Spool } from '../spool/spool.ts';
import { logRequest, metricRequest, traceRequest } from './encode.ts';
import type { OtlpPath, OtlpTransport } from './transport.ts';

export interface OtlpExporterOptions {
  /** Without credentials; for the status. */
  readonly target: string;
  readonly transport: OtlpTransport;
  /** Requests that may wait in memory; then the oldest go to the spool, or are given up and counted. */
  readonly maxWaiting: number;
  readonly spool?: Spool | undefined;
}

interface Waiting {
  readonly path: OtlpPath;
  readonly items: number;
  readonly json: string;
}

const PER_REQUEST = 2_000;
const FIRST_DELAY = 1_000;
const LONGEST_DELAY = 60_000;
const KINDS: Readonly<Record<string, OtlpPath>> = {
  traces: '/v1/traces',
  logs: '/v1/logs',
  metrics: '/v1/metrics',
};

/** Sends what this collector gathers to another one: spans, log records and metrics; profiles have no place in OTLP. */
export class OtlpExporter implements Exporter {
  readonly signal = 'rows';
  readonly #options: OtlpExporterOptions;
  readonly #logger: Logger;
  readonly #waiting: Waiting[] = [];
  #delay = 0;
  #notBefore = 0;
  #flushing: Promise<void> | undefined;
  readonly #counts = {
    sent: 0,
    refused: 0,
    full: 0,
    failures: 0,
    lastError: '',
    lastSuccess: 0,
    lastDuration: 0,
  };

  constructor(options: OtlpExporterOptions, logger: Logger) {
    this.#options = options;
    this.#logger = logger;
  }

  readonly rows: RowConsumers = {
    spans: (rows: readonly TraceRow[]) => this.#push('/v1/traces', rows, traceRequest),
    logs: (rows: readonly LogRow[]) => this.#push('/v1/logs', rows, logRequest),
    profiles: () => undefined,
  };

  readonly samples = (samples: readonly RemoteWriteSample[]): void =>
    this.#push('/v1/metrics', samples, metricRequest);

  #push<T>(path: OtlpPath, items: readonly T[], encode: (items: readonly T[]) => string): void {
    for (let at = 0; at < items.length; at += PER_REQUEST) {
      const part = items.slice(at, at + PER_REQUEST);
      while (this.#waiting.length >= this.#options.maxWaiting) this.#spill(this.#waiting.shift()!);
      this.#waiting.push({ path, items: part.length, json: encode(part) });
    }
    if (items.length > 0 && Date.now() >= this.#notBefore) void this.flush();
  }

  #spill(one: Waiting): void {
    const { spool } = this.#options;
    if (spool) spool.push({ kind: one.path.slice(4), items: one.items, body: Buffer.from(one.json) });
    else this.#counts.full += one.items;
  }

  status(): ExporterStatus {
    const { spool, target } = this.#options;
    const { sent, refused, full, failures, lastError, lastSuccess, lastDuration } = this.#counts;
    return {
      name: 'otlp',
      target,
      sent,
      dropped: refused + full + (spool?.dropped ?? 0),
      waiting: this.#waiting.reduce((sum, one) => sum + one.items, spool?.items ?? 0),
      failures,
      lastError,
      lastSuccess,
      lastDuration,
      ...(spool ? { spool: { bytes: spool.bytes, problem: spool.problem } } : {}),
    };
  }

  queues(): readonly QueueStatus[] {
    const { refused, full } = this.#counts;
    const spoolFull = this.#options.spool?.dropped ?? 0;
    return [
      { queue: 'otlp', length: this.status().waiting, dropped: { refused, full, spool_full: spoolFull } },
    ];
  }

  /** Sends what waits unless a failure asked for patience; `force` does not wait. Never rejects. */
  flush(force = false): Promise<void> {
    if (!force && Date.now() < this.#notBefore) return Promise.resolve();
    this.#flushing ??= this.#drain().finally(() => (this.#flushing = undefined));
    return this.#flushing;
  }

  async #drain(): Promise<void> {
    const before = Date.now();
    if (await this.#drainSpool())
      for (let first = this.#waiting[0]; first; first = this.#waiting[0]) {
        if (!(await this.#deliver(first.path, first.items, first.json))) break;
        if (this.#waiting[0] === first) this.#waiting.shift();
      }
    this.#counts.lastDuration = Date.now() - before;
  }

  /** What waits on disk is the oldest. */
  async #drainSpool(): Promise<boolean> {
    const { spool } = this.#options;
    for (let first = spool?.peek(); first; first = spool?.peek()) {
      const path = KINDS[first.kind];
      if (path && !(await this.#deliver(path, first.items, Buffer.from(first.body).toString('utf8'))))
        return false;
      spool?.remove(first.id);
    }
    return true;
  }

  /** Whether it is done with, one way or the other. */
  async #deliver(path: OtlpPath, items: number, json: string): Promise<boolean> {
    const answer = await this.#options.transport.send(path, json);
    if (answer.outcome === 'retry') {
      this.#failed(answer.reason);
      this.#delay = Math.min(LONGEST_DELAY, this.#delay === 0 ? FIRST_DELAY : this.#delay * 2);
      this.#notBefore = Date.now() + Math.max(this.#delay, (answer.after ?? 0) * 1000);
      return false;
    }
    const rejected = answer.outcome === 'refused' ? items : Math.min(items, answer.rejected);
    this.#counts.refused += rejected;
    this.#counts.sent += items - rejected;
    if (rejected > 0) this.#failed(answer.reason);
    else {
      this.#counts.lastError = '';
      this.#counts.lastSuccess = Date.now();
    }
    this.#delay = 0;
    this.#notBefore = 0;
    return true;
  }

  #failed(reason: string): void {
    this.#counts.failures++;
    if (reason !== this.#counts.lastError)
      this.#logger.log('warn', 'sending OTLP failed', { target: this.#options.target, reason });
    this.#counts.lastError = reason;
  }

  /** What still waits stays on disk for the next process, if there is a spool. */
  close(): void {
    if (this.#options.spool) for (const one of this.#waiting.splice(0)) this.#spill(one);
    this.#options.transport.close();
  }
}
