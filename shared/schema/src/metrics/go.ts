import { metricsOf } from './define.ts';

export const GO_METRICS = metricsOf('container', {
  allocatedBytes: {
    name: 'container_go_alloc_bytes_total',
    type: 'counter',
    unit: 'bytes',
    help: 'Bytes allocated on the Go heap.',
  },
  allocatedObjects: {
    name: 'container_go_alloc_objects_total',
    type: 'counter',
    unit: 'count',
    help: 'Objects allocated on the Go heap.',
  },
});

/**
 * What Go programs expose themselves (client_golang). Whose they are: a label `container_id`, or `namespace` and `pod`,
 * else the address in `instance`.
 */
export const GO_RUNTIME_METRICS = metricsOf('process', {
  goroutines: {
    name: 'go_goroutines',
    type: 'gauge',
    unit: 'count',
    labels: ['instance', 'namespace', 'pod'],
    help: 'Goroutines that exist.',
  },
  heapInUse: {
    name: 'go_memstats_heap_inuse_bytes',
    type: 'gauge',
    unit: 'bytes',
    labels: ['instance', 'namespace', 'pod'],
    help: 'Bytes of the heap in use.',
  },
  gcPauses: {
    name: 'go_gc_duration_seconds_sum',
    type: 'counter',
    unit: 'seconds',
    labels: ['instance', 'namespace', 'pod'],
    help: 'Time the program stood still for garbage collection.',
  },
  gcCpu: {
    name: 'go_cpu_classes_gc_total_cpu_seconds_total',
    type: 'counter',
    unit: 'seconds',
    labels: ['instance', 'namespace', 'pod'],
    help: 'CPU time of garbage collection, by the estimate of the runtime.',
  },
});
