import type { PythonProcess } from '../../symbols/python-process.ts';

/** Samples of one process with one combination of stacks since the last drain. */
export interface KernelSample {
  readonly tgid: number;
  readonly cgroupId: bigint;
  readonly count: number;
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
}

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
