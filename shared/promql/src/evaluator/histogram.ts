import { labelsKey } from '@gumshoe/base/series';
import { column, without, type Column } from './values.ts';

interface Bucket {
  readonly bound: number;
  count: number;
}

/** Interpolated quantile of a classic histogram (Prometheus, promql/quantile.go bucketQuantile). Buckets by bound. */
export function bucketQuantile(share: number, input: readonly Bucket[]): number {
  if (Number.isNaN(share)) return NaN;
  if (share < 0) return -Infinity;
  if (share > 1) return Infinity;
  const buckets = monotonic(merged(input));
  const last = buckets.at(-1);
  if (!last || last.bound !== Infinity || buckets.length < 2 || last.count === 0) return NaN;
  const rank = share * last.count;
  let b = buckets.findIndex((bucket) => bucket.count >= rank);
  if (b < 0) b = buckets.length - 1;
  if (b === buckets.length - 1) return buckets[buckets.length - 2]!.bound;
  const bucket = buckets[b]!;
  if (b === 0 && bucket.bound <= 0) return bucket.bound;
  const start = b === 0 ? 0 : buckets[b - 1]!.bound;
  const below = b === 0 ? 0 : buckets[b - 1]!.count;
  return start + (bucket.bound - start) * ((rank - below) / (bucket.count - below));
}

function merged(buckets: readonly Bucket[]): Bucket[] {
  const out: Bucket[] = [];
  for (const bucket of buckets) {
    const last = out.at(-1);
    if (last && last.bound === bucket.bound) last.count += bucket.count;
    else out.push({ ...bucket });
  }
  return out;
}

function monotonic(buckets: Bucket[]): Bucket[] {
  let most = 0;
  for (const bucket of buckets) {
    if (bucket.count > most) most = bucket.count;
    else bucket.count = most;
  }
  return buckets;
}

export function parseBound(text: string | undefined): number {
  if (text === undefined || text === '') return NaN;
  return /^\+?inf$/i.test(text) ? Infinity : Number(text);
}

/** histogram_quantile over `_bucket` columns: one result for each label set without `le` and the name. */
export function histogramQuantile(
  share: (i: number) => number,
  columns: readonly Column[],
  points: number,
): Column[] {
  const groups = new Map<
    string,
    {
      readonly labels: Column['labels'];
      readonly members: { readonly bound: number; readonly column: Column }[];
    }
  >();
  for (const one of columns) {
    const bound = parseBound(one.labels['le']);
    if (Number.isNaN(bound)) continue;
    const labels = without(one.labels, ['__name__', 'le']);
    const key = labelsKey(labels);
    const group = groups.get(key) ?? { labels, members: [] };
    groups.set(key, group);
    group.members.push({ bound, column: one });
  }
  return [...groups.values()].map(({ labels, members }) => {
    members.sort((a, b) => a.bound - b.bound);
    const made = column(labels, points);
    for (let i = 0; i < points; i++) {
      const buckets = members
        .filter((member) => member.column.present[i])
        .map((member) => ({ bound: member.bound, count: member.column.values[i]! }));
      if (buckets.length === 0) continue;
      made.present[i] = 1;
      made.values[i] = bucketQuantile(share(i), buckets);
    }
    return made;
  });
}
