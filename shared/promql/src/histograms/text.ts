import { bucketsOf, closedEnds, type NativeHistogram } from '@gumshoe/base/native-histogram';

const number = (value: number): string =>
  value === Infinity ? '+Inf' : value === -Infinity ? '-Inf' : String(value);

/** A histogram as Prometheus writes it in texts: `{count:3, sum:4.5, (0.5,1]:2, (1,2]:1}`. */
export function histogramText(histogram: NativeHistogram): string {
  const { count, sum } = histogram;
  const buckets = bucketsOf(histogram).map((bucket) => {
    const [closedBelow, closedAbove] = closedEnds(bucket);
    const range = `${number(bucket.lower)},${number(bucket.upper)}`;
    return `${closedBelow ? '[' : '('}${range}${closedAbove ? ']' : ')'}:${number(bucket.count)}`;
  });
  return `{${[`count:${number(count)}`, `sum:${number(sum)}`, ...buckets].join(', ')}}`;
}
