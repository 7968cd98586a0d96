import type { MetricDefinition } from '@gumshoe/schema/metrics/define';
import type { RuntimeProcess } from './process.ts';

/** Takes values of one process. Counters are totals since the process, or its observation, began. */
export type Emit = (
  metric: MetricDefinition,
  value: number,
  labels?: Readonly<Record<string, string>>,
) => void;

/** One process of a runtime that is being read. */
export interface Attachment {
  /** Once per interval. @throws when the process can no longer be read. */
  read(emit: Emit): void;
  close(): void;
}

/** Recognised, but not readable: a phrase that says why. Asked again later, less and less often. */
export interface Refusal {
  readonly reason: string;
}

/** One kind of runtime environment. */
export interface Runtime {
  readonly name: string;
  /** What reading costs, one phrase. */
  readonly cost: string;
  /** undefined: not such a process, not asked again. */
  attach(
    process: RuntimeProcess,
  ): Attachment | Refusal | undefined | Promise<Attachment | Refusal | undefined>;
  /** Once per interval before any `read`, for what is read for all processes together. */
  prepare?(): void;
  /** What was found or refused on this machine as a whole; '' when nothing is to say. */
  readonly reason?: string;
  close?(): void;
}
