import { metricsOf } from './define.ts';

/** What our own processes say about themselves. */
export const SELF_METRICS = metricsOf('process', {
  up: { name: 'up', type: 'gauge', unit: 'none', help: '1 with every push.' },
  buildInfo: {
    name: 'gumshoe_build_info',
    type: 'gauge',
    unit: 'none',
    labels: ['version', 'component'],
    help: 'Version.',
  },
  ebpfProgram: {
    name: 'gumshoe_ebpf_program_attached',
    type: 'gauge',
    unit: 'none',
    labels: ['program', 'reason'],
    help: '1 attached, 0 refused.',
  },
  ebpfEvents: {
    name: 'gumshoe_ebpf_events_total',
    type: 'counter',
    unit: 'count',
    help: 'Records received from the kernel.',
  },
  ebpfLost: {
    name: 'gumshoe_ebpf_lost_total',
    type: 'counter',
    unit: 'count',
    labels: ['cause'],
    help: 'Records lost, by cause (ring_full, map_full, batch_full).',
  },
  ebpfRunTime: {
    name: 'gumshoe_ebpf_program_run_seconds_total',
    type: 'counter',
    unit: 'seconds',
    labels: ['program'],
    help: 'Time spent in a program, when bpf statistics are on.',
  },
  queueLength: {
    name: 'gumshoe_queue_length',
    type: 'gauge',
    unit: 'count',
    labels: ['queue'],
    help: 'Items waiting.',
  },
  dropped: {
    name: 'gumshoe_dropped_total',
    type: 'counter',
    unit: 'count',
    labels: ['queue', 'cause'],
    help: 'Items shed, by cause.',
  },
  exported: {
    name: 'gumshoe_exported_total',
    type: 'counter',
    unit: 'count',
    labels: ['exporter', 'signal'],
    help: 'Items acknowledged by the store.',
  },
  exportFailures: {
    name: 'gumshoe_export_failures_total',
    type: 'counter',
    unit: 'count',
    labels: ['exporter', 'cause'],
    help: 'Failed attempts to write.',
  },
  flushSeconds: {
    name: 'gumshoe_flush_duration_seconds',
    type: 'gauge',
    unit: 'seconds',
    labels: ['exporter'],
    help: 'Duration of the last flush.',
  },
  series: {
    name: 'gumshoe_series',
    type: 'gauge',
    unit: 'count',
    help: 'Series exposed.',
  },
  memory: {
    name: 'gumshoe_memory_rss_bytes',
    type: 'gauge',
    unit: 'bytes',
    help: 'Resident memory of the process.',
  },
  cpu: {
    name: 'gumshoe_cpu_seconds_total',
    type: 'counter',
    unit: 'seconds',
    help: 'CPU time of the process.',
  },
});
