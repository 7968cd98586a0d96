import type { PythonProcess } from '../../symbols/python-process.ts';

/** What one process did with one combination of stacks since the last drain. */
export interface KernelSample {
  readonly tgid: number;
  readonly cgroupId: bigint;
  /** Samples on CPU; ns off CPU; bytes of memory. */
  readonly value: number;
  /** gs_profile_key: bits GS_WAIT_*, off CPU only. */
  readonly detail: number;
  /**
   * Innermost first. Addresses of instructions; those of the kernel without their upper 16 bits, which are set.
   * Empty where there was no such stack.
   */
  readonly user: Float64Array;
  readonly kernel: Float64Array;
  readonly python: readonly PythonFrame[];
}

export interface PythonFrame {
  /** Address of the code object. */
  readonly code: number;
  /** The interpreter was entered from C for this frame: its caller has another C frame. */
  readonly isEntry: boolean;
}

/** Totals since start. */
export interface ProfileCounters {
  readonly samples: number;
  readonly samplesLost: number;
  readonly stacksLost: number;
  /** Waits too short to be kept, and their ns. */
  readonly shortWaits: number;
  readonly shortNs: number;
  /** Not looked at to stay within budget: others stand for them. */
  readonly skipped: number;
}

export const NO_COUNTS: ProfileCounters = {
  samples: 0,
  samplesLost: 0,
  stacksLost: 0,
  shortWaits: 0,
  shortNs: 0,
  skipped: 0,
};

/** What this receiver asks of the kernel; native.ts speaks to the loader. */
export interface ProfileKernel {
  /** One entry for each CPU sampled or refused. */
  readonly programs: readonly ProfileProgram[];
  /** Everything sampled since the last call. */
  drain(): Promise<readonly KernelSample[]>;
  /** Lets the kernel read the Python stacks of a process from now on, or (undefined) no longer. */
  setPython(tgid: number, python: PythonProcess | undefined): void;
  counters(): ProfileCounters;
  close(): void;
}

export interface ProfileProgram {
  readonly object: string;
  readonly program: string;
  readonly attached: boolean;
  /** '' when attached; else the kernel's reason, with the verifier's last lines. */
  readonly reason: string;
}
