import { sparseBuckets, type NativeHistogram, type SparseBuckets } from '@gumshoe/base/native-histogram';
import { reduceResolution } from '@gumshoe/promql/histograms/layout';
import { recordOf as record } from '@gumshoe/schema/otlp/values';

type Json = Readonly<Record<string, unknown>>;

/** The finest schema of Prometheus. OpenTelemetry goes to 20. */
const FINEST = 8;
const MOST_SCALE = 20;
const MOST_BUCKETS = 65_536;
const MOST_INDEX = 2 ** 30;

export const listOfNumbers = (value: unknown): readonly number[] =>
  Array.isArray(value) ? value.map(Number) : [];

/**
 * A data point of an exponential histogram (OTLP metrics.proto, ExponentialHistogramDataPoint) as a native one: what is
 * `scale` there is `schema` here, and bucket i, (base^i, base^(i+1)], has index i + 1. The text says what is wrong with it.
 */
export function nativeOf(point: Json): NativeHistogram | string {
  const scale = Number(point['scale'] ?? 0);
  if (!(Number.isInteger(scale) && Math.abs(scale) <= MOST_SCALE))
    return 'an exponential histogram of an impossible scale';
  const [positive, negative] = [sideOf(point['positive']), sideOf(point['negative'])];
  if (!positive || !negative) return 'an exponential histogram with impossible buckets';
  const histogram: NativeHistogram = {
    schema: scale,
    count: Number(point['count'] ?? 0),
    sum: Number(point['sum'] ?? 0),
    zeroThreshold: Number(point['zeroThreshold'] ?? 0),
    zeroCount: Number(point['zeroCount'] ?? 0),
    positive,
    negative,
    hint: 'unknown',
  };
  return reduceResolution(histogram, FINEST);
}

function sideOf(value: unknown): SparseBuckets | undefined {
  const side = record(value);
  const offset = Number(side['offset'] ?? 0);
  const counts = listOfNumbers(side['bucketCounts']);
  if (!Number.isInteger(offset) || Math.abs(offset) > MOST_INDEX || counts.length > MOST_BUCKETS)
    return undefined;
  if (!counts.every((count) => count >= 0)) return undefined;
  return sparseBuckets(new Map(counts.map((count, i) => [offset + i + 1, count])));
}
