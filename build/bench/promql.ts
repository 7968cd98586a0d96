import type { Labels, Series } from '@gumshoe/base/series';
import { milliseconds } from '@gumshoe/base/time';
import { sourceOf } from '@gumshoe/reader/prometheus/differential/local';
import { PrometheusServer } from '@gumshoe/reader/prometheus/differential/server';
import { evaluateRange } from '@gumshoe/promql/evaluate';
import { parsePromql } from '@gumshoe/promql/parse';
import type { SeriesSource } from '@gumshoe/promql/source';

const START = Date.UTC(2026, 0, 1);
const HISTORY = 300_000;
const HOUR = 3_600_000;
const STEP = 15_000;
const SIZES = [10, 1_000, 20_000];
/** Answers over 20,000 series are 100 MB of JSON. */
const runsOf = (size: number): number => (size > 10_000 ? 3 : size > 100 ? 7 : 50);
const BOUNDS = ['0.005', '0.01', '0.025', '0.05', '0.1', '0.25', '0.5', '1', '2.5', '+Inf'];
/** Series of one write. Prometheus's head takes what is no more than an hour older than the newest sample. */
const BATCH = 2_000;
const SLICES = 2;

const QUERIES: readonly (readonly [name: string, query: string])[] = [
  ['selector', 'bench_SIZE_memory_bytes'],
  ['rate', 'rate(bench_SIZE_requests_total[5m])'],
  ['sum by(rate)', 'sum by (job) (rate(bench_SIZE_requests_total[5m]))'],
  ['histogram_quantile', 'histogram_quantile(0.99, sum by (le, job) (rate(bench_SIZE_latency_bucket[5m])))'],
  ['avg_over_time', 'avg_over_time(bench_SIZE_memory_bytes[5m])'],
  ['max_over_time', 'max_over_time(bench_SIZE_memory_bytes[5m])'],
  ['quantile_over_time', 'quantile_over_time(0.9, bench_SIZE_memory_bytes[5m])'],
  ['topk', 'topk(5, bench_SIZE_memory_bytes)'],
  ['quantile by', 'quantile by (job) (0.9, bench_SIZE_memory_bytes)'],
  ['join', 'bench_SIZE_requests_total / on (job, instance) bench_SIZE_memory_bytes'],
  [
    'join group_left',
    'bench_SIZE_requests_total * on (job) group_left sum by (job) (bench_SIZE_memory_bytes)',
  ],
  ['comparison', 'bench_SIZE_memory_bytes > 1e6'],
  ['subquery', 'max_over_time(sum by (job) (rate(bench_SIZE_requests_total[1m]))[5m:30s])'],
];

/** Counters, gauges and classic histograms of one size, scraped every 15 s with a little jitter. */
function seriesOf(size: number): readonly Series[] {
  const out: Series[] = [];
  const points = (HISTORY + HOUR) / STEP;
  const make = (labels: Labels, value: (i: number) => number, jitter: number): void => {
    const timestamps = new Float64Array(points);
    const values = new Float64Array(points);
    for (let i = 0; i < points; i++) {
      timestamps[i] = START - HISTORY + i * STEP + jitter;
      values[i] = value(i);
    }
    out.push({ labels, timestamps, values });
  };
  for (let n = 0; n < size; n++) {
    const at = { instance: `10.0.${n >> 8}.${n & 255}:9100`, job: `job-${n % 20}` };
    const jitter = (n * 7919) % STEP;
    const reset = 50 + (n % 400);
    make(
      { __name__: `bench_${size}_requests_total`, ...at },
      (i) => (i - (i >= reset ? reset : 0)) * (1 + (n % 13)),
      jitter,
    );
    make(
      { __name__: `bench_${size}_memory_bytes`, ...at },
      (i) => 1e6 + 5e5 * Math.sin((i + n) / 20) + ((i * 7 + n * 31) % 1000),
      jitter,
    );
    const histogram = Math.floor(n / BOUNDS.length);
    const bound = n % BOUNDS.length;
    make(
      {
        __name__: `bench_${size}_latency_bucket`,
        job: `job-${histogram % 20}`,
        instance: `h${histogram}`,
        le: BOUNDS[bound]!,
      },
      (i) => i * (bound + 1) * (1 + (histogram % 5)),
      (histogram * 7919) % STEP,
    );
  }
  return out;
}

