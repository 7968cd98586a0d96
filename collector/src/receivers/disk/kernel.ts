import type { ProgramStatus } from '../define.ts';

export const OPERATIONS = ['read', 'write', 'discard', 'flush'] as const;
export type DiskOperation = (typeof OPERATIONS)[number];

/** Requests of one kind, to one device, charged to one cgroup, since the program was attached. */
export interface DiskStatistics {
  /** cgroup id in the hierarchy that charges I/O; 0n when the kernel does not say. */
  readonly cgroupId: bigint;
  /** `major:minor` of the whole device. */
  readonly device: string;
  readonly operation: DiskOperation;
  readonly count: number;
  readonly bytes: number;
  readonly errors: number;
  /** seconds, over `count` */
  readonly duration: number;
  /** Not cumulative, by DISK_LATENCY_BOUNDS_SECONDS and +Inf. */
  readonly buckets: Float64Array;
}

/** What this receiver asks of the kernel. */
export interface DiskKernel {
  readonly programs: readonly ProgramStatus[];
  statistics(): readonly DiskStatistics[];
  /** Forgets cgroups that are gone. */
  forget(cgroupIds: ReadonlySet<bigint>): void;
  /** Requests that the map had no room for. */
  lost(): number;
  close(): void;
}
