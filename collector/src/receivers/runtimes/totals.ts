import type { MetricDefinition } from '@gumshoe/schema/metrics/define';
import type { ContainerSeries, SampleSink } from '../../processors/sample-sink.ts';

interface Series {
  readonly metric: MetricDefinition;
  readonly container: ContainerSeries;
  readonly labels: Readonly<Record<string, string>>;
  value: number;
  /** A gauge that nobody set in this interval is no longer there. */
  touched: boolean;
  /** Interval of the last value. */
  seen: number;
}

/** Last total of each counter of one process, by series. */
export type Previous = Map<string, number>;

/** Intervals that a counter is kept after its last process has gone. */
const KEPT = 40;
const MAX_SERIES = 20_000;

/**
 * Sums the values of processes to series of their container. What a process counted stays counted after it has
 * gone, so that a container's counter never falls while it lives.
 */
export class ContainerTotals {
  readonly #series = new Map<string, Series>();
  #interval = 0;
  /** Values left out because there were too many series. */
  dropped = 0;

  begin(): void {
    this.#interval++;
    for (const series of this.#series.values()) {
      if (series.metric.type === 'gauge') series.value = 0;
      series.touched = false;
    }
  }

  add(
    container: ContainerSeries,
    metric: MetricDefinition,
    labels: Readonly<Record<string, string>>,
    value: number,
    previous: Previous,
  ): void {
    if (!Number.isFinite(value)) return;
    const key = keyOf(container, metric, labels);
    const series = this.#series.get(key) ?? this.#make(key, { container, metric, labels });
    if (!series) return;
    series.touched = true;
    series.seen = this.#interval;
    if (metric.type === 'gauge') {
      series.value += value;
      return;
    }
    const last = previous.get(key) ?? 0;
    // A total that fell was started anew.
    series.value += value >= last ? value - last : value;
    previous.set(key, value);
  }

  emit(sink: SampleSink): void {
    for (const [key, { metric, container, labels, value, touched, seen }] of this.#series) {
      if (!touched && (metric.type === 'gauge' || this.#interval - seen > KEPT)) this.#series.delete(key);
      else sink.sample(metric, container, labels, value);
    }
  }

  #make(key: string, made: Pick<Series, 'container' | 'metric' | 'labels'>): Series | undefined {
    if (this.#series.size >= MAX_SERIES) {
      this.dropped++;
      return undefined;
    }
    const series = { ...made, value: 0, touched: true, seen: this.#interval };
    this.#series.set(key, series);
    return series;
  }
}

const keyOf = (
  { containerId }: ContainerSeries,
  { name }: MetricDefinition,
  labels: Readonly<Record<string, string>>,
): string => `${name}\0${containerId}\0${Object.values(labels).join('\0')}`;
