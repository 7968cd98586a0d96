import type { Labels, Series } from '@gumshoe/base/series';
import { markStale } from '@gumshoe/promql/source';
import { Random } from './random.ts';

/** A fixed past: an empty Prometheus takes any time, and the same seed gives the same corpus. */
export const START = Date.UTC(2026, 0, 1);
/** Below an hour, so that Prometheus's head takes the series one after another. */
export const MINUTES = 50;
export const END = START + MINUTES * 60_000;

interface Shape {
  /** Seconds between samples. */
  readonly interval?: number;
  /** Minutes of the corpus without samples. */
  readonly gap?: readonly [number, number];
  /** Minutes between which the series exists. */
  readonly lives?: readonly [number, number];
  /** Minute at which a stale marker ends the series for a while. */
  readonly stale?: number;
  /** Minutes around which no sample is lost: Prometheus 2 extrapolates otherwise from a gap before a counter's first steps. */
  readonly unbroken?: readonly number[];
  /** Samples lie on whole multiples of the interval, and so on the edges of windows. */
  readonly aligned?: boolean;
  readonly value: (i: number, minute: number) => number;
}

/**
 * Samples lie 100 to 400 ms after a whole second, so that none is on the edge of a window: Prometheus 2 closes windows on
 * the left and Prometheus 3 does not.
 */
function series(random: Random, labels: Labels, shape: Shape): Series {
  const { interval = 15, gap, lives = [0, MINUTES], stale, unbroken = [], aligned = false, value } = shape;
  const timestamps: number[] = [];
  const values: number[] = [];
  const stales: number[] = [];
  for (let i = 0, second = 0; second < MINUTES * 60; i++, second += interval) {
    const minute = second / 60;
    if (minute < lives[0] || minute >= lives[1]) continue;
    if (gap && minute >= gap[0] && minute < gap[1]) continue;
    const lost = !aligned && random.chance(0.02);
    if (lost && !unbroken.some((at) => Math.abs(minute - at) <= 1)) continue;
    timestamps.push(START + second * 1000 + (aligned ? 0 : random.whole(100, 400)));
    if (stale !== undefined && minute >= stale && minute < stale + interval / 60) stales.push(values.length);
    values.push(value(i, minute));
  }
  const column = Float64Array.from(values);
  for (const i of stales) markStale(column, i);
  return { labels, timestamps: Float64Array.from(timestamps), values: column };
}

/** A counter that starts high, so that extrapolating to zero plays no part, and falls to zero at the given minutes. */
function counter(random: Random, perMinute: number, resets: readonly number[] = []): Shape['value'] {
  let total = 10_000 + random.whole(0, 1000);
  let last = 0;
  return (_, minute) => {
    if (resets.some((at) => last < at && minute >= at)) total = 0;
    total += (minute - last) * perMinute * (0.5 + random.next());
    last = minute;
    return total;
  };
}

const named = (name: string, labels: Labels = {}): Labels => ({ __name__: name, ...labels });

function services(random: Random): Series[] {
  const out: Series[] = [];
  for (const job of ['api', 'db', 'web'])
    for (const instance of ['a:1', 'b:1', 'c:2']) {
      const at = { job, instance };
      for (const code of ['200', '404', '500']) {
        if (job === 'db' && code === '404') continue;
        const resets = random.some([11, 19.5, 27, 33.25, 41], 2);
        const labels = named('requests_total', { ...at, code });
        const value = counter(random, code === '200' ? 600 : 6, resets);
        out.push(series(random, labels, { unbroken: resets, value }));
        if (code === '200')
          out.push(series(random, named('requests_copy', { ...at, code }), { value: counter(random, 300) }));
      }
      const phase = random.next() * 6;
      out.push(
        series(random, named('memory_bytes', at), {
          interval: random.pick([10, 15, 30]),
          ...(random.chance(0.5) ? { gap: [20, random.whole(22, 31)] as const } : {}),
          value: (i) => 5000 + 3000 * Math.sin(i / 9 + phase) + 50 * random.next(),
        }),
        series(random, named('state', at), { value: () => random.whole(0, 3) }),
        series(random, named('target_info', { ...at, zone: `z-${job}`, os: 'linux' }), { value: () => 1 }),
      );
    }
  for (const job of ['api', 'db', 'web'])
    out.push(
      series(random, named('owner_info', { job, team: `team-${job}` }), { value: () => 1 }),
      series(random, named('limit_bytes', { job }), { value: (i) => 6000 + (i % 7) * 100 }),
    );
  return out;
}

