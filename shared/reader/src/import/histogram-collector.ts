import type { NativeHistogram } from '@gumshoe/base/native-histogram';
import { labelsKey, type Labels, type Series } from '@gumshoe/base/series';
import { combine } from '@gumshoe/promql/histograms/arithmetic';
import { histogramsFromBuckets, type ToldHistogram } from '@gumshoe/promql/histograms/from-buckets';

/** Objects of some hundred bytes and more. */
export const MAX_HISTOGRAMS = 1_000_000;
/** Prometheus knows none coarser; of these the classic series are all that is kept. */
const COARSEST = -4;

interface Known {
  readonly labels: Labels;
  readonly samples: Map<number, NativeHistogram>;
  /** Increments, to be counted up. */
  readonly deltas: Map<number, NativeHistogram>;
  /** As texts tell them: without a schema, which shows only in all of them together. */
  readonly told: Map<number, ToldHistogram>;
}

/** Native histograms that come in any order; of several at one instant that with the most observations is taken. */
export class HistogramCollector {
  readonly #known = new Map<string, Known>();
  samples = 0;

  /** `at` in ms since the epoch. Whether there was room. */
  add(labels: Labels, at: number, histogram: NativeHistogram): boolean {
    return this.#put((known) => known.samples, labels, at, histogram);
  }

  /** The observations of an interval that ends at `at`. Whether there was room. */
  addDelta(labels: Labels, at: number, histogram: NativeHistogram): boolean {
    return this.#put((known) => known.deltas, labels, at, histogram);
  }

  addTold(labels: Labels, at: number, histogram: ToldHistogram): boolean {
    return this.#put((known) => known.told, labels, at, histogram);
  }

  #put<H extends ToldHistogram | NativeHistogram>(
    which: (known: Known) => Map<number, H>,
    labels: Labels,
    at: number,
    histogram: H,
  ): boolean {
    if (this.samples >= MAX_HISTOGRAMS) return false;
    const key = labelsKey(labels);
    let known = this.#known.get(key);
    if (!known)
      this.#known.set(key, (known = { labels, samples: new Map(), deltas: new Map(), told: new Map() }));
    const samples = which(known);
    const other = samples.get(at);
    if (!other || isLarger(histogram, other)) samples.set(at, histogram);
    this.samples++;
    return true;
  }

  *instants(): Generator<number> {
    for (const { samples, deltas, told } of this.#known.values())
      for (const column of [samples, deltas, told]) yield* column.keys();
  }

  /** Takes over what another gathered. */
  addAll(other: HistogramCollector): void {
    for (const { labels, samples, deltas, told } of other.#known.values()) {
      for (const [at, one] of samples) this.add(labels, at, one);
      for (const [at, one] of deltas) this.addDelta(labels, at, one);
      for (const [at, one] of told) this.addTold(labels, at, one);
    }
  }

  /** Sorted by labels, without floats; also such of a schema that is none of Prometheus's. */
  series(): Series[] {
    const none = new Float64Array(0);
    return [...this.#known]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, { labels, samples, deltas, told }]): Series => {
        const all = new Map([...fromTold(told), ...countedUp(deltas), ...samples]);
        const timestamps = Float64Array.from(all.keys()).sort();
        const histograms = { timestamps, samples: Array.from(timestamps, (at) => all.get(at)!) };
        return { labels, timestamps: none, values: none, histograms };
      });
  }
}

const isLarger = (a: ToldHistogram | NativeHistogram, b: ToldHistogram | NativeHistogram): boolean =>
  a.count > b.count || (a.count === b.count && a.sum > b.sum);

/** Whether Prometheus can hold it as it is. */
export const isNative = ({ histograms }: Series): boolean =>
  histograms !== undefined && histograms.samples.every(({ schema }) => schema >= COARSEST || schema === -53);

const inOrder = <H>(column: ReadonlyMap<number, H>): (readonly [number, H])[] =>
  [...column].sort(([a], [b]) => a - b);

function fromTold(told: Known['told']): (readonly [number, NativeHistogram])[] {
  const all = inOrder(told);
  const made = histogramsFromBuckets(all.map(([, one]) => one));
  return all.map(([at, one], i) => [at, isStale(one) ? { ...made[i]!, stale: true } : made[i]!]);
}

/** A text has no stale markers: nothing was observed, and yet the sum is no number. */
const isStale = ({ count, sum, buckets }: ToldHistogram): boolean =>
  Number.isNaN(sum) && !(count > 0) && buckets.length === 0;

function countedUp(deltas: Known['deltas']): (readonly [number, NativeHistogram])[] {
  let sum: NativeHistogram | undefined;
  return inOrder(deltas).map(([at, one]) => {
    sum = (sum && combine(sum, one, 1)?.histogram) ?? one;
    return [at, sum];
  });
}
