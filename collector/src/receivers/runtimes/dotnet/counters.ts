import type { MetricDefinition } from '@gumshoe/schema/metrics/define';
import { DOTNET_METRICS } from '@gumshoe/schema/metrics/dotnet';
import type { Emit } from '../runtime.ts';
import type { EventShape, EventValues } from './event-fields.ts';
import type { DotnetProcess } from './ipc.ts';

type Target = readonly [metric: MetricDefinition, generation?: string];

/** Counters of System.Runtime by name. */
const COUNTERS: Readonly<Record<string, Target>> = {
  'alloc-rate': [DOTNET_METRICS.allocated],
  'exception-count': [DOTNET_METRICS.exceptions],
  'gen-0-size': [DOTNET_METRICS.heapSize, 'Gen0'],
  'gen-1-size': [DOTNET_METRICS.heapSize, 'Gen1'],
  'gen-2-size': [DOTNET_METRICS.heapSize, 'Gen2'],
  'loh-size': [DOTNET_METRICS.heapSize, 'LOH'],
  'poh-size': [DOTNET_METRICS.heapSize, 'POH'],
  'gen-0-gc-count': [DOTNET_METRICS.gcCount, 'Gen0'],
  'gen-1-gc-count': [DOTNET_METRICS.gcCount, 'Gen1'],
  'gen-2-gc-count': [DOTNET_METRICS.gcCount, 'Gen2'],
  'gc-fragmentation': [DOTNET_METRICS.fragmentation],
  'monitor-lock-contention-count': [DOTNET_METRICS.lockContentions],
  'threadpool-completed-items-count': [DOTNET_METRICS.completedItems],
  'threadpool-queue-length': [DOTNET_METRICS.queueLength],
  'threadpool-thread-count': [DOTNET_METRICS.poolSize],
};

/** Last value of each counter; increments are added up. */
export class DotnetCounters {
  readonly #values = new Map<string, number>();

  onEvent({ provider, event }: EventShape, values: EventValues): void {
    const name = values.get('Name');
    const target = typeof name === 'string' ? COUNTERS[name] : undefined;
    if (!target || provider !== 'System.Runtime' || event !== 'EventCounters') return;
    const isCounter = target[0].type === 'counter';
    const value = values.get(isCounter ? 'Increment' : 'Mean');
    if (typeof value !== 'number' || !Number.isFinite(value)) return;
    this.#values.set(String(name), isCounter ? (this.#values.get(String(name)) ?? 0) + value : value);
  }

  emit({ application, version }: DotnetProcess, emit: Emit): void {
    emit(DOTNET_METRICS.info, 1, { application, runtime_version: version });
    for (const [name, value] of this.#values) {
      const [metric, generation] = COUNTERS[name]!;
      emit(metric, value, generation ? { application, generation } : { application });
    }
  }
}
