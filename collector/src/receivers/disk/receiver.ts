import { CONTAINER_METRICS } from '@gumshoe/schema/metrics/container';
import { DISK_LATENCY_BOUNDS_SECONDS, NODE_METRICS } from '@gumshoe/schema/metrics/node';
import type { Container } from '../../identity/container.ts';
import type { Histogram } from '../../processors/sample-sink.ts';
import type { MetricSink } from '../../pipeline/metric-sink.ts';
import type { DiskKernel, DiskStatistics } from './kernel.ts';

export interface DiskReceiverOptions {
  readonly kernel: DiskKernel;
  /** Name of a whole device by `major:minor` (`8:0` → `sda`), as of now. */
  readonly deviceNames: () => ReadonlyMap<string, string>;
  /** Containers by the id of the cgroup that the kernel charges their I/O to. */
  readonly containersByCgroup: () => ReadonlyMap<bigint, Container>;
  /** Whether the container's cgroup counts its I/O itself; kernels since 6.9 do not always do so in v1. */
  readonly countsItself: (container: Container) => boolean;
  /** Whether a cgroup is still there; what is not is forgotten. */
  readonly exists: (cgroupId: bigint) => boolean;
}

interface Sum {
  count: number;
  bytes: number;
  errors: number;
  duration: number;
  readonly buckets: Float64Array;
}

/** Latency and bytes of block device requests, by device and by container. */
export class DiskReceiver {
  readonly #options: DiskReceiverOptions;
  /** What cgroups that are gone did to a device: its sums never go back. */
  readonly #gone = new Map<string, Sum>();

  constructor(options: DiskReceiverOptions) {
    this.#options = options;
  }

  collect(sink: MetricSink): void {
    const names = this.#options.deviceNames();
    const containers = this.#options.containersByCgroup();
    const statistics = this.#options.kernel.statistics();
    const devices = new Map([...this.#gone].map(([key, sum]) => [key, add(emptySum(), sum)]));
    const perContainer = new Map<string, { readonly container: Container; readonly sum: Sum }>();
    for (const one of statistics) {
      const key = keyOf(names.get(one.device) ?? one.device, one.operation);
      add(sumFor(devices, key), one);
      const container = containers.get(one.cgroupId);
      if (!container) continue;
      const own = `${container.containerId}\0${key}`;
      const known = perContainer.get(own) ?? { container, sum: emptySum() };
      perContainer.set(own, known);
      add(known.sum, one);
    }
    for (const [key, sum] of devices) emitDevice(sink, labelsOf(key), sum);
    for (const [key, { container, sum }] of perContainer) {
      const labels = labelsOf(key.slice(key.indexOf('\0') + 1));
      emitContainer(sink, container, labels, sum);
      if (!this.#options.countsItself(container)) emitCounts(sink, container, labels, sum);
    }
    this.#forgetGone(statistics, containers, names);
  }

  #forgetGone(
    statistics: readonly DiskStatistics[],
    containers: ReadonlyMap<bigint, Container>,
    names: ReadonlyMap<string, string>,
  ): void {
    const { exists, kernel } = this.#options;
    const ids = new Set(statistics.map(({ cgroupId }) => cgroupId));
    const gone = new Set([...ids].filter((id) => id !== 0n && !containers.has(id) && !exists(id)));
    if (gone.size === 0) return;
    for (const one of statistics)
      if (gone.has(one.cgroupId))
        add(sumFor(this.#gone, keyOf(names.get(one.device) ?? one.device, one.operation)), one);
    kernel.forget(gone);
  }
}

const keyOf = (device: string, operation: string): string => `${device}\0${operation}`;

function labelsOf(key: string): { readonly device: string; readonly operation: string } {
  const [device = '', operation = ''] = key.split('\0');
  return { device, operation };
}

const emptySum = (): Sum => ({
  count: 0,
  bytes: 0,
  errors: 0,
  duration: 0,
  buckets: new Float64Array(DISK_LATENCY_BOUNDS_SECONDS.length + 1),
});

function sumFor(sums: Map<string, Sum>, key: string): Sum {
  const known = sums.get(key);
  if (known) return known;
  const made = emptySum();
  sums.set(key, made);
  return made;
}

function add(sum: Sum, one: Readonly<Omit<Sum, 'buckets'>> & { readonly buckets: Float64Array }): Sum {
  sum.count += one.count;
  sum.bytes += one.bytes;
  sum.errors += one.errors;
  sum.duration += one.duration;
  one.buckets.forEach((value, i) => (sum.buckets[i] = (sum.buckets[i] ?? 0) + value));
  return sum;
}

const histogramOf = ({ buckets, count, duration }: Sum): Histogram => ({
  bounds: DISK_LATENCY_BOUNDS_SECONDS,
  buckets,
  count,
  sum: duration,
});

type Labels = ReturnType<typeof labelsOf>;

function emitDevice(sink: MetricSink, labels: Labels, sum: Sum): void {
  sink.nodeHistogram(NODE_METRICS.diskIoDuration, labels, histogramOf(sum));
  sink.node(NODE_METRICS.diskIoBytes, labels, sum.bytes);
  sink.node(NODE_METRICS.diskIoErrors, labels, sum.errors);
}

function emitContainer(sink: MetricSink, container: Container, labels: Labels, sum: Sum): void {
  sink.histogram(CONTAINER_METRICS.diskIoDuration, container, labels, histogramOf(sum));
  sink.sample(CONTAINER_METRICS.diskIoBytes, container, labels, sum.bytes);
}

/** What the cgroup's own counters would say, in their series. */
function emitCounts(sink: MetricSink, container: Container, { device, operation }: Labels, sum: Sum): void {
  const labels = { mount_point: '', device, volume: '' };
  if (operation === 'read') {
    sink.sample(CONTAINER_METRICS.diskReads, container, labels, sum.count);
    sink.sample(CONTAINER_METRICS.diskReadBytes, container, labels, sum.bytes);
  } else if (operation === 'write') {
    sink.sample(CONTAINER_METRICS.diskWrites, container, labels, sum.count);
    sink.sample(CONTAINER_METRICS.diskWrittenBytes, container, labels, sum.bytes);
  }
}
