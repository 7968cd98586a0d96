import type { Labels } from '@gumshoe/base/series';
import type { RemoteWriteSample } from '@gumshoe/schema/remote-write/encode';
import { LATENCY_BOUNDS_SECONDS } from '@gumshoe/schema/metrics/container';
import type { MetricDefinition } from '@gumshoe/schema/metrics/define';
import type { Container } from '../identity/processes.ts';
import type { ContainerSeries, Histogram } from '../processors/sample-sink.ts';
import type { MetricSink } from './metric-sink.ts';

export interface CollectedSample extends RemoteWriteSample {
  readonly metric: MetricDefinition;
}

export interface RegistryOptions {
  /** Labels of every node and container series: machine_id, system_uuid. */
  readonly machineLabels: Labels;
  readonly maxSeriesPerContainer: number;
}

const upperBounds = (seconds: readonly number[]): readonly string[] => [...seconds.map(String), '+Inf'];
const BOUNDS = upperBounds(LATENCY_BOUNDS_SECONDS);

/**
 * The samples of one interval, bounded per container. A container that exceeds its share loses its newest
 * series first (those emitted last), and the loss is counted.
 */
export class IntervalSamples implements MetricSink {
  private readonly options: RegistryOptions;
  private readonly now: number;
  readonly samples: CollectedSample[] = [];
  private readonly perContainer = new Map<string, number>();
  shed = 0;

  constructor(options: RegistryOptions, now: number) {
    this.options = options;
    this.now = now;
  }

  private push(metric: MetricDefinition, name: string, base: Labels, labels: Labels, value: number): void {
    if (Number.isNaN(value)) return;
    this.samples.push({ metric, labels: { __name__: name, ...base, ...labels }, value, timestamp: this.now });
  }

  private admit(container: ContainerSeries, series: number): boolean {
    const used = (this.perContainer.get(container.containerId) ?? 0) + series;
    if (used > this.options.maxSeriesPerContainer) {
      this.shed += series;
      return false;
    }
    this.perContainer.set(container.containerId, used);
    return true;
  }

  private containerLabels(container: ContainerSeries): Labels {
    const { appId } = container as Partial<Container>;
    return {
      ...this.options.machineLabels,
      container_id: container.containerId,
      ...(appId ? { app_id: appId } : {}),
    };
  }

  sample(metric: MetricDefinition, container: ContainerSeries, labels: Labels, value: number): void {
    if (this.admit(container, 1))
      this.push(metric, metric.name, this.containerLabels(container), labels, value);
  }

  histogram(
    metric: MetricDefinition,
    container: ContainerSeries,
    labels: Labels,
    histogram: Histogram,
  ): void {
    const series = (histogram.bounds?.length ?? LATENCY_BOUNDS_SECONDS.length) + 3;
    if (!this.admit(container, series)) return;
    this.pushHistogram(metric, { ...this.containerLabels(container), ...labels }, histogram);
  }

  nodeHistogram(metric: MetricDefinition, labels: Labels, histogram: Histogram): void {
    this.pushHistogram(metric, { ...this.options.machineLabels, ...labels }, histogram);
  }

  private pushHistogram(metric: MetricDefinition, base: Labels, histogram: Histogram): void {
    const bounds = histogram.bounds ? upperBounds(histogram.bounds) : BOUNDS;
    let cumulative = 0;
    bounds.forEach((le, i) => {
      cumulative += histogram.buckets[i] ?? 0;
      this.push(metric, `${metric.name}_bucket`, base, { le }, cumulative);
    });
    this.push(metric, `${metric.name}_sum`, base, {}, histogram.sum);
    this.push(metric, `${metric.name}_count`, base, {}, histogram.count);
  }

  node(metric: MetricDefinition, labels: Labels, value: number): void {
    this.push(metric, metric.name, this.options.machineLabels, labels, value);
  }

  self(metric: MetricDefinition, labels: Labels, value: number): void {
    this.push(metric, metric.name, {}, labels, value);
  }

  /** The containers and the metrics with the most series, most first: where to look when a store complains. */
  top(count: number): {
    readonly containers: readonly (readonly [string, number])[];
    readonly metrics: readonly (readonly [string, number])[];
  } {
    const perMetric = new Map<string, number>();
    for (const { metric } of this.samples) perMetric.set(metric.name, (perMetric.get(metric.name) ?? 0) + 1);
    const most = (counts: ReadonlyMap<string, number>): (readonly [string, number])[] =>
      [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, count);
    return { containers: most(this.perContainer), metrics: most(perMetric) };
  }
}
