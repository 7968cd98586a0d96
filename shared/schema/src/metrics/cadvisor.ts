import { metricsOf } from './define.ts';

/**
 * What cAdvisor measures of pods and containers beyond what our collector does, under its own names. Imported and
 * read where somebody runs it; our collector writes none of them.
 */
export const CADVISOR_METRICS = metricsOf('container', {
  networkReceived: {
    name: 'container_network_receive_bytes_total',
    type: 'counter',
    unit: 'bytes',
    help: 'Bytes received by the network namespace.',
  },
  networkTransmitted: {
    name: 'container_network_transmit_bytes_total',
    type: 'counter',
    unit: 'bytes',
    help: 'Bytes sent by the network namespace.',
  },
  networkReceiveDropped: {
    name: 'container_network_receive_packets_dropped_total',
    type: 'counter',
    unit: 'count',
    help: 'Packets dropped on their way in.',
  },
  networkTransmitDropped: {
    name: 'container_network_transmit_packets_dropped_total',
    type: 'counter',
    unit: 'count',
    help: 'Packets dropped on their way out.',
  },
  sockets: { name: 'container_sockets', type: 'gauge', unit: 'count', help: 'Open sockets.' },
  threads: { name: 'container_threads', type: 'gauge', unit: 'count', help: 'Threads.' },
  processes: { name: 'container_processes', type: 'gauge', unit: 'count', help: 'Processes.' },
  fileDescriptors: {
    name: 'container_file_descriptors',
    type: 'gauge',
    unit: 'count',
    help: 'Open file descriptors.',
  },
  memoryFailures: {
    name: 'container_memory_failures_total',
    type: 'counter',
    unit: 'count',
    labels: ['failure_type', 'scope'],
    help: 'Page faults.',
  },
});
