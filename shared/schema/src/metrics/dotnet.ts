import { metricsOf } from './define.ts';

const APPLICATION = ['application'] as const;

/** A .NET runtime, from its System.Runtime counters; label application is the managed entry point. */
export const DOTNET_METRICS = metricsOf('container', {
  info: {
    name: 'container_dotnet_info',
    type: 'gauge',
    unit: 'none',
    labels: ['application', 'runtime_version'],
    help: 'A running .NET runtime.',
  },
  allocated: {
    name: 'container_dotnet_memory_allocated_bytes_total',
    type: 'counter',
    unit: 'bytes',
    labels: APPLICATION,
    help: 'Bytes allocated on the managed heap since they are watched.',
  },
  exceptions: {
    name: 'container_dotnet_exceptions_total',
    type: 'counter',
    unit: 'count',
    labels: APPLICATION,
    help: 'Exceptions thrown since they are watched.',
  },
  heapSize: {
    name: 'container_dotnet_memory_heap_size_bytes',
    type: 'gauge',
    unit: 'bytes',
    labels: ['application', 'generation'],
    help: 'Managed heap by generation (Gen0, Gen1, Gen2, LOH, POH).',
  },
  gcCount: {
    name: 'container_dotnet_gc_count_total',
    type: 'counter',
    unit: 'count',
    labels: ['application', 'generation'],
    help: 'Collections by generation since they are watched.',
  },
  fragmentation: {
    name: 'container_dotnet_heap_fragmentation_percent',
    type: 'gauge',
    unit: 'percent',
    labels: APPLICATION,
    help: 'Share of the managed heap lost to fragmentation.',
  },
  lockContentions: {
    name: 'container_dotnet_monitor_lock_contentions_total',
    type: 'counter',
    unit: 'count',
    labels: APPLICATION,
    help: 'Times that a thread waited for a monitor since they are watched.',
  },
  completedItems: {
    name: 'container_dotnet_thread_pool_completed_items_total',
    type: 'counter',
    unit: 'count',
    labels: APPLICATION,
    help: 'Work items done by the thread pool since they are watched.',
  },
  queueLength: {
    name: 'container_dotnet_thread_pool_queue_length',
    type: 'gauge',
    unit: 'count',
    labels: APPLICATION,
    help: 'Work items waiting for the thread pool.',
  },
  poolSize: {
    name: 'container_dotnet_thread_pool_size',
    type: 'gauge',
    unit: 'count',
    labels: APPLICATION,
    help: 'Threads of the thread pool.',
  },
});
