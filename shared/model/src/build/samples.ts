import type { Labels, Series } from '@gumshoe/base/series';
import { isTraceMetric } from '@gumshoe/schema/metrics/trace';

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
 * same however the store returned them. Series without samples are left out, and what spans say of nobody.
 */
export function groupSeries(series: readonly Series[]): ReadonlyMap<string, readonly Series[]> {
  const groups = new Map<string, Series[]>();
  for (const one of series) {
    if (one.timestamps.length === 0) continue;
    const name = one.labels.__name__ ?? '';
    if (isTraceMetric(name) && !one.labels.service_name) continue;
    const group = groups.get(name);
    if (group) group.push(one);
    else groups.set(name, [one]);
  }
  for (const [name, group] of groups) groups.set(name, withoutDuplicates(group.sort(compareSeries)));
  return groups;
}

/** What a scraper adds to the series of a machine: two scrapers, or one that moved, still tell of one thing. */
const SCRAPED_BY: ReadonlySet<string> = new Set([
  'job',
  'instance',
  'prometheus',
  'prometheus_replica',
  'replica',
]);

const isOfMachine = (labels: Labels): boolean => (labels['machine_id'] ?? '') !== '';

/** Joins series that tell of one thing; of samples at one instant the first is kept. */
function withoutDuplicates(sorted: readonly Series[]): Series[] {
  const out: Series[] = [];
  for (const series of sorted) {
    const last = out.at(-1);
    if (last && sameSubject(last.labels, series.labels)) out[out.length - 1] = joined(last, series);
    else out.push(series);
  }
  return out;
}

function sameSubject(a: Labels, b: Labels): boolean {
  for (const name of ORDER) if (a[name] !== b[name]) return false;
  const added = isOfMachine(a);
  let names = 0;
  for (const name in a) {
    if (added && SCRAPED_BY.has(name)) continue;
    if (a[name] !== b[name]) return false;
    names++;
  }
  for (const name in b) if (!(added && SCRAPED_BY.has(name))) names--;
  return names === 0;
}

function joined(a: Series, b: Series): Series {
  const timestamps = new Float64Array(a.timestamps.length + b.timestamps.length);
  const values = new Float64Array(timestamps.length);
  let n = 0;
  for (let i = 0, k = 0; i < a.timestamps.length || k < b.timestamps.length;) {
    const x = a.timestamps[i] ?? Infinity;
    const y = b.timestamps[k] ?? Infinity;
    timestamps[n] = Math.min(x, y);
    values[n++] = x <= y ? a.values[i]! : b.values[k]!;
    if (x <= y) i++;
    if (y <= x) k++;
  }
  return { labels: a.labels, timestamps: timestamps.subarray(0, n), values: values.subarray(0, n) };
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
  return a.timestamps[0]! - b.timestamps[0]! || compareSamples(a, b);
}

/** Of equal series, in any order that does not depend on where they came from. */
function compareSamples(a: Series, b: Series): number {
  if (a.values.length !== b.values.length) return a.values.length - b.values.length;
  for (let i = 0; i < a.values.length; i++)
    if (a.values[i] !== b.values[i]) return a.values[i]! - b.values[i]!;
  return 0;
}

function restKey(series: Series): string {
  const added = isOfMachine(series.labels);
  const names = Object.keys(series.labels).filter(
    (name) => !ORDERED.has(name) && !(added && SCRAPED_BY.has(name)),
  );
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
