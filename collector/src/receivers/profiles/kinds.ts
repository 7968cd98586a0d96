import { CPU_PROFILE_TYPE, MEMORY_PROFILE_TYPE, OFF_CPU_PROFILE_TYPE } from '@gumshoe/schema/tables/profiles';
import type { KernelSample } from './kernel.ts';
import { waitReason, withoutScheduler } from './wait-reason.ts';

/** What the samples of one kernel object mean. */
export interface ProfileKind {
  /** `Type` of its rows. */
  readonly type: string;
  /** Unit of `type` for one of the kernel's. */
  readonly unit: number;
  /** Kernel frames worth keeping, of those that there are. */
  readonly kernelFrames?: (frames: readonly string[]) => readonly string[];
  /** Labels of its own; they keep samples with the same stack apart. `kernel`: all frames, innermost first. */
  readonly labelsOf?: (sample: KernelSample, kernel: readonly string[]) => Readonly<Record<string, string>>;
}

/** Label of off-CPU samples: what was waited for. */
export const WAIT_REASON = 'wait.reason';

/** Samples of who runs, `frequency` a second on each CPU. */
export const cpuKind = (frequency: number): ProfileKind => ({
  type: CPU_PROFILE_TYPE,
  unit: 1e9 / frequency,
});

/** ns that threads did not run. */
export const OFF_CPU_KIND: ProfileKind = {
  type: OFF_CPU_PROFILE_TYPE,
  unit: 1,
  kernelFrames: withoutScheduler,
  labelsOf: ({ detail }, kernel) => ({ [WAIT_REASON]: waitReason(detail, withoutScheduler(kernel)) }),
};

/** Bytes of memory touched for the first time. */
export const MEMORY_KIND: ProfileKind = { type: MEMORY_PROFILE_TYPE, unit: 1 };
