import type { Bucket } from '@gumshoe/base/native-histogram';
import type { ToldHistogram } from '@gumshoe/promql/histograms/from-buckets';

const NUMBER = '[^\\s,:\\[\\](){}]+';
const FIELD = new RegExp(`^(count|sum):(${NUMBER})$`);
const BUCKET = new RegExp(`^[\\[(](${NUMBER}),(${NUMBER})[\\])]:(${NUMBER})$`);
/** Between two fields: a comma inside of a bucket's bounds has no space behind it. */
const BETWEEN = /,\s+/;

/**
 * A native histogram as Prometheus writes it, and `promtool tsdb dump` with it: `{count:3, sum:4.5, [-0.1,0.1]:1, (0.5,1]:2}`.
 * Undefined when it is none.
 */
export function readHistogram(
  text: string,
  readNumber: (text: string) => number | undefined,
): ToldHistogram | undefined {
  if (!text.startsWith('{') || !text.endsWith('}')) return undefined;
  const fields = { count: NaN, sum: NaN };
  const buckets: Bucket[] = [];
  for (const part of text.slice(1, -1).trim().split(BETWEEN)) {
    const [, name, value] = FIELD.exec(part) ?? [];
    const [, lower, upper, count] = BUCKET.exec(part) ?? [];
    const numbers = (name === undefined ? [lower, upper, count] : [value]).map((one) =>
      readNumber(one ?? ''),
    );
    if (numbers.includes(undefined)) return undefined;
    if (name === 'count' || name === 'sum') fields[name] = numbers[0]!;
    else buckets.push({ lower: numbers[0]!, upper: numbers[1]!, count: numbers[2]! });
  }
  return { ...fields, buckets: buckets.sort((a, b) => a.lower - b.lower) };
}
