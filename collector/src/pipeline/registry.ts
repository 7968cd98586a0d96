import type { Labels } from '@gumshoe/base/series';
import type { RemoteWriteSample } from '@gumshoe/schema/remote-write/encode';
import { LATENCY_BOUNDS_SECONDS } from '@gumshoe/schema/metrics/container';
import type { MetricDefinition } from '@gumshoe/schema/metrics/define';
import type { Container } from '../identity/processes.ts';
import type { ContainerSeries, Histogram } from '../processors/sample-sink.ts';
import type { MetricSink } from './metric-sink.ts';

export interface CollectedSample extends RemoteWriteSample {
  readonly metric: MetricDefinition;
  /** Of the series: that of the metric, or with an ending. */
  readonly name: string;
  /** Labels without the name: those that it has in common with many others, and the rest. No label stands in both. */
  readonly shared: Labels;
  readonly own: Labels;
}

/** Tens of thousands are alive at once, and most share their labels: they are put together when they are asked for. */
class IntervalSample implements CollectedSample {
  readonly metric: MetricDefinition;
  readonly value: number;
  readonly name: string;
  readonly shared: Labels;
  readonly own: Labels;
  private readonly interval: Interval;

  constructor(series: Series, own: Labels, value: number, interval: Interval) {
    this.metric = series.metric;
    this.name = series.name;
    this.shared = series.labels;
    this.own = own;
    this.value = value;
    this.interval = interval;
  }

  /** Made anew each time. */
  get labels(): Labels {
    return { __name__: this.name, ...this.shared, ...this.own };
  }

  get timestamp(): number {
    return this.interval.now;
  }
}

/** What samples have in common. */
interface Series {
  readonly metric: MetricDefinition;
  readonly name: string;
  readonly labels: Labels;
}

interface Interval {
  /** ms since the epoch. */
  readonly now: number;
}

const NO_LABELS: Labels = {};

export interface RegistryOptions {
  /** Labels of every node and container series: machine_id, system_uuid. */
  readonly machineLabels: Labels;
  readonly maxSeriesPerContainer: number;
}

/** Label le of each bucket, by the bounds. */
const BOUND_LABELS = new WeakMap<readonly number[], readonly Labels[]>();

function boundLabels(seconds: readonly number[]): readonly Labels[] {
  const known = BOUND_LABELS.get(seconds);
  if (known) return known;
  const made = [...seconds.map(String), '+Inf'].map((le) => ({ le }));
  BOUND_LABELS.set(seconds, made);
  return made;
}

/**
 * The samples of one interval, bounded per container. A container that exceeds its share loses its newest
 * series first (those emitted last), and the loss is counted.
 */
export class IntervalSamples implements MetricSink {
  private readonly options: RegistryOptions;
  private readonly interval: Interval;
  readonly samples: CollectedSample[] = [];
  private readonly perContainer = new Map<string, number>();
  private readonly labelsOf = new Map<ContainerSeries, Labels>();
  shed = 0;

  constructor(options: RegistryOptions, now: number) {
    this.options = options;
    this.interval = { now };
  }

  private push(series: Series, own: Labels, value: number): void {
    if (!Number.isNaN(value)) this.samples.push(new IntervalSample(series, own, value, this.interval));
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
    const known = this.labelsOf.get(container);
    if (known) return known;
    const { appId } = container as Partial<Container>;
    const made = {
      ...this.options.machineLabels,
      container_id: container.containerId,
      ...(appId ? { app_id: appId } : {}),
    };
    this.labelsOf.set(container, made);
    return made;
  }

  sample(metric: MetricDefinition, container: ContainerSeries, labels: Labels, value: number): void {
    if (!this.admit(container, 1)) return;
    this.push({ metric, name: metric.name, labels: this.containerLabels(container) }, labels, value);
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

  private pushHistogram(metric: MetricDefinition, labels: Labels, histogram: Histogram): void {
    const bounds = boundLabels(histogram.bounds ?? LATENCY_BOUNDS_SECONDS);
    const buckets = { metric, name: `${metric.name}_bucket`, labels };
    let cumulative = 0;
    bounds.forEach((le, i) => {
      cumulative += histogram.buckets[i] ?? 0;
      this.push(buckets, le, cumulative);
    });
    this.push({ metric, name: `${metric.name}_sum`, labels }, NO_LABELS, histogram.sum);
    this.push({ metric, name: `${metric.name}_count`, labels }, NO_LABELS, histogram.count);
  }

  node(metric: MetricDefinition, labels: Labels, value: number): void {
    this.push({ metric, name: metric.name, labels: this.options.machineLabels }, labels, value);
  }

  self(metric: MetricDefinition, labels: Labels, value: number): void {
    this.push({ metric, name: metric.name, labels: NO_LABELS }, labels, value);
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
