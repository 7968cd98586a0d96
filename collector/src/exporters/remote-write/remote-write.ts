import { setImmediate } from 'node:timers/promises';
import type { Logger } from '@gumshoe/base/logger';
import type { Labels } from '@gumshoe/base/series';
import { encodeWriteRequest, type RemoteWriteSample } from '@gumshoe/schema/remote-write/encode';
import snappy from 'snappyjs';
import type { Exporter, ExporterStatus, QueueStatus } from '../define.ts';
import { post } from '../http-post.ts';
import type { Spool } from '../spool/spool.ts';

const TIMEOUT = 10_000;
const FIRST_DELAY = 5_000;
const LONGEST_DELAY = 60_000;

export interface RemoteWriteOptions {
  /** Endpoint, without credentials. */
  readonly url: string;
  readonly token?: string | undefined;
  /** Added to every series where the series has no such label. */
  readonly labels: Labels;
  /** Intervals that may wait in memory, in at most MAX_BYTES; the oldest is dropped first and counted. */
  readonly maxWaiting: number;
  /** Where intervals wait on disk while the endpoint fails; without it they wait in memory. */
  readonly spool?: Spool | undefined;
}

const KIND = 'metrics';
/** Of one request: half a megabyte and some milliseconds of encoding at once, not all of an interval. */
const MAX_SAMPLES = 1_000;
/** Of what waits in memory. */
const MAX_BYTES = 16e6;

interface Waiting {
  /** Counts intervals. */
  readonly interval: number;
  readonly body: Uint8Array;
  readonly samples: number;
}

/**
 * Prometheus remote write 1.0. The requests of an interval in order; tried again with growing delays. A 4xx other
 * than 429 says that the samples will never be taken: they are dropped and counted.
 */
export class RemoteWriteExporter implements Exporter {
  readonly signal = 'metrics';
  readonly samples = (samples: readonly RemoteWriteSample[]): void => this.push(samples);
  private readonly options: RemoteWriteOptions;
  private readonly logger: Logger;
  private readonly waiting: Waiting[] = [];
  private waitingBytes = 0;
  private readonly unencoded: {
    readonly interval: number;
    readonly samples: readonly RemoteWriteSample[];
  }[] = [];
  private encoding: Promise<void> | undefined;
  private isEncoding = false;
  private interval = 0;
  private delay = 0;
  private timer: NodeJS.Timeout | undefined;
  private sending: Promise<void> | undefined;
  private counts = { sent: 0, dropped: 0, failures: 0, lastError: '', lastSuccess: 0, lastDuration: 0 };

  constructor(options: RemoteWriteOptions, logger: Logger) {
    this.options = options;
    this.logger = logger;
  }

  status(): ExporterStatus {
    const { spool } = this.options;
    return {
      name: 'remote-write',
      target: this.options.url,
      waiting: this.waiting.length + (spool?.length ?? 0),
      ...this.counts,
      dropped: this.counts.dropped + (spool?.dropped ?? 0),
      ...(spool ? { spool: { bytes: spool.bytes, problem: spool.problem } } : {}),
    };
  }

  queues(): readonly QueueStatus[] {
    const { waiting: length, dropped } = this.status();
    return [{ queue: 'remote-write', length, dropped: { full_or_refused: dropped } }];
  }

  push(samples: readonly RemoteWriteSample[]): void {
    if (samples.length === 0) return;
    this.interval++;
    while (this.tooMuchWaits()) this.counts.dropped += this.shift()?.samples ?? 0;
    while (this.unencoded.length >= this.options.maxWaiting)
      this.counts.dropped += this.unencoded.shift()?.samples.length ?? 0;
    this.unencoded.push({ interval: this.interval, samples });
    if (!this.isEncoding) this.encoding = this.encode();
    if (!this.timer) void this.flush();
  }

  /** One request at once; before each further one others of the event loop have their turn. */
  private async encode(): Promise<void> {
    this.isEncoding = true;
    for (let next = this.unencoded.shift(); next; next = this.unencoded.shift()) {
      const { interval, samples } = next;
      for (let at = 0; at < samples.length; at += MAX_SAMPLES) {
        if (at > 0) await setImmediate();
        this.add(samples.slice(at, at + MAX_SAMPLES), interval);
      }
    }
    this.isEncoding = false;
    if (this.delay > 0) this.spill();
  }

