import type { Signal, TableDefinition } from './define.ts';
import { LOGS } from './logs.ts';
import { PROFILING_SAMPLES, PROFILING_STACKS } from './profiles.ts';
import { TRACE_TIMES } from './trace-times.ts';
import { TRACES } from './traces.ts';

/** Every ClickHouse table and the signal whose time to live it follows. */
export const TABLES: readonly {
  readonly signal: Signal;
  readonly table: TableDefinition;
}[] = [
  { signal: 'traces', table: TRACES },
  { signal: 'traces', table: TRACE_TIMES },
  { signal: 'logs', table: LOGS },
  { signal: 'profiles', table: PROFILING_STACKS },
  { signal: 'profiles', table: PROFILING_SAMPLES },
];
