import type { Series } from '@gumshoe/base/series';

/** Labels that tell series of one metric apart, most telling first; the rest follows by name. */
const ORDER = [
  'machine_id',
  'container_id',
  'address',
  'destination',
  'actual_destination',
  'status',
  'le',
  'listen_addr',
  'destination_ip',
];
const ORDERED = new Set(ORDER);

/**
 * Series by metric name, in an order that depends on their labels only: floating-point sums come out the
 * same however the store returned them. Series without samples are left out.
 */
export function groupSeries(series: readonly Series[]): ReadonlyMap<string, readonly Series[]> {
  const groups = new Map<string, Series[]>();
  for (const one of series) {
    if (one.timestamps.length === 0) continue;
    const name = one.labels.__name__ ?? '';
    const group = groups.get(name);
    if (group) group.push(one);
    else groups.set(name, [one]);
  }
  for (const group of groups.values()) group.sort(compareSeries);
  return groups;
}

function compareSeries(a: Series, b: Series): number {
  for (const name of ORDER) {
    const x = a.labels[name] ?? '';
    const y = b.labels[name] ?? '';
    if (x !== y) return x < y ? -1 : 1;
  }
  const x = restKey(a);
  const y = restKey(b);
  if (x !== y) return x < y ? -1 : 1;
  return a.timestamps[0]! - b.timestamps[0]!;
}

function restKey(series: Series): string {
  const names = Object.keys(series.labels).filter((name) => !ORDERED.has(name));
  return names
    .sort()
    .map((name) => `${name}=${series.labels[name]}`)
    .join('\u0001');
}

/** Typical distance of samples in ms: median over a spread of series. 15 s when nothing can be told. */
export function sampleInterval(groups: ReadonlyMap<string, readonly Series[]>): number {
  const medians: number[] = [];
  for (const group of groups.values()) {
    const stride = Math.max(1, Math.floor(group.length / 8));
    for (let k = 0; k < group.length; k += stride) {
      const median = medianDelta(group[k]!.timestamps);
      if (median > 0) medians.push(median);
    }
  }
  if (medians.length === 0) return 15_000;
  medians.sort((a, b) => a - b);
  return Math.max(1000, Math.round(medians[Math.floor(medians.length / 2)]! / 500) * 500);
}

function medianDelta(timestamps: Float64Array): number {
  if (timestamps.length < 2) return NaN;
  const deltas = new Float64Array(Math.min(64, timestamps.length - 1));
  const offset = timestamps.length - deltas.length;
  for (let i = 0; i < deltas.length; i++) deltas[i] = timestamps[offset + i]! - timestamps[offset + i - 1]!;
  deltas.sort();
  return deltas[Math.floor(deltas.length / 2)]!;
}
