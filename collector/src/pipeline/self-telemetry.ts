import { SELF_METRICS } from '@gumshoe/schema/metrics/self';
import type { Exporter } from '../exporters/define.ts';
import type { MemoryBudget } from './memory-budget.ts';
import type { MetricSink } from './metric-sink.ts';

/** What the exporters did since start, and what waits. */
export function exporterTelemetry(sink: MetricSink, exporters: readonly Exporter[]): void {
  for (const one of exporters) {
    const { name, sent, failures, lastDuration } = one.status();
    sink.self(SELF_METRICS.exported, { exporter: name, signal: one.signal }, sent);
    sink.self(SELF_METRICS.exportFailures, { exporter: name, cause: 'request' }, failures);
    sink.self(SELF_METRICS.flushSeconds, { exporter: name }, lastDuration / 1000);
    for (const { queue, length, dropped } of one.queues()) {
      sink.self(SELF_METRICS.queueLength, { queue }, length);
      for (const [cause, items] of Object.entries(dropped))
        sink.self(SELF_METRICS.dropped, { queue, cause }, items);
    }
  }
}

export interface ProcessorUse {
  /** Seconds; undefined where the kernel does not count them. */
  readonly waitedSeconds: number | undefined;
  readonly isIdle: boolean;
}

/** What the memory budget shed, and what this process uses. */
export function processTelemetry(sink: MetricSink, memory: MemoryBudget, processor: ProcessorUse): void {
  for (const [signal, rows] of Object.entries(memory.status().shed))
    sink.self(SELF_METRICS.dropped, { queue: signal, cause: 'memory' }, rows);
  const { user, system } = process.cpuUsage();
  sink.self(SELF_METRICS.cpu, {}, (user + system) / 1e6);
  const { waitedSeconds, isIdle } = processor;
  if (waitedSeconds !== undefined) sink.self(SELF_METRICS.cpuWait, {}, waitedSeconds);
  sink.self(SELF_METRICS.cpuIdle, {}, Number(isIdle));
  sink.self(SELF_METRICS.memory, {}, process.memoryUsage.rss());
}
