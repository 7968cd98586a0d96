import { metricsOf } from './define.ts';

const JVM = ['jvm'] as const;

/** A Java virtual machine; label jvm is its main class or archive. */
export const JVM_METRICS = metricsOf('container', {
  info: {
    name: 'container_jvm_info',
    type: 'gauge',
    unit: 'none',
    labels: ['jvm', 'java_version'],
    help: 'A running Java virtual machine.',
  },
  heapSize: {
    name: 'container_jvm_heap_size_bytes',
    type: 'gauge',
    unit: 'bytes',
    labels: JVM,
    help: 'Heap committed.',
  },
  heapUsed: {
    name: 'container_jvm_heap_used_bytes',
    type: 'gauge',
    unit: 'bytes',
    labels: JVM,
    help: 'Heap in use, as of the last collection of each space.',
  },
  heapMax: {
    name: 'container_jvm_heap_max_size_bytes',
    type: 'gauge',
    unit: 'bytes',
    labels: JVM,
    help: 'Size that the heap may grow to.',
  },
  gcTime: {
    name: 'container_jvm_gc_time_seconds',
    type: 'counter',
    unit: 'seconds',
    labels: ['jvm', 'gc'],
    help: 'Time spent by a garbage collector.',
  },
  safepointTime: {
    name: 'container_jvm_safepoint_time_seconds',
    type: 'counter',
    unit: 'seconds',
    labels: JVM,
    help: 'Time that the application was stopped at safepoints.',
  },
  safepointSyncTime: {
    name: 'container_jvm_safepoint_sync_time_seconds',
    type: 'counter',
    unit: 'seconds',
    labels: JVM,
    help: 'Time spent on bringing threads to safepoints.',
  },
});
