import type { MetricDefinition } from '@gumshoe/schema/metrics/define';
import type { Histogram, SampleSink } from '../processors/sample-sink.ts';

/** Where receivers put the values of one interval. Container series come through SampleSink. */
export interface MetricSink extends SampleSink {
  /** A series of this machine. */
  node(metric: MetricDefinition, labels: Readonly<Record<string, string>>, value: number): void;
  /** The series of a histogram of this machine. */
  nodeHistogram(
    metric: MetricDefinition,
    labels: Readonly<Record<string, string>>,
    histogram: Histogram,
  ): void;
  /** A series of the collector itself. */
  self(metric: MetricDefinition, labels: Readonly<Record<string, string>>, value: number): void;
}

/** One thing that has values once per interval. `now` in ms since the epoch. */
export interface MetricSource {
  readonly name: string;
  collect(sink: MetricSink, now: number): void;
}
