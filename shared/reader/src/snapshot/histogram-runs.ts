import type { HistogramSamples, NativeHistogram, SparseBuckets } from '@gumshoe/base/native-histogram';

/** Samples one after the other that have a layout in common; indexes are those that any of them has, ascending. */
export interface Run extends HistogramSamples {
  readonly schema: number;
  /** Of custom buckets. */
  readonly bounds: Float64Array | undefined;
  readonly positive: readonly number[];
  readonly negative: readonly number[];
}

/** A run is cut when it has so many numbers: samples times columns. */
export const RUN_CELLS = 100_000;
/** Columns that every sample has: hint, count, sum, threshold and count of the zero bucket. */
export const FIXED = 5;

/** Cuts samples where the layout changes, and where a run becomes too large. */
export function* runsOf({ timestamps, samples }: HistogramSamples): Generator<Run> {
  let start = 0;
  let [positive, negative] = [new Set<number>(), new Set<number>()];
  const cut = (end: number): Run => ({
    timestamps: timestamps.subarray(start, end),
    samples: samples.slice(start, end),
    schema: samples[start]!.schema,
    bounds: samples[start]!.bounds,
    positive: [...positive].sort((a, b) => a - b),
    negative: [...negative].sort((a, b) => a - b),
  });
  for (let i = 0; i < samples.length; i++) {
    const one = samples[i]!;
    const [above, below] = [missing(positive, one.positive), missing(negative, one.negative)];
    const columns = FIXED + positive.size + negative.size + above.length + below.length;
    if (i > start && (!alike(samples[start]!, one) || (i - start + 1) * columns > RUN_CELLS)) {
      yield cut(i);
      [start, positive, negative] = [i, new Set(one.positive.indexes), new Set(one.negative.indexes)];
      continue;
    }
    for (const index of above) positive.add(index);
    for (const index of below) negative.add(index);
  }
  if (start < samples.length) yield cut(samples.length);
}

function missing(known: ReadonlySet<number>, { indexes }: SparseBuckets): number[] {
  const out: number[] = [];
  for (const index of indexes) if (!known.has(index)) out.push(index);
  return out;
}

function alike(a: NativeHistogram, b: NativeHistogram): boolean {
  if (a.schema !== b.schema) return false;
  const [left, right] = [a.bounds, b.bounds];
  if (left === right) return true;
  return left?.length === right?.length && left!.every((bound, i) => bound === right![i]);
}

/** How many numbers a run takes in a block. */
export const cellsOf = ({ samples, bounds, positive, negative }: Run): number =>
  samples.length * (FIXED + positive.length + negative.length) + (bounds?.length ?? 0);
