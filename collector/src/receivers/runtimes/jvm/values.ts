import { JVM_METRICS } from '@gumshoe/schema/metrics/jvm';
import type { Emit } from '../runtime.ts';
import type { PerfData } from './perf-data.ts';

const MAX_GENERATIONS = 4;
const MAX_SPACES = 8;
const MAX_COLLECTORS = 8;
const MAX_NAME = 128;

/** JVM_METRICS of one set of counters; what the JVM does not tell is left out. */
export function emitPerfData(data: PerfData, emit: Emit): void {
  const number = (name: string): number => {
    const value = data.get(name);
    return typeof value === 'number' ? value : NaN;
  };
  const text = (name: string): string => {
    const value = data.get(name);
    return typeof value === 'string' ? value : '';
  };
  // Arguments after the class or archive may hold secrets.
  const jvm = (text('sun.rt.javaCommand').split(' ', 1)[0] ?? '').slice(0, MAX_NAME);
  const javaVersion = text('java.property.java.version') || text('java.property.java.vm.version');
  emit(JVM_METRICS.info, 1, { jvm, java_version: javaVersion.slice(0, MAX_NAME) });
  emitHeap(number, text('sun.gc.policy.name') === 'GarbageFirst', emit, jvm);
  const second = number('sun.os.hrt.frequency') || NaN;
  for (let i = 0; i < MAX_COLLECTORS; i++) {
    const gc = text(`sun.gc.collector.${i}.name`).slice(0, MAX_NAME);
    if (gc) emit(JVM_METRICS.gcTime, number(`sun.gc.collector.${i}.time`) / second, { jvm, gc });
  }
  emit(JVM_METRICS.safepointTime, number('sun.rt.safepointTime') / second, { jvm });
  emit(JVM_METRICS.safepointSyncTime, number('sun.rt.safepointSyncTime') / second, { jvm });
}

function emitHeap(number: (name: string) => number, isG1: boolean, emit: Emit, jvm: string): void {
  let [size, used, max] = [NaN, NaN, NaN];
  for (let i = 0; i < MAX_GENERATIONS; i++) {
    const generation = `sun.gc.generation.${i}`;
    const capacity = number(`${generation}.capacity`);
    if (Number.isNaN(capacity)) break;
    size = (size || 0) + capacity;
    const limit = number(`${generation}.maxCapacity`);
    // G1 gives each generation the whole heap as its limit.
    max = isG1 ? Math.max(max || 0, limit) : (max || 0) + limit;
    for (let space = 0; space < MAX_SPACES; space++) {
      const bytes = number(`${generation}.space.${space}.used`);
      if (!Number.isNaN(bytes)) used = (used || 0) + bytes;
    }
  }
  emit(JVM_METRICS.heapSize, size, { jvm });
  emit(JVM_METRICS.heapUsed, used, { jvm });
  emit(JVM_METRICS.heapMax, max, { jvm });
}