function oddities(random: Random): Series[] {
  const kinds: Readonly<Record<string, Shape['value']>> = {
    constant: () => 42,
    zero: () => 0,
    negative: (i) => -3 - (i % 5),
    nan: () => NaN,
    infinite: () => Infinity,
    sometimesNan: (i) => (i % 4 === 0 ? NaN : i),
    sometimesInfinite: (i) => (i % 9 === 0 ? Infinity : i % 7 === 0 ? -Infinity : i),
    tiny: (i) => 1e-6 * (1 + (i % 3)),
    rising: (i) => i,
  };
  return [
    ...Object.entries(kinds).map(([kind, value]) => series(random, named('odd', { kind }), { value })),
    series(random, named('fast'), { interval: 1, lives: [10, 25], value: (i) => i % 17 }),
    series(random, named('sparse'), { interval: 140, value: (i) => i * 2 }),
    series(random, named('stale_metric', { side: 'x' }), { stale: 20, gap: [20.3, 24], value: (i) => i }),
    series(random, named('stale_metric', { side: 'y' }), { stale: 30, value: (i) => 2 * i }),
    series(random, named('rollout', { app: 'shop', version: '1' }), {
      lives: [0, 24],
      stale: 23.75,
      value: (i) => i,
    }),
    series(random, named('rollout', { app: 'shop', version: '2' }), {
      lives: [24, MINUTES],
      value: (i) => i,
    }),
    series(random, named('partner', { app: 'shop' }), { value: (i) => 100 + i }),
    series(random, named('aligned', { side: 'x' }), { aligned: true, value: (i) => (i * i) % 101 }),
    series(random, named('aligned', { side: 'y' }), { aligned: true, interval: 20, value: (i) => i % 13 }),
  ];
}

const BOUNDS = ['0.01', '0.1', '0.5', '1', '2.5', '+Inf'];

function histograms(random: Random): Series[] {
  const out: Series[] = [];
  for (const path of ['/', '/cart', '/broken', '/open', '/twice']) {
    const rows = BOUNDS.map((le, b) => ({ le, value: counter(random, 20 * (b + 1)) }));
    for (const [b, { le }] of rows.entries()) {
      if (path === '/open' && le === '+Inf') continue;
      const start = 10_000 * (b + 1);
      const value: Shape['value'] = (i) =>
        path === '/broken' && b === 3 ? start / 4 + i : start + i * (b + 1) * 3 + (i % (b + 2));
      out.push(series(random, named('latency_bucket', { path, le }), { value }));
    }
    if (path === '/twice')
      out.push(
        series(random, named('latency_bucket', { path, le: '0.50' }), { value: (i) => 30_000 + i * 9 }),
        series(random, named('latency_bucket', { path, le: 'none' }), { value: (i) => i }),
        series(random, named('latency_bucket', { path }), { value: (i) => i }),
      );
    out.push(
      series(random, named('latency_count', { path }), { value: counter(random, 120) }),
      series(random, named('latency_sum', { path }), { value: counter(random, 30) }),
    );
  }
  return out;
}

/** About a hundred series: counters with resets, gauges with gaps, NaN, infinities, stale markers, classic histograms. */
export function corpus(seed: number): readonly Series[] {
  const random = new Random(seed);
  return [...services(random), ...oddities(random), ...histograms(random)];
}
