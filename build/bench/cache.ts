import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspectWorld } from '@gumshoe/analysis/inspect';
import type { Series } from '@gumshoe/base/series';
import { milliseconds, type TimeRange } from '@gumshoe/base/time';
import type { Reader } from '@gumshoe/engine/ports';
import { buildWorld } from '@gumshoe/model/build/build-world';
import { syntheticSeries } from '@gumshoe/model/testdata/synthetic-series';
import { CachedReader } from '@gumshoe/reader/cache/reader';
import { figures, median } from './figures.ts';

const HOUR = 3_600_000;
const START = Date.UTC(2026, 0, 1, 0, 17, 23);
const STEP = 15_000;
const RUNS = 7;

/** A source in memory, so that cold is the cost of the cache alone. */
function sourceOf(series: readonly Series[]): Reader {
  const byMetric = Map.groupBy(series, ({ labels }) => labels['__name__'] ?? '');
  const read = async (metrics: readonly string[]): Promise<readonly Series[]> =>
    metrics.flatMap((metric) => byMetric.get(metric) ?? []);
  return { series: read, close: async () => {} } as Partial<Reader> as Reader;
}

async function timed<T>(
  work: () => Promise<T>,
): Promise<{ readonly value: T; readonly ms: number; readonly cpu: number }> {
  const before = performance.now();
  const cpuBefore = process.cpuUsage();
  const value = await work();
  const { user, system } = process.cpuUsage(cpuBefore);
  return { value, ms: performance.now() - before, cpu: (user + system) / 1000 };
}

/** Is not asked: the cache has everything. */
const NO_SOURCE = {
  series: () => Promise.reject(new Error('a warm cache asked its source')),
  close: async () => {},
} as Partial<Reader> as Reader;

const range: TimeRange = { from: milliseconds(START), to: milliseconds(START + HOUR) };
const clock = { now: () => milliseconds(START + 2 * HOUR) };
const openCache = (source: Reader, directory: string): CachedReader =>
  new CachedReader(source, { directory, sourceKey: 'bench', clock });

/** Fills a cache, and leaves nothing of it in memory. */
async function fill(services: number, directory: string) {
  const series = syntheticSeries({ services, instances: 2, range, step: STEP, seed: 1 });
  const metrics = [...new Set(series.map(({ labels }) => labels['__name__'] ?? ''))];
  const { ms } = await timed(async () => {
    const reader = openCache(sourceOf(series), directory);
    await reader.series(metrics, range);
    await reader.close();
  });
  const samples = series.reduce((sum, one) => sum + one.values.length, 0);
  return { metrics, series: series.length, samples, ms };
}

/**
 * An hour of metrics through the cache: first filling it, then from a process that has read nothing yet, then again, and
 * then with all that follows until every service is inspected.
 */
export async function benchCache(): Promise<void> {
  const rows: string[][] = [];
  for (const services of [50, 500]) {
    const directory = mkdtempSync(join(tmpdir(), 'gumshoe-bench-cache-'));
    try {
      const { metrics, series, samples, ms } = await fill(services, directory);
      const opened: number[] = [];
      const cpu: number[] = [];
      const again: number[] = [];
      const inspected: number[] = [];
      for (let run = 0; run < RUNS; run++) {
        const reader = openCache(NO_SOURCE, directory);
        const first = await timed(() => reader.series(metrics, range));
        opened.push(first.ms);
        cpu.push(first.cpu);
        again.push((await timed(() => reader.series(metrics, range))).ms);
        await reader.close();
        const whole = await timed(async () => {
          const own = openCache(NO_SOURCE, directory);
          inspectWorld(buildWorld(await own.series(metrics, range), range));
          await own.close();
        });
        inspected.push(whole.ms);
      }
      const bytes = readdirSync(directory).reduce(
        (sum, name) => sum + statSync(join(directory, name)).size,
        0,
      );
      rows.push([
        String(services),
        String(series),
        String(samples),
        `${ms.toFixed(0)} ms`,
        `${opened[0]!.toFixed(0)} ms`,
        `${median(opened).toFixed(0)} ms`,
        `${median(cpu).toFixed(0)} ms`,
        `${median(again).toFixed(0)} ms`,
        `${median(inspected).toFixed(0)} ms`,
        `${(bytes / 1024 ** 2).toFixed(1)} MiB`,
        `${((samples * 16) / bytes).toFixed(1)}×`,
      ]);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  }
  console.log(`metric cache: one hour at ${STEP / 1000} s; warm is the median of ${RUNS} runs`);
  const header = [
    'services',
    'series',
    'samples',
    'cold',
    'first warm',
    'newly opened',
    'its CPU',
    'again',
    'opened, read and inspected',
    'file',
    'ratio',
  ];
  console.log(figures(header, rows));
}
