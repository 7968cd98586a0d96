import type { Logger } from '@gumshoe/base/logger';
import { encodeWriteRequest } from '@gumshoe/schema/remote-write/encode';
import snappy from 'snappyjs';
import type { Sample } from './samples.ts';

const TIMEOUT = 10_000;
const MAX_WAITING = 120;

export interface RemoteWriteOptions {
  /** URL of the remote-write endpoint, without credentials. */
  readonly url: string;
  readonly token?: string | undefined;
  /** Added to every series. */
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * Prometheus remote write 1.0. Rounds wait in memory, at most `MAX_WAITING`; the oldest goes first and is
 * counted. A 4xx answer other than 429 means that trying again is useless: the round is dropped and counted.
 */
export class RemoteWrite {
  private readonly options: RemoteWriteOptions;
  private readonly logger: Logger;
  private readonly waiting: (readonly Sample[])[] = [];
  private sending: Promise<void> | undefined;
  sent = 0;
  dropped = 0;
  lastError = '';

  constructor(options: RemoteWriteOptions, logger: Logger) {
    this.options = options;
    this.logger = logger;
  }

  push(samples: readonly Sample[]): void {
    if (samples.length === 0) return;
    if (this.waiting.length >= MAX_WAITING) this.dropped += this.waiting.shift()?.length ?? 0;
    this.waiting.push(samples);
    void this.flush();
  }

  /** Sends what waits; resolves when nothing waits or the first try fails. */
  flush(): Promise<void> {
    this.sending ??= this.drain().finally(() => (this.sending = undefined));
    return this.sending;
  }

  private async drain(): Promise<void> {
    for (;;) {
      const round = this.waiting[0];
      if (!round) return;
      const outcome = await this.send(round);
      if (outcome === 'retry') return;
      // the round may have been dropped for lack of room meanwhile
      if (this.waiting[0] === round) this.waiting.shift();
      if (outcome === 'sent') this.sent += round.length;
      else this.dropped += round.length;
    }
  }

  private async send(round: readonly Sample[]): Promise<'sent' | 'refused' | 'retry'> {
    const labelled = round.map((sample) => ({
      ...sample,
      labels: { ...this.options.labels, ...sample.labels },
    }));
    const headers: Record<string, string> = {
      'content-type': 'application/x-protobuf',
      'content-encoding': 'snappy',
      'x-prometheus-remote-write-version': '0.1.0',
      'user-agent': 'gumshoe-cluster-agent',
    };
    if (this.options.token) headers['authorization'] = `Bearer ${this.options.token}`;
    try {
      const body = Buffer.from(snappy.compress(encodeWriteRequest(labelled)));
      const answer = await fetch(this.options.url, {
        method: 'POST',
        headers,
        body,
        signal: AbortSignal.timeout(TIMEOUT),
      });
      const text = answer.ok ? '' : (await answer.text()).slice(0, 300).trim();
      if (answer.ok) await answer.arrayBuffer();
      if (answer.ok) this.lastError = '';
      else this.failed(`HTTP status ${answer.status}: ${text}`);
      if (answer.ok) return 'sent';
      return answer.status === 429 || answer.status >= 500 ? 'retry' : 'refused';
    } catch (error) {
      this.failed(
        error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error),
      );
      return 'retry';
    }
  }

  private failed(reason: string): void {
    if (reason !== this.lastError)
      this.logger.log('warn', 'remote write failed', { url: this.options.url, reason });
    this.lastError = reason;
  }
}
