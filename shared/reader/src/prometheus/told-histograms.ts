import type { Bucket, HistogramSamples } from '@gumshoe/base/native-histogram';
import { histogramsFromBuckets } from '@gumshoe/promql/histograms/from-buckets';
import { sampleValue } from './sample-value.ts';

/** `[seconds, {count, sum, buckets: [[ends, lower, upper, count], …]}]`, as the HTTP API tells native histograms. */
export type ToldSample = readonly [seconds: unknown, histogram: unknown];

const number = (text: unknown): number => {
  const value = sampleValue(String(text));
  if (Number.isNaN(value) && text !== 'NaN')
    throw new SyntaxError(`${String(text).slice(0, 40)} is no number`);
  return value;
};

const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value);

function bucketOf(told: unknown): Bucket {
  if (!isList(told) || told.length < 4) throw new SyntaxError('a bucket of a histogram is no list of four');
  const [, lower, upper, count] = told;
  return { lower: number(lower), upper: number(upper), count: number(count) };
}

/**
 * Native histograms of one series, with `from < t <= to` in ms; undefined where there are none.
 * @throws SyntaxError on another shape than the API documents.
 */
export function toldHistograms(
  told: readonly ToldSample[],
  from = -Infinity,
  to = Infinity,
): HistogramSamples | undefined {
  const timed = told.map(([seconds, histogram]) => {
    if (typeof histogram !== 'object' || histogram === null)
      throw new SyntaxError('a histogram is no object');
    const { count, sum, buckets = [] } = histogram as Readonly<Record<string, unknown>>;
    if (!isList(buckets)) throw new SyntaxError('the buckets of a histogram are no list');
    const shape = { count: number(count), sum: number(sum), buckets: buckets.map(bucketOf) };
    return { at: Math.round(Number(seconds) * 1000), shape };
  });
  const kept = timed.filter(({ at }) => at > from && at <= to);
  if (kept.length === 0) return undefined;
  return {
    timestamps: Float64Array.from(kept, ({ at }) => at),
    samples: histogramsFromBuckets(kept.map(({ shape }) => shape)),
  };
}
