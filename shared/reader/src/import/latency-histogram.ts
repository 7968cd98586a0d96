import type { Labels, Series } from '@gumshoe/base/series';
import { TRACE_METRICS as T } from '@gumshoe/schema/metrics/trace';
import { valueAt } from './rates.ts';

/** A latency as a gauge: a quantile, or the mean where `quantile` is missing; in seconds. */
export interface LatencyGauge {
  readonly quantile?: number;
  readonly at: (instant: number) => number;
  readonly largest: number;
  readonly smallest: number;
}

/** A series as such a gauge; `scale` makes seconds of its unit. None where it has no value. */
export function latencyGauge(series: Series, scale: number, quantile?: number): readonly LatencyGauge[] {
  const known = series.values.filter((value) => value > 0 && Number.isFinite(value));
  if (known.length === 0) return [];
  const at = valueAt(series);
  let [smallest, largest] = [Infinity, 0];
  for (const value of known) [smallest, largest] = [Math.min(smallest, value), Math.max(largest, value)];
  return [
    {
      ...(quantile === undefined ? {} : { quantile }),
      at: (instant) => at(instant) * scale,
      smallest: smallest * scale,
      largest: largest * scale,
    },
  ];
}

/** Distance of two bounds: a quantile read from such buckets is off by half of this at most. */
const STEP = 1.15;
/** A mean alone: what is asked of half to one and a half times as long comes out as its mean. */
const SPREAD: readonly (readonly [number, number])[] = [
  [0, 0.5],
  [1, 1.5],
];

/** Points of the distribution, share of the requests by seconds, ascending. */
function distributionAt(
  gauges: readonly LatencyGauge[],
  instant: number,
): readonly (readonly [number, number])[] {
  const known = gauges
    .flatMap((one) => (one.quantile === undefined ? [] : [[one.quantile, one.at(instant)] as const]))
    .filter(([, seconds]) => seconds >= 0)
    .sort(([a], [b]) => a - b);
  if (known.length === 0) {
    const mean = gauges.find((one) => one.quantile === undefined)?.at(instant) ?? NaN;
    return mean >= 0 ? SPREAD.map(([share, factor]) => [share, mean * factor] as const) : [];
  }
  const points: (readonly [number, number])[] = [[0, known[0]![1] * 0.5]];
  for (const [share, seconds] of known) points.push([share, Math.max(seconds, points.at(-1)![1])]);
  points.push([1, points.at(-1)![1] * 1.1]);
  return points;
}

/** Share of the requests that take at most so long. */
function shareBelow(points: readonly (readonly [number, number])[], seconds: number): number {
  let [share, before] = [0, 0];
  for (const [next, value] of points) {
    if (value > seconds)
      return value > before && seconds > before
        ? share + ((next - share) * (seconds - before)) / (value - before)
        : share;
    [share, before] = [next, value];
  }
  return 1;
}

function meanOf(points: readonly (readonly [number, number])[]): number {
  let mean = 0;
  for (let i = 1; i < points.length; i++)
    mean += (points[i]![0] - points[i - 1]![0]) * ((points[i]![1] + points[i - 1]![1]) / 2);
  return mean;
}

/** Histogram of requests whose latency is known as gauges only; `requests` is how many each instant brought. */
export function latencyHistogram(
  labels: Labels,
  gauges: readonly LatencyGauge[],
  timestamps: Float64Array,
  requests: Float64Array,
): readonly Series[] {
  const bounds = boundsFor(gauges);
  const buckets = bounds.map(() => new Float64Array(timestamps.length));
  const [sum, count] = [new Float64Array(timestamps.length), new Float64Array(timestamps.length)];
  const mean = gauges.find((one) => one.quantile === undefined);
  for (let i = 0; i < timestamps.length; i++) {
    const points = distributionAt(gauges, timestamps[i]!);
    const many = points.length === 0 ? 0 : requests[i]!;
    const seconds = mean?.at(timestamps[i]!) ?? NaN;
    const add = (column: Float64Array, value: number): void => {
      column[i] = (i === 0 ? 0 : column[i - 1]!) + (many > 0 ? value : 0);
    };
    add(count, many);
    add(sum, many * (seconds >= 0 ? seconds : meanOf(points)));
    buckets.forEach((column, b) => add(column, many * shareBelow(points, bounds[b]!)));
  }
  const series = (suffix: string, values: Float64Array, more: Labels = {}): Series => ({
    labels: { ...labels, ...more, __name__: `${T.duration.name}_${suffix}` },
    timestamps,
    values,
  });
  return [
    ...buckets.map((values, b) => series('bucket', values, { le: String(bounds[b]) })),
    series('bucket', count, { le: '+Inf' }),
    series('count', count),
    series('sum', sum),
  ];
}

/** The same for all services, as far as their latencies reach. */
function boundsFor(gauges: readonly LatencyGauge[]): readonly number[] {
  const low = Math.min(...gauges.map(({ smallest }) => smallest)) / 2;
  const high = Math.max(...gauges.map(({ largest }) => largest)) * 1.5;
  const bounds: number[] = [];
  for (let n = -66; STEP ** n < 1e4; n++) {
    if (STEP ** n * STEP < low) continue;
    bounds.push(Number((STEP ** n).toPrecision(6)));
    if (STEP ** n > high) break;
  }
  return bounds;
}
