import { CONTAINER_GPU_METRICS, GPU_METRICS } from '@gumshoe/schema/metrics/gpu';
import type { MetricSink } from '../../pipeline/metric-sink.ts';
import type { ContainerOf, ContainerSeries } from '../../processors/sample-sink.ts';
import type { GpuProcessSample, GpuSample } from './samples.ts';

const MAX_GPUS = 64;
const MAX_PROCESSES = 4096;

interface Gpu {
  last: GpuSample;
  readonly utilization: number[];
  readonly memoryUtilization: number[];
}

interface Usage {
  readonly index: number;
  readonly pid: number;
  utilization: number;
  memoryUsed: number;
}

/** Samples since the last collection, by GPU and by process. */
export class GpuWindow {
  readonly #gpus = new Map<string, Gpu>();
  readonly #usage = new Map<string, Usage>();

  gpu(sample: GpuSample): void {
    const known = this.#gpus.get(sample.uuid);
    if (!known && this.#gpus.size >= MAX_GPUS) return;
    const gpu = known ?? { last: sample, utilization: [], memoryUtilization: [] };
    gpu.last = sample;
    if (!Number.isNaN(sample.utilization)) gpu.utilization.push(sample.utilization);
    if (!Number.isNaN(sample.memoryUtilization)) gpu.memoryUtilization.push(sample.memoryUtilization);
    this.#gpus.set(sample.uuid, gpu);
  }

  process({ index, pid, utilization, memoryUsed }: GpuProcessSample): void {
    const key = `${index} ${pid}`;
    const known = this.#usage.get(key);
    if (!known && this.#usage.size >= MAX_PROCESSES) return;
    const usage = known ?? { index, pid, utilization: 0, memoryUsed: 0 };
    usage.utilization += utilization;
    usage.memoryUsed = memoryUsed;
    this.#usage.set(key, usage);
  }

  /** Gives the values and begins anew. */
  flush(sink: MetricSink, containerOf: ContainerOf): void {
    const byIndex = new Map<number, Gpu>();
    for (const gpu of this.#gpus.values()) {
      byIndex.set(gpu.last.index, gpu);
      emitGpu(sink, gpu);
    }
    this.#emitUsage(sink, byIndex, containerOf);
    this.#gpus.clear();
    this.#usage.clear();
  }

  #emitUsage(sink: MetricSink, gpus: ReadonlyMap<number, Gpu>, containerOf: ContainerOf): void {
    const sums = new Map<
      string,
      { container: ContainerSeries; gpu: Gpu; utilization: number; memoryUsed: number }
    >();
    for (const { index, pid, utilization, memoryUsed } of this.#usage.values()) {
      const gpu = gpus.get(index);
      const container = containerOf(pid);
      if (!gpu || !container) continue;
      const key = `${index} ${container.containerId}`;
      const sum = sums.get(key) ?? { container, gpu, utilization: 0, memoryUsed: 0 };
      sum.utilization += utilization;
      sum.memoryUsed += memoryUsed;
      sums.set(key, sum);
    }
    for (const { container, gpu, utilization, memoryUsed } of sums.values()) {
      const labels = { gpu_uuid: gpu.last.uuid };
      const samples = Math.max(gpu.utilization.length, 1);
      sink.sample(CONTAINER_GPU_METRICS.usage, container, labels, utilization / samples);
      if (gpu.last.memoryTotal > 0)
        sink.sample(
          CONTAINER_GPU_METRICS.memoryUsage,
          container,
          labels,
          (memoryUsed / gpu.last.memoryTotal) * 100,
        );
    }
  }
}

function emitGpu(sink: MetricSink, { last, utilization, memoryUtilization }: Gpu): void {
  const labels = { gpu_uuid: last.uuid };
  sink.node(GPU_METRICS.info, { ...labels, name: last.name, driver_version: last.driver }, 1);
  const values = [
    [GPU_METRICS.memoryTotal, last.memoryTotal],
    [GPU_METRICS.memoryUsed, last.memoryUsed],
    [GPU_METRICS.utilizationAverage, average(utilization)],
    [GPU_METRICS.utilizationPeak, Math.max(...utilization)],
    [GPU_METRICS.memoryUtilizationAverage, average(memoryUtilization)],
    [GPU_METRICS.memoryUtilizationPeak, Math.max(...memoryUtilization)],
    [GPU_METRICS.temperature, last.celsius],
    [GPU_METRICS.power, last.watts],
  ] as const;
  for (const [metric, value] of values) if (Number.isFinite(value)) sink.node(metric, labels, value);
}

const average = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
