import type { Labels, Series } from '@gumshoe/base/series';
import type { TimeRange } from '@gumshoe/base/time';
import { LATENCY_BOUNDS_SECONDS } from '@gumshoe/schema/metrics/container';

/** Value of a series at an instant (ms); rates are per second. */
export type Course = (at: number) => number;

export interface Lifetime {
  readonly from?: number;
  readonly to?: number;
  /** Instant at which counters fall back to zero: a restart. */
  readonly resetAt?: number;
  /** Stretch without samples. */
  readonly absent?: { readonly from: number; readonly to: number };
}

/** Repeatable noise: a linear congruential generator, 0..1. */
export function noise(seed: number): () => number {
  let state = seed >>> 0 || 1;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Writes series as a collector would: one sample per interval, counters cumulative. */
export class SeriesWriter {
  readonly series: Series[] = [];
  readonly #instants: Float64Array;
  readonly #interval: number;

  constructor(range: TimeRange, interval: number) {
    const count = Math.floor((range.to - range.from) / interval);
    this.#instants = Float64Array.from({ length: count }, (_, i) => range.from + (i + 1) * interval);
    this.#interval = interval;
  }

  gauge(name: string, labels: Labels, value: Course, lifetime: Lifetime = {}): void {
    const instants = this.#alive(lifetime);
    this.#add(name, labels, instants, Float64Array.from(instants, value));
  }

  /** Starts at `start` and grows by `rate` per second. */
  counter(name: string, labels: Labels, rate: Course, lifetime: Lifetime = {}, start = 0): void {
    const instants = this.#alive(lifetime);
    let total = start;
    let previous = -Infinity;
    const values = Float64Array.from(instants, (at) => {
      if (lifetime.resetAt !== undefined && previous < lifetime.resetAt && at >= lifetime.resetAt) total = 0;
      previous = at;
      total += Math.max(0, rate(at)) * (this.#interval / 1000);
      return total;
    });
    this.#add(name, labels, instants, values);
  }

  /** Exponentially distributed latencies around `mean` seconds. */
  histogram(name: string, labels: Labels, rate: Course, mean: Course, lifetime: Lifetime = {}): void {
    for (const bound of [...LATENCY_BOUNDS_SECONDS, Infinity]) {
      const le = bound === Infinity ? '+Inf' : String(bound);
      const below: Course = (at) =>
        rate(at) * (bound === Infinity ? 1 : 1 - Math.exp(-bound / Math.max(1e-6, mean(at))));
      this.counter(`${name}_bucket`, { ...labels, le }, below, lifetime);
    }
    this.counter(`${name}_sum`, labels, (at) => rate(at) * mean(at), lifetime);
    this.counter(`${name}_count`, labels, rate, lifetime);
  }

  #alive({ from = -Infinity, to = Infinity, absent }: Lifetime): Float64Array {
    return this.#instants.filter(
      (at) => at >= from && at <= to && !(absent && at > absent.from && at < absent.to),
    );
  }

  #add(name: string, labels: Labels, timestamps: Float64Array, values: Float64Array): void {
    if (timestamps.length === 0) return;
    this.series.push({ labels: { __name__: name, ...labels }, timestamps, values });
  }
}
