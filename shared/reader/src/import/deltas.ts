import { labelsKey, type Labels } from '@gumshoe/base/series';
import type { SeriesCollector } from './series-collector.ts';

interface Increments {
  readonly labels: Labels;
  readonly points: Map<number, number>;
}

/** Delta temporality: increments in any order become a counter that begins at zero. */
export class Deltas {
  readonly #known = new Map<string, Increments>();
  samples = 0;

  /** `at` in ms since the epoch: the end of the interval. The same interval given twice counts once. */
  add(labels: Labels, at: number, value: number): void {
    const key = labelsKey(labels);
    let known = this.#known.get(key);
    if (known === undefined) this.#known.set(key, (known = { labels, points: new Map() }));
    known.points.set(at, Math.max(value, known.points.get(at) ?? -Infinity));
    this.samples++;
  }

  into(series: SeriesCollector): void {
    for (const { labels, points } of this.#known.values()) {
      let sum = 0;
      for (const [at, value] of [...points].sort(([a], [b]) => a - b)) series.add(labels, at, (sum += value));
    }
  }

  *instants(): Generator<number> {
    for (const { points } of this.#known.values()) yield* points.keys();
  }

  /** Takes over what another gathered. */
  addAll(other: Deltas): void {
    for (const { labels, points } of other.#known.values())
      for (const [at, value] of points) this.add(labels, at, value);
  }
}
