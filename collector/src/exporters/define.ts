import type { RemoteWriteSample } from '@gumshoe/schema/remote-write/encode';
import type { RowConsumers } from '../pipeline/consumers.ts';

/** How an exporter fares, as /status lists it. Counts since start. */
export interface ExporterStatus {
  readonly name: string;
  /** Where it writes to, without credentials. */
  readonly target: string;
  readonly sent: number;
  /** Items given up, whatever the cause. */
  readonly dropped: number;
  readonly waiting: number;
  /** Failed attempts. */
  readonly failures: number;
  readonly lastError: string;
  /** ms since the epoch; 0 before the first */
  readonly lastSuccess: number;
  /** ms */
  readonly lastDuration: number;
  readonly spool?: { readonly bytes: number; readonly problem: string };
}

/** Items of one queue that wait, and those given up by cause. */
export interface QueueStatus {
  readonly queue: string;
  readonly length: number;
  readonly dropped: Readonly<Record<string, number>>;
}

/** One way out. Takes what comes at any rate, bounds what it keeps, counts what it gives up, and never throws. */
export interface Exporter {
  readonly signal: 'metrics' | 'rows';
  readonly rows?: RowConsumers;
  /** Samples of one interval. */
  readonly samples?: (samples: readonly RemoteWriteSample[]) => void;
  status(): ExporterStatus;
  queues(): readonly QueueStatus[];
  /** Whether it is about to give up what it takes. */
  pressed?(): boolean;
  /** Writes what waits; `force` does not wait for a delay after a failure to pass. Never rejects. */
  flush(force: boolean): Promise<void>;
  /** What still waits stays on disk for the next process, if there is a spool. */
  close(): void | Promise<void>;
}