  private add(samples: readonly RemoteWriteSample[], interval: number): void {
    const labelled = samples.map(({ labels, value, timestamp }) => ({
      labels: { ...this.options.labels, ...labels },
      value,
      timestamp,
    }));
    const body = snappy.compress(encodeWriteRequest(labelled));
    this.waiting.push({ interval, body, samples: samples.length });
    this.waitingBytes += body.byteLength;
  }

  private tooMuchWaits(): boolean {
    const [first] = this.waiting;
    if (!first) return false;
    return this.interval - first.interval >= this.options.maxWaiting || this.waitingBytes > MAX_BYTES;
  }

  private shift(): Waiting | undefined {
    const first = this.waiting.shift();
    this.waitingBytes -= first?.body.byteLength ?? 0;
    return first;
  }

  /** Moves what waits in memory to disk, behind what is there. */
  private spill(): void {
    const { spool } = this.options;
    if (!spool) return;
    for (const { body, samples } of this.waiting.splice(0)) spool.push({ kind: KIND, items: samples, body });
    this.waitingBytes = 0;
  }

  /** Sends what waits; resolves when nothing waits or the first try fails. */
  flush(): Promise<void> {
    this.sending ??= this.drain().finally(() => {
      this.sending = undefined;
      // what came after it had looked
      if (this.waiting.length > 0 && !this.timer) void this.flush();
    });
    return this.sending;
  }

  private async drain(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (!(await this.drainSpool())) return this.later();
    for (;;) {
      await this.encoding;
      const [first] = this.waiting;
      if (!first) return;
      const outcome = await this.timed(first.body);
      if (outcome === 'retry') return this.later();
      if (this.waiting[0] === first) this.shift();
      this.settle(outcome, first.samples);
    }
  }

  /** What waits on disk is older than what waits in memory, so it goes first. */
  private async drainSpool(): Promise<boolean> {
    const { spool } = this.options;
    for (let first = spool?.peek(); first; first = spool?.peek()) {
      const outcome = await this.timed(first.body);
      if (outcome === 'retry') return false;
      spool?.remove(first.id);
      this.settle(outcome, first.items);
    }
    return true;
  }

  private settle(outcome: 'sent' | 'refused', samples: number): void {
    if (outcome === 'sent') this.counts.sent += samples;
    else this.counts.dropped += samples;
  }

  private async timed(body: Uint8Array): Promise<'sent' | 'refused' | 'retry'> {
    const before = Date.now();
    const outcome = await this.send(body);
    this.counts.lastDuration = Date.now() - before;
    return outcome;
  }

  private later(): void {
    this.delay = Math.min(LONGEST_DELAY, this.delay === 0 ? FIRST_DELAY : this.delay * 2);
    this.spill();
    this.timer = setTimeout(() => void this.flush(), this.delay);
    this.timer.unref();
  }

  private async send(body: Uint8Array): Promise<'sent' | 'refused' | 'retry'> {
    const headers: Record<string, string> = {
      'content-type': 'application/x-protobuf',
      'content-encoding': 'snappy',
      'x-prometheus-remote-write-version': '0.1.0',
      'user-agent': 'gumshoe-collector',
    };
    if (this.options.token) headers['authorization'] = `Bearer ${this.options.token}`;
    try {
      const { status, text } = await post(this.options.url, { headers, body, timeout: TIMEOUT });
      if (status >= 200 && status < 300) {
        this.delay = 0;
        this.counts.lastError = '';
        this.counts.lastSuccess = Date.now();
        return 'sent';
      }
      this.failed(`HTTP status ${status}: ${text.slice(0, 300).trim()}`);
      return status === 429 || status >= 500 ? 'retry' : 'refused';
    } catch (error) {
      this.failed(error instanceof Error ? error.message : String(error));
      return 'retry';
    }
  }

  private failed(reason: string): void {
    this.counts.failures++;
    if (reason !== this.counts.lastError)
      this.logger.log('warn', 'remote write failed', { url: this.options.url, reason });
    this.counts.lastError = reason;
  }

  /** What still waits stays on disk for the next process, if there is a spool. */
  close(): void | Promise<void> {
    clearTimeout(this.timer);
    return this.isEncoding ? this.encoding?.then(() => this.spill()) : this.spill();
  }
}
