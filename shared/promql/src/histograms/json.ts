import { bucketsOf, closedEnds, type Bucket, type NativeHistogram } from '@gumshoe/base/native-histogram';

/** Closed ends of a bucket: 0 the upper one, 1 the lower one, 2 none, 3 both. */
type BucketJson = readonly [ends: number, lower: string, upper: string, count: string];

/** A native histogram in answers of Prometheus's HTTP API; empty buckets are left out. */
export interface HistogramJson {
  readonly count: string;
  readonly sum: string;
  readonly buckets?: readonly BucketJson[];
}

/** A float as Prometheus writes it in JSON. */
export function floatJson(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (value === Infinity) return '+Inf';
  if (value === -Infinity) return '-Inf';
  return Object.is(value, -0) ? '-0' : String(value);
}

export function histogramJson(histogram: NativeHistogram): HistogramJson {
  const buckets = bucketsOf(histogram).map((bucket): BucketJson => {
    const { lower, upper, count } = bucket;
    return [endsOf(bucket), floatJson(lower), floatJson(upper), floatJson(count)];
  });
  const whole = { count: floatJson(histogram.count), sum: floatJson(histogram.sum) };
  return buckets.length > 0 ? { ...whole, buckets } : whole;
}

function endsOf(bucket: Bucket): number {
  const [below, above] = closedEnds(bucket);
  return below ? (above ? 3 : 1) : above ? 0 : 2;
}
