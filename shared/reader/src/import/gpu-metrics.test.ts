import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Labels, Series } from '@gumshoe/base/series';
import { translateForeign } from './foreign-metrics.ts';

const gauge = (name: string, labels: Labels, value: number): Series => ({
  labels: { ...labels, __name__: name },
  timestamps: Float64Array.of(0, 15_000),
  values: Float64Array.of(value, value),
});
const told = (...given: readonly Series[]): readonly string[] =>
  translateForeign(given, new Set())
    .series.map(
      ({ labels: { __name__: name, ...labels }, values }) =>
        `${name} ${Object.values(labels).join(' ')} ${values[1]}`,
    )
    .sort();

const card = {
  gpu: '0',
  UUID: 'GPU-5b4e',
  device: 'nvidia0',
  modelName: 'NVIDIA L40S',
  Hostname: 'gpu1',
  DCGM_FI_DRIVER_VERSION: '595.58.03',
};

test('what the DCGM exporter says of GPUs and of the containers that use them', () => {
  const workload = { ...card, namespace: 'ml', pod: 'trainer-0', container: 'worker' };
  assert.deepEqual(
    told(
      gauge('DCGM_FI_DEV_GPU_UTIL', workload, 97),
      gauge('DCGM_FI_DEV_FB_USED', workload, 30_000),
      gauge('DCGM_FI_DEV_FB_FREE', workload, 9_400),
      gauge('DCGM_FI_DEV_FB_RESERVED', workload, 600),
      gauge('DCGM_FI_DEV_GPU_TEMP', workload, 79),
    ),
    [
      'container_resources_gpu_memory_usage_percent /k8s/ml/trainer-0/worker gpu1 GPU-5b4e 75',
      'container_resources_gpu_usage_percent /k8s/ml/trainer-0/worker gpu1 GPU-5b4e 97',
      'node_gpu_info gpu1 GPU-5b4e NVIDIA L40S 595.58.03 1',
      'node_resources_gpu_memory_total_bytes gpu1 GPU-5b4e 41943040000',
      'node_resources_gpu_memory_used_bytes gpu1 GPU-5b4e 31457280000',
      'node_resources_gpu_temperature_celsius gpu1 GPU-5b4e 79',
      'node_resources_gpu_utilization_percent_avg gpu1 GPU-5b4e 97',
      'node_resources_gpu_utilization_percent_peak gpu1 GPU-5b4e 97',
    ],
  );
});

test('the pod of the exporter is not the one that uses the GPU', () => {
  const scraped = {
    ...card,
    namespace: 'gpu-operator',
    pod: 'nvidia-dcgm-exporter-x2x9k',
    container: 'exporter',
  };
  const used = (labels: Labels) =>
    told(gauge('DCGM_FI_DEV_GPU_UTIL', labels, 50)).filter((line) => line.startsWith('container_'));
  assert.deepEqual(used(scraped), []);
  assert.deepEqual(
    used({ ...scraped, exported_pod: 'train-1', exported_namespace: 'ml', exported_container: 'main' }),
    ['container_resources_gpu_usage_percent /k8s/ml/train-1/main gpu1 GPU-5b4e 50'],
  );
});

test('slices of a GPU are told apart, and without a UUID its number is', () => {
  const slices = told(
    gauge('DCGM_FI_DEV_FB_USED', { ...card, GPU_I_ID: '3' }, 1),
    gauge('DCGM_FI_DEV_FB_USED', { ...card, GPU_I_ID: '5' }, 2),
    gauge('DCGM_FI_DEV_GPU_TEMP', { gpu: '1', instance: '10.0.0.1:9400' }, 61),
  );
  assert.deepEqual(slices, [
    'node_resources_gpu_memory_used_bytes gpu1 GPU-5b4e/3 1048576',
    'node_resources_gpu_memory_used_bytes gpu1 GPU-5b4e/5 2097152',
    'node_resources_gpu_temperature_celsius 10.0.0.1 GPU 1 61',
  ]);
});
