import type { MetricDefinition } from '@gumshoe/schema/metrics/define';

/** The container that a series belongs to. */
export interface ContainerSeries {
  readonly containerId: string;
}

export type ContainerOf = (tgid: number) => ContainerSeries | undefined;

/** `buckets` are not cumulative and match `bounds` (default LATENCY_BOUNDS_SECONDS) and +Inf; `sum` in seconds. */
export interface Histogram {
  readonly bounds?: readonly number[];
  readonly buckets: Float64Array;
  readonly count: number;
  readonly sum: number;
}

export interface SampleSink {
  sample(
    metric: MetricDefinition,
    container: ContainerSeries,
    labels: Readonly<Record<string, string>>,
    value: number,
  ): void;
  histogram(
    metric: MetricDefinition,
    container: ContainerSeries,
    labels: Readonly<Record<string, string>>,
    histogram: Histogram,
  ): void;
}
