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
