import { statSync } from 'node:fs';
import type { TraceRow } from '@gumshoe/schema/tables/traces';
import { measureClockOffset, WallTime } from '../../processors/clock-offset.ts';
import { DEFAULT_DESTINATION_OPTIONS } from '../../processors/destinations.ts';
import type { Kernel } from './kernel.ts';
import { nativeKernel } from './native.ts';
import { DEFAULT_REQUEST_BUDGET, objectPlans } from './plans.ts';
import type { RequestBudget } from './plans.ts';
import { THREAD_CLOCK } from './pace.ts';
import { EbpfReceiver } from './receiver.ts';
import type { ProcessOwners } from './receiver.ts';
import { resolveTarget } from './target.ts';
import type { TargetSelection } from './target.ts';

/** What a user may configure of this receiver. */
export interface EbpfConfiguration {
  readonly target: TargetSelection;
  readonly budget: RequestBudget;
  /** Distinct destinations per container; the rest is `~other`. */
  readonly destinationsPerContainer: number;
  /** First and last port taken for client ports. */
  readonly ephemeralPorts: readonly [number, number];
  /** ms after which the series of gone peers end. */
  readonly expireAfter: number;
}

export const DEFAULT_EBPF_CONFIGURATION: EbpfConfiguration = {
  target: { cgroups: [], pids: [], netns: [] },
  budget: DEFAULT_REQUEST_BUDGET,
  destinationsPerContainer: DEFAULT_DESTINATION_OPTIONS.perContainer,
  ephemeralPorts: DEFAULT_DESTINATION_OPTIONS.ephemeralPorts,
  expireAfter: 3 * 60_000,
};

/** The rooms this receiver depends on. */
export interface EbpfNeighbours {
  readonly owners: ProcessOwners;
  /** `ip:port` behind an address translation; its argument when there is none. */
  readonly resolve: (endpoint: string) => string;
  readonly onSpans: (rows: readonly TraceRow[]) => void;
  readonly kernel?: Kernel;
}

/**
 * The host's network namespace: the first process's, or our own where that one may not be looked at; 0 where
 * there is no /proc (then nothing loads either).
 */
function hostNetns(): number {
  const paths = ['/proc/1/ns/net', '/proc/self/ns/net'];
  return paths.map(inodeOf).find((inode) => inode !== undefined) ?? 0;
}

function inodeOf(path: string): number | undefined {
  try {
    return statSync(path).ino;
  } catch {
    return undefined;
  }
}

/** Long enough for connections of an exited process to time out of their closing states. */
const KEEP_EXITED_FOR = 60_000;

/**
 * A receiver for this machine, not started yet.
 * @throws FailureError `invalid-input` when the target cannot be resolved.
 */
export function openEbpfReceiver(
  configuration: EbpfConfiguration,
  { owners, resolve, onSpans, kernel = nativeKernel() }: EbpfNeighbours,
): EbpfReceiver {
  const monotonic = process.hrtime.bigint;
  const clockOffset = measureClockOffset(monotonic, Date.now);
  const target = resolveTarget(configuration.target);
  return new EbpfReceiver({
    kernel,
    plans: objectPlans(target, process.pid, configuration.budget, clockOffset),
    owners,
    destinations: {
      hostNetns: hostNetns(),
      perContainer: configuration.destinationsPerContainer,
      ephemeralPorts: configuration.ephemeralPorts,
      resolve,
    },
    wallTime: new WallTime(monotonic, Date.now),
    http2Spans: {
      slowNs: configuration.budget.slowThresholdMs * 1e6,
      exceptionsPerSecond: configuration.budget.exceptionsPerSecond,
    },
    onSpans,
    expireAfter: configuration.expireAfter,
    keepExitedFor: KEEP_EXITED_FOR,
    monotonic,
    paceClock: THREAD_CLOCK,
  });
}
