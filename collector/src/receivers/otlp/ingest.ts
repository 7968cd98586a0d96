import type { RemoteWriteSample } from '@gumshoe/schema/remote-write/encode';
import type { OtlpSignal } from '@gumshoe/schema/otlp/protobuf';
import type { RowConsumers } from '../../pipeline/consumers.ts';
import { OtlpMetrics } from './metrics.ts';
import { logRows, traceRows } from './rows.ts';

/** What became of one request. */
export interface Outcome {
  readonly accepted: number;
  readonly rejected: number;
  /** '' when nothing was rejected. */
  readonly reason: string;
}

/** Thrown when nothing can be taken now; the sender is to come back later. */
export class Overloaded extends Error {
  /** seconds */
  readonly retryAfter: number;
  constructor(reason: string, retryAfter: number) {
    super(reason);
    this.retryAfter = retryAfter;
  }
}

const RETRY_AFTER = 5;

export interface IngestOptions {
  readonly rows: RowConsumers;
  readonly forwardSamples: (samples: readonly RemoteWriteSample[]) => boolean;
  /** Whether memory or a queue has no room for this signal. */
  readonly overloaded: (signal: 'spans' | 'logs' | 'profiles' | 'metrics') => boolean;
  /** ms since the epoch */
  readonly now: () => number;
}

/** Takes decoded requests of OTLP, whichever way they came. */
export class Ingest {
  readonly #options: IngestOptions;
  readonly #metrics = new OtlpMetrics();
  readonly counts = {
    spans: { accepted: 0, rejected: 0 },
    logs: { accepted: 0, rejected: 0 },
    metrics: { accepted: 0, rejected: 0 },
    profiles: { accepted: 0, rejected: 0 },
  };
  overloads = 0;

  constructor(options: IngestOptions) {
    this.#options = options;
  }

  /** @throws Overloaded */
  take(signal: OtlpSignal, request: Readonly<Record<string, unknown>>): Outcome {
    if (signal === 'resourceSpans') return this.#spans(request);
    return signal === 'resourceLogs' ? this.#logs(request) : this.#samples(request);
  }

  #spans(request: Readonly<Record<string, unknown>>): Outcome {
    this.admit('spans');
    const { rows, rejected, reason } = traceRows(request);
    this.#options.rows.spans(rows);
    return this.#counted('spans', rows.length, rejected, reason);
  }

  #logs(request: Readonly<Record<string, unknown>>): Outcome {
    this.admit('logs');
    const { rows, rejected, reason } = logRows(request, (this.#options.now() / 1000).toFixed(9));
    this.#options.rows.logs(rows);
    return this.#counted('logs', rows.length, rejected, reason);
  }

  #samples(request: Readonly<Record<string, unknown>>): Outcome {
    this.admit('metrics');
    const { rows, rejected, reason, commit } = this.#metrics.samples(request);
    const outcome = this.forward(rows, rejected, reason);
    commit();
    return outcome;
  }

  /** Samples as they are. @throws Overloaded when no exporter takes metrics */
  forward(samples: readonly RemoteWriteSample[], rejected = 0, reason = ''): Outcome {
    if (samples.length > 0 && !this.#options.forwardSamples(samples))
      throw new Overloaded('no exporter of metrics is configured here', 60);
    return this.#counted('metrics', samples.length, rejected, reason);
  }

  /** @throws Overloaded */
  admit(signal: 'spans' | 'logs' | 'profiles' | 'metrics'): void {
    if (!this.#options.overloaded(signal)) return;
    this.overloads++;
    throw new Overloaded(`no room for more ${signal} now`, RETRY_AFTER);
  }

  #counted(signal: keyof Ingest['counts'], accepted: number, rejected: number, reason: string): Outcome {
    const counts = this.counts[signal];
    counts.accepted += accepted;
    counts.rejected += rejected;
    return { accepted, rejected, reason };
  }

  countProfile(accepted: number, rejected: number): void {
    this.#counted('profiles', accepted, rejected, '');
  }
}