async function write(server: PrometheusServer, all: readonly Series[]): Promise<void> {
  for (let slice = 0; slice < SLICES; slice++)
    for (let at = 0; at < all.length; at += BATCH)
      await server.write(
        all.slice(at, at + BATCH).map(({ labels, timestamps, values }) => {
          const [from, to] = [slice, slice + 1].map((edge) =>
            Math.round((timestamps.length * edge) / SLICES),
          );
          return { labels, timestamps: timestamps.subarray(from, to), values: values.slice(from, to) };
        }),
      );
}

interface Timing {
  readonly ms: number;
  readonly whole: number;
  readonly series: number;
}

async function askTheirs(server: PrometheusServer, query: string): Promise<Timing> {
  const before = performance.now();
  const { seconds, series } = await server.timed({
    query,
    start: String(START / 1000),
    end: String((START + HOUR) / 1000),
    step: String(STEP / 1000),
  });
  return { ms: seconds * 1000, whole: performance.now() - before, series };
}

/** `npm run bench -- promql [SIZE…] [QUERY…]`: sizes and names of queries, all of them by default. */
function asked(): { readonly sizes: readonly number[]; readonly queries: typeof QUERIES } {
  const words = process.argv.slice(3);
  const sizes = words.map(Number).filter((size) => Number.isSafeInteger(size) && size > 0);
  const queries = QUERIES.filter(([name]) => words.includes(name));
  return {
    sizes: sizes.length > 0 ? sizes : SIZES,
    queries: queries.length > 0 ? queries : QUERIES,
  };
}

const HEADER = ['series', 'query', 'ours', 'prometheus', 'ratio', 'whole'];
const WIDTHS = [6, 20, 8, 10, 6, 9];
const row = (cells: readonly string[]): string =>
  cells.map((text, i) => text.padStart(WIDTHS[i]!)).join('  ');

/**
 * Range queries over an hour at 15 s on the same samples: the evaluator over arrays in memory, and the evaluation time that
 * Prometheus itself reports (from its head in memory; parsing, HTTP and JSON are in neither).
 */
export async function benchPromql(): Promise<void> {
  const server = await PrometheusServer.start(['--log.level=error']);
  const { sizes, queries } = asked();
  try {
    const all = sizes.flatMap(seriesOf);
    const source = sourceOf(all);
    await write(server, all);
    console.log(
      'ms, best of several; ratio below 1: ours is faster; "whole" is Prometheus with HTTP and JSON\n',
    );
    console.log(row(HEADER));
    for (const size of sizes)
      for (const [name, template] of queries) {
        const query = template.replaceAll('SIZE', String(size));
        const { ours, theirs, whole } = await measure(server, source, query, runsOf(size));
        const cells = [ours, theirs].map((ms) => ms.toFixed(1));
        console.log(row([String(size), name, ...cells, (ours / theirs).toFixed(2), whole.toFixed(0)]));
      }
  } finally {
    await server.stop();
  }
}

async function measure(
  server: PrometheusServer,
  source: SeriesSource,
  query: string,
  runs: number,
): Promise<{ readonly ours: number; readonly theirs: number; readonly whole: number }> {
  const grid = { from: milliseconds(START), step: STEP, points: HOUR / STEP + 1 };
  const expr = parsePromql(query);
  let [ours, theirs, whole] = [Infinity, Infinity, Infinity];
  for (let run = 0; run < runs; run++) {
    const asked = await askTheirs(server, query);
    theirs = Math.min(theirs, asked.ms);
    whole = Math.min(whole, asked.whole);
    const before = performance.now();
    const { series } = evaluateRange(expr, source, grid);
    ours = Math.min(ours, performance.now() - before);
    if (series.length !== asked.series)
      throw new Error(`${query}: ${series.length} series, not ${asked.series} as Prometheus has`);
  }
  return { ours, theirs, whole };
}
