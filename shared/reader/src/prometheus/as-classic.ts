import { isCustom, upperBound, type NativeHistogram } from '@gumshoe/base/native-histogram';
import type { Series } from '@gumshoe/base/series';
import { reduceResolution } from '@gumshoe/promql/histograms/layout';
import { markStale } from '@gumshoe/promql/source';

const SUFFIX = /_(?:bucket|sum|count)$/;
/** So many bounds are enough for a quantile; finer exponential buckets are joined. */
const MOST_BOUNDS = 40;
const COARSEST = -4;

const baseOf = (name: string): string | undefined =>
  SUFFIX.test(name) ? name.replace(SUFFIX, '') : undefined;

/**
 * Names to ask for: a server may hold as one native histogram what is asked for as `_bucket`, `_sum` and `_count`
 * (`scrape_native_histograms`, `convert_classic_histograms_to_nhcb`).
 */
export const withNativeNames = (names: readonly string[]): readonly string[] => [
  ...new Set([...names, ...names.flatMap((name) => baseOf(name) ?? [])]),
];

/**
 * Series of the names asked for, native histograms as the classic series of the same observations. A metric that has
 * classic series too keeps those.
 */
export function asClassic(all: readonly Series[], asked: readonly string[]): readonly Series[] {
  const wanted = new Set(asked);
  const named = new Set(all.map(({ labels }) => labels['__name__'] ?? ''));
  return all.flatMap((series) => {
    const name = series.labels['__name__'] ?? '';
    const classic = ['bucket', 'sum', 'count'].map((part) => `${name}_${part}`);
    const own = wanted.has(name) ? [series] : [];
    if (!series.histograms || classic.some((one) => named.has(one))) return own;
    const made = classicSeries(series, series.histograms).filter(({ labels }) =>
      wanted.has(labels['__name__']!),
    );
    return [...own, ...made];
  });
}

/** Classic series of native histograms whose metric has no buckets among `floats`; of sums and counts what is missing. */
export function classicBeside(floats: readonly Series[], natives: readonly Series[]): readonly Series[] {
  const named = new Set(floats.map(({ labels }) => labels['__name__'] ?? ''));
  return natives.flatMap((series) =>
    series.histograms === undefined || named.has(`${series.labels['__name__']}_bucket`)
      ? []
      : classicSeries(series, series.histograms).filter(({ labels }) => !named.has(labels['__name__'] ?? '')),
  );
}

function classicSeries(
  { labels }: Series,
  { timestamps, samples }: NonNullable<Series['histograms']>,
): Series[] {
  const column = (part: string, numbers: readonly number[], more = {}): Series => {
    const values = Float64Array.from(numbers);
    samples.forEach(({ stale }, i) => stale && markStale(values, i));
    return { labels: { ...labels, ...more, __name__: `${labels['__name__']}_${part}` }, timestamps, values };
  };
  const reduced = withFewBounds(samples);
  const buckets = boundsOf(reduced).map((bound) => {
    const counts = reduced.map((one) => (bound === Infinity ? one.count : countUpTo(one, bound)));
    return column('bucket', counts, { le: bound === Infinity ? '+Inf' : String(bound) });
  });
  const sums = samples.map(({ sum }) => sum);
  const counts = samples.map(({ count }) => count);
  return [...buckets, column('sum', sums), column('count', counts)];
}

/** All samples in one exponential schema that leaves few bounds; custom ones as they are. */
function withFewBounds(samples: readonly NativeHistogram[]): readonly NativeHistogram[] {
  const exponential = samples.filter((one) => !isCustom(one));
  if (exponential.length < samples.length) return samples;
  let schema = Math.min(...exponential.map((one) => one.schema));
  let reduced = samples.map((one) => reduceResolution(one, schema));
  while (schema > COARSEST && boundsOf(reduced).length > MOST_BOUNDS) {
    schema--;
    reduced = reduced.map((one) => reduceResolution(one, schema));
  }
  return reduced;
}

/** Both ends of every populated bucket, ascending, and infinity. */
function boundsOf(samples: readonly NativeHistogram[]): readonly number[] {
  const bounds = new Set<number>([Infinity]);
  for (const one of samples) {
    for (const bound of one.bounds ?? []) bounds.add(bound);
    if (isCustom(one)) continue;
    if (one.zeroCount > 0) bounds.add(one.zeroThreshold);
    for (const index of one.positive.indexes)
      bounds.add(upperBound(one, index)).add(upperBound(one, index - 1));
    for (const index of one.negative.indexes) bounds.add(-upperBound(one, index - 1));
  }
  return [...bounds].sort((a, b) => a - b);
}

function countUpTo(histogram: NativeHistogram, bound: number): number {
  const { positive, negative, zeroCount, zeroThreshold } = histogram;
  let count = zeroThreshold <= bound ? zeroCount : 0;
  positive.indexes.forEach((index, i) => {
    if (upperBound(histogram, index) <= bound) count += positive.counts[i]!;
  });
  negative.indexes.forEach((index, i) => {
    if (-upperBound(histogram, index - 1) <= bound) count += negative.counts[i]!;
  });
  return count;
}
