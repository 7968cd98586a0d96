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
  gcCount: {
    name: 'container_go_gc_count_total',
    type: 'counter',
    unit: 'count',
    help: 'Garbage collections.',
  },
  gcPause: {
    name: 'container_go_gc_pause_seconds_total',
    type: 'counter',
    unit: 'seconds',
    help: 'Time that the garbage collector stopped the program.',
  },
});
