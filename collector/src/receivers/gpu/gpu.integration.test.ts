import assert from 'node:assert/strict';
import { chmodSync, copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { MetricSink } from '../../pipeline/metric-sink.ts';
import { GpuReceiver } from './receiver.ts';

const STAND_IN = fileURLToPath(new URL('testdata/nvidia-smi-stand-in', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'gumshoe-gpu-'));
const program = join(folder, 'nvidia-smi');
process.env['TARGET'] = String(process.pid);
after(() => rmSync(folder, { recursive: true, force: true }));

function sinkInto(out: Record<string, number>): MetricSink {
  return {
    node: ({ name }, labels, value) => (out[`${name}{${Object.values(labels).join()}}`] = value),
    sample: ({ name }, { containerId }, labels, value) =>
      (out[`${containerId} ${name}{${Object.values(labels).join()}}`] = value),
    histogram: () => undefined,
    nodeHistogram: () => undefined,
    self: () => undefined,
  };
}

const open = (path: string): GpuReceiver =>
  new GpuReceiver({
    path,
    containerOf: (pid) => (pid === process.pid ? { containerId: '/docker/trainer' } : undefined),
  });

const A = 'GPU-8f6d1c2a-0001';
const B = 'GPU-8f6d1c2a-0002';

test('GPUs and containers, from recorded output of nvidia-smi through a stand-in', async () => {
  copyFileSync(STAND_IN, program);
  chmodSync(program, 0o755);
  const receiver = open(`${folder}:/nowhere`);
  const all: Record<string, number> = {};
  for (let i = 0; i < 600 && Object.keys(all).length < 15; i++) {
    await sleep(100);
    receiver.collect(sinkInto(all));
  }
  receiver.stop();
  const { [`/docker/trainer container_resources_gpu_usage_percent{${A}}`]: usage, ...rest } = all;
  assert.ok(usage! > 0 && usage! <= 200, `${usage}`);
  assert.deepEqual(rest, {
    [`node_gpu_info{${A},NVIDIA A10G,535.129.03}`]: 1,
    [`node_resources_gpu_memory_total_bytes{${A}}`]: 23028 * 2 ** 20,
    [`node_resources_gpu_memory_used_bytes{${A}}`]: 5757 * 2 ** 20,
    [`node_resources_gpu_utilization_percent_avg{${A}}`]: 80,
    [`node_resources_gpu_utilization_percent_peak{${A}}`]: 80,
    [`node_resources_gpu_memory_utilization_percent_avg{${A}}`]: 40,
    [`node_resources_gpu_memory_utilization_percent_peak{${A}}`]: 40,
    [`node_resources_gpu_temperature_celsius{${A}}`]: 61,
    [`node_resources_gpu_power_usage_watts{${A}}`]: 151.25,
    [`node_gpu_info{${B},NVIDIA A10G,535.129.03}`]: 1,
    [`node_resources_gpu_memory_total_bytes{${B}}`]: 23028 * 2 ** 20,
    [`node_resources_gpu_memory_used_bytes{${B}}`]: 0,
    [`node_resources_gpu_temperature_celsius{${B}}`]: 33,
    [`/docker/trainer container_resources_gpu_memory_usage_percent{${A}}`]: (2303 / 23028) * 100,
  });
});

test('a machine without nvidia-smi runs nothing and says so', () => {
  const receiver = open('/nowhere');
  assert.match(JSON.stringify(receiver.status()), /no nvidia-smi/);
  receiver.stop();
});

test('an nvidia-smi that fails (a stand-in that ends at once) is named in the status', async () => {
  writeFileSync(program, '#!/bin/sh\nexit 9\n');
  const receiver = open(folder);
  for (let i = 0; i < 1200 && !JSON.stringify(receiver.status()).includes('ended with 9'); i++)
    await sleep(50);
  assert.match(JSON.stringify(receiver.status()), /ended with 9/);
  receiver.stop();
});
