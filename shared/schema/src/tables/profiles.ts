import type { TableDefinition } from './define.ts';

const ZSTD = 'ZSTD(1)';

/** De-duplicated stacks. Frames leaf first, each "function" or "function file:line". */
export const PROFILING_STACKS: TableDefinition = {
  name: 'profiling_stacks',
  columns: [
    { name: 'ServiceName', type: 'LowCardinality(String)', codec: ZSTD },
    { name: 'Hash', type: 'UInt64', codec: ZSTD },
    { name: 'LastSeen', type: 'DateTime64(9)', codec: `Delta, ${ZSTD}` },
    { name: 'Stack', type: 'Array(String)', codec: ZSTD },
  ],
  indexes: [],
  engine: 'ReplacingMergeTree',
  partitionBy: 'toDate(LastSeen)',
  orderBy: '(ServiceName, Hash)',
  ttlFrom: 'toDateTime(LastSeen)',
  settings: 'ttl_only_drop_parts = 1',
};

/** One row per stack and interval. Value in the unit of Type (`ebpf:cpu:nanoseconds`). */
export const PROFILING_SAMPLES: TableDefinition = {
  name: 'profiling_samples',
  columns: [
    { name: 'ServiceName', type: 'LowCardinality(String)', codec: ZSTD },
    { name: 'Type', type: 'LowCardinality(String)', codec: ZSTD },
    { name: 'Start', type: 'DateTime64(9)', codec: `Delta, ${ZSTD}` },
    { name: 'End', type: 'DateTime64(9)', codec: `Delta, ${ZSTD}` },
    {
      name: 'Labels',
      type: 'Map(LowCardinality(String), String)',
      codec: ZSTD,
    },
    { name: 'StackHash', type: 'UInt64', codec: ZSTD },
    { name: 'Value', type: 'Int64', codec: ZSTD },
  ],
  indexes: [],
  engine: 'MergeTree',
  partitionBy: 'toDate(Start)',
  orderBy: '(ServiceName, Type, toUnixTimestamp(Start), toUnixTimestamp(End))',
  ttlFrom: 'toDateTime(Start)',
  settings: 'ttl_only_drop_parts = 1',
};

export interface StackRow {
  readonly ServiceName: string;
  /** FNV-1a 64 of the frames joined by '\n', as decimal text. */
  readonly Hash: string;
  readonly LastSeen: string;
  readonly Stack: readonly string[];
}

export interface SampleRow {
  readonly ServiceName: string;
  readonly Type: string;
  readonly Start: string;
  readonly End: string;
  /**
   * At least `container.id`, `process.pid`. Off CPU also `wait.reason`; `stack.cut` is `true` where callers are
   * missing, because code without frame pointers hid them.
   */
  readonly Labels: Readonly<Record<string, string>>;
  readonly StackHash: string;
  readonly Value: number;
}

export const CPU_PROFILE_TYPE = 'ebpf:cpu:nanoseconds';
/** ns that threads waited, by what they waited in. */
export const OFF_CPU_PROFILE_TYPE = 'ebpf:off_cpu:nanoseconds';
/** Bytes of pages touched for the first time, by who touched them. */
export const MEMORY_PROFILE_TYPE = 'ebpf:page_faults:bytes';
