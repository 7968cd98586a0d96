import { runTimes } from 'ebpf-loader-native';
import { SELF_METRICS } from '@gumshoe/schema/metrics/self';
import type { MetricSink } from '../pipeline/metric-sink.ts';
import type { ProgramStatus } from './define.ts';

const REASON_LIMIT = 160;

/**
 * 1 for each attached program, 0 with the kernel's first line for each refused one; and how long each has run, where the
 * machine counts that (sysctl kernel.bpf_stats_enabled), probes in TLS libraries included.
 */
export function programTelemetry(sink: MetricSink, programs: readonly ProgramStatus[]): void {
  for (const { object, program, attached, reason } of programs) {
    const cut = reason.split('\n', 1)[0]!.slice(0, REASON_LIMIT);
    sink.self(SELF_METRICS.ebpfProgram, { program: `${object}/${program}`, reason: cut }, attached ? 1 : 0);
  }
  for (const { object, program, seconds } of runTimes())
    sink.self(SELF_METRICS.ebpfRunTime, { program: `${object}/${program}` }, seconds);
}
