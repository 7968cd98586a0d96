import { labelsKey, type Labels } from '@gumshoe/base/series';
import type { Deltas } from './deltas.ts';
import type { SeriesCollector } from './series-collector.ts';

/** A point of an exponential histogram: bucket i of `positive` counts (base^(offset+i), base^(offset+i+1)]. */
export interface ExponentialPoint {
  readonly at: number;
  readonly delta: boolean;
  /** base = 2^(2^-scale) */
  readonly scale: number;
  /** Observations of zero and below. */
  readonly low: number;
  readonly offset: number;
  readonly counts: readonly number[];
}

interface Known {
  readonly labels: Labels;
  readonly points: ExponentialPoint[];
}

/** So many classic buckets are enough for a quantile; finer ones are joined. */
const MOST_BUCKETS = 40;
const COARSEST = -10;

/** Exponential histograms become classic ones with the same bounds at every instant, however their scale moved. */
export class ExponentialHistograms {
  readonly #known = new Map<string, Known>();
  points = 0;

  /** `labels` with the name without a suffix. */
  add(labels: Labels, point: ExponentialPoint): void {
    const key = labelsKey(labels);
    let known = this.#known.get(key);
    if (known === undefined) this.#known.set(key, (known = { labels, points: [] }));
    known.points.push(point);
    this.points++;
  }

  *instants(): Generator<number> {
    for (const { points } of this.#known.values()) for (const { at } of points) yield at;
  }

  addAll(other: ExponentialHistograms): void {
    for (const { labels, points } of other.#known.values())
      for (const point of points) this.add(labels, point);
  }

  into(series: SeriesCollector, deltas: Deltas): void {
    for (const { labels, points } of this.#known.values()) {
      const scale = commonScale(points);
      const bounds = [...new Set(points.flatMap((point) => [...bucketsOf(point, scale).keys()]))].sort(
        (a, b) => a - b,
      );
      const name = `${labels['__name__']}_bucket`;
      for (const point of points) {
        const buckets = bucketsOf(point, scale);
        const target = point.delta ? deltas : series;
        let sum = point.low;
        for (const index of bounds) {
          sum += buckets.get(index) ?? 0;
          target.add({ ...labels, __name__: name, le: upperBound(index, scale) }, point.at, sum);
        }
        target.add({ ...labels, __name__: name, le: '+Inf' }, point.at, sum);
      }
    }
  }
}

const upperBound = (index: number, scale: number): string =>
  String(Number((2 ** ((index + 1) * 2 ** -scale)).toPrecision(12)));

/** Counts by index at a coarser scale: each step halves the indexes (OpenTelemetry data model). */
function bucketsOf({ scale, offset, counts }: ExponentialPoint, target: number): ReadonlyMap<number, number> {
  const buckets = new Map<number, number>();
  counts.forEach((count, i) => {
    if (count === 0) return;
    const index = Math.floor((offset + i) / 2 ** (scale - target));
    buckets.set(index, (buckets.get(index) ?? 0) + count);
  });
  return buckets;
}

function commonScale(points: readonly ExponentialPoint[]): number {
  let scale = Math.min(...points.map((point) => point.scale));
  for (; scale > COARSEST; scale--) {
    const indexes = new Set(points.flatMap((point) => [...bucketsOf(point, scale).keys()]));
    if (indexes.size <= MOST_BUCKETS) break;
  }
  return scale;
}
