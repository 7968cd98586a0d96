import { metricsOf } from './define.ts';

const GPU = ['gpu_uuid'] as const;

/** GPUs of the machine. Averages and peaks are of the samples since the last collection, one a second. */
export const GPU_METRICS = metricsOf('node', {
  info: {
    name: 'node_gpu_info',
    type: 'gauge',
    unit: 'none',
    labels: ['gpu_uuid', 'name', 'driver_version'],
    help: 'A GPU of the machine.',
  },
  memoryTotal: {
    name: 'node_resources_gpu_memory_total_bytes',
    type: 'gauge',
    unit: 'bytes',
    labels: GPU,
    help: 'Memory of the GPU.',
  },
  memoryUsed: {
    name: 'node_resources_gpu_memory_used_bytes',
    type: 'gauge',
    unit: 'bytes',
    labels: GPU,
    help: 'Memory of the GPU in use.',
  },
  memoryUtilizationAverage: {
    name: 'node_resources_gpu_memory_utilization_percent_avg',
    type: 'gauge',
    unit: 'percent',
    labels: GPU,
    help: 'Share of time that the memory of the GPU was read or written, average.',
  },
  memoryUtilizationPeak: {
    name: 'node_resources_gpu_memory_utilization_percent_peak',
    type: 'gauge',
    unit: 'percent',
    labels: GPU,
    help: 'Share of time that the memory of the GPU was read or written, peak.',
  },
  utilizationAverage: {
    name: 'node_resources_gpu_utilization_percent_avg',
    type: 'gauge',
    unit: 'percent',
    labels: GPU,
    help: 'Share of time that the GPU ran kernels, average.',
  },
  utilizationPeak: {
    name: 'node_resources_gpu_utilization_percent_peak',
    type: 'gauge',
    unit: 'percent',
    labels: GPU,
    help: 'Share of time that the GPU ran kernels, peak.',
  },
  temperature: {
    name: 'node_resources_gpu_temperature_celsius',
    type: 'gauge',
    unit: 'none',
    labels: GPU,
    help: 'Temperature of the GPU.',
  },
  power: {
    name: 'node_resources_gpu_power_usage_watts',
    type: 'gauge',
    unit: 'none',
    labels: GPU,
    help: 'Power drawn by the GPU.',
  },
});

/** What the processes of a container use of a GPU. */
export const CONTAINER_GPU_METRICS = metricsOf('container', {
  usage: {
    name: 'container_resources_gpu_usage_percent',
    type: 'gauge',
    unit: 'percent',
    labels: GPU,
    help: 'Share of time that the GPU ran kernels of the container.',
  },
  memoryUsage: {
    name: 'container_resources_gpu_memory_usage_percent',
    type: 'gauge',
    unit: 'percent',
    labels: GPU,
    help: 'Share of the memory of the GPU that the container holds.',
  },
});
