import type { Logger } from '@gumshoe/base/logger';
import type { RemoteWriteSample } from '@gumshoe/schema/remote-write/encode';
import type { CollectorConfig } from '../config.ts';
import type { NatTable } from '../identity/conntrack.ts';
import type { ContainerLogFiles } from '../identity/container-log-files.ts';
import type { ProcessTable } from '../identity/processes.ts';
import type { RowConsumers } from '../pipeline/consumers.ts';
import type { MemoryBudget } from '../pipeline/memory-budget.ts';
import type { MetricSink } from '../pipeline/metric-sink.ts';
import type { EbpfReceiver } from './ebpf/receiver.ts';
import type { TargetSelection } from './ebpf/target.ts';
import type { MachineFacts } from './proc/node.ts';

/** What receivers that run lend to those that start after them. */
export interface Lending {
  ebpf?: Pick<EbpfReceiver, 'requestPrograms' | 'listen'>;
}

/** What every receiver is given. */
export interface ReceiverContext {
  readonly config: CollectorConfig;
  readonly target: TargetSelection;
  readonly facts: MachineFacts;
  readonly logger: Logger;
  readonly processes: ProcessTable;
  readonly nat: NatTable;
  readonly logFiles: ContainerLogFiles;
  /** Takes rows at any rate; what the memory budget or a full queue refuses is counted there. */
  readonly rows: RowConsumers;
  readonly lending: Lending;
  /** For whom it is cheaper not to make the rows that would be refused. */
  readonly memory: Pick<MemoryBudget, 'sheds' | 'refuse'>;
  /** Whether there is no room for more of a signal: whoever sends it is told to come back. */
  readonly overloaded: (signal: 'spans' | 'logs' | 'profiles' | 'metrics') => boolean;
  /** Samples that are not this machine's own, sent on as they are. False when nothing takes them now. */
  readonly forwardSamples: (samples: readonly RemoteWriteSample[]) => boolean;
}

/** One kernel program, as /status lists it. `reason` is '' when it is attached. */
export interface ProgramStatus {
  readonly object: string;
  readonly program: string;
  readonly attached: boolean;
  readonly reason: string;
}

/** A receiver that runs. */
export interface Receiver {
  /** Kernel programs it loaded, attached or refused. */
  readonly programs?: () => readonly ProgramStatus[];
  /**
   * Once per interval; a failure costs this receiver's values of this interval. What is long goes in steps: others have their
   * turn between them. `now` in ms since the epoch.
   */
  readonly collect?: (sink: MetricSink, now: number) => void | Promise<void> | Generator<void>;
  /** What it says of itself (SELF_METRICS), once per interval after `collect`. */
  readonly collectSelf?: (sink: MetricSink) => void;
  /** What /status shows of it, beside that it runs. */
  readonly status?: () => Readonly<Record<string, unknown>>;
  /** Further addresses of the ready line, by name. */
  readonly addresses?: () => Readonly<Record<string, string>>;
  /** After the last `collect`; hands over what it still has. */
  readonly stop?: () => void | Promise<void>;
}

/** One way by which facts come in. `name` is what `--disable` takes. */
export interface ReceiverDefinition {
  readonly name: string;
  /** What is lost without it, one phrase. */
  readonly gives: string;
  /** Whether the configuration asks for it; always, when left out. */
  readonly wanted?: (config: CollectorConfig) => boolean;
  /** Loads its room only here: what is not used does not stay in memory. */
  readonly open: (context: ReceiverContext) => Receiver | Promise<Receiver>;
}
