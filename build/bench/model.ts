import { inspectWorld } from '@gumshoe/analysis/inspect';
import type { Series } from '@gumshoe/base/series';
import { milliseconds, type TimeRange } from '@gumshoe/base/time';
import { buildWorld } from '@gumshoe/model/build/build-world';
import { syntheticSeries } from '@gumshoe/model/testdata/synthetic-series';
import { figures, median } from './figures.ts';

const HOUR = 3_600_000;
const START = Date.UTC(2026, 0, 1);
/** Services, and ms between samples: an hour of 5,000 services every 15 s would be 2 GiB of samples. */
const CASES = [
  [50, 15_000],
  [500, 15_000],
  [50, 60_000],
  [500, 60_000],
  [5_000, 60_000],
] as const;
const MIB = 1024 ** 2;
const range: TimeRange = { from: milliseconds(START), to: milliseconds(START + HOUR) };

interface Run {
  readonly build: number;
  readonly inspect: number;
  /** CPU time of both, all threads, ms. */
  readonly cpu: number;
}

function runOnce(series: readonly Series[]): Run {
  const cpu = process.cpuUsage();
  const started = performance.now();
  const world = buildWorld(series, range);
  const built = performance.now();
  inspectWorld(world);
  const done = performance.now();
  const { user, system } = process.cpuUsage(cpu);
  return { build: built - started, inspect: done - built, cpu: (user + system) / 1000 };
}

/** Bytes that a world holds beyond its samples: columns live outside the heap of objects. */
function heldBy(series: readonly Series[]): number {
  const size = (): number => {
    for (let i = 0; i < 3; i++) globalThis.gc?.();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  const before = size();
  const world = buildWorld(series, range);
  const after = size();
  return world.applications.length > 0 ? after - before : NaN;
}

/** Time and memory to build the world of a mesh of services over an hour, and to inspect all of it. */
export async function benchModel(): Promise<void> {
  const rows: string[][] = [];
  const firsts = new Map<number, number>();
  for (const [services, step] of CASES) {
    const series = syntheticSeries({ services, instances: 2, range, step, seed: 1 });
    runOnce(series);
    const held = heldBy(series);
    const runs = Array.from({ length: services > 1_000 ? 2 : 5 }, () => runOnce(series));
    const build = median(runs.map((run) => run.build));
    const inspect = median(runs.map((run) => run.inspect));
    const cpu = median(runs.map((run) => run.cpu));
    const perUnit = cpu / (services * Math.log2(services));
    if (!firsts.has(step)) firsts.set(step, perUnit);
    rows.push([
      String(services),
      String(series.length),
      `${step / 1000} s`,
      `${build.toFixed(0)} ms`,
      `${inspect.toFixed(0)} ms`,
      `${(build + inspect).toFixed(0)} ms`,
      `${cpu.toFixed(0)} ms`,
      `${(held / MIB).toFixed(0)} MiB`,
      (perUnit / firsts.get(step)!).toFixed(2),
    ]);
  }
  console.log(
    'model: one hour, two instances a service; median. CPU: time of all threads for both, growth: of it, to n log n',
  );
  console.log(
    figures(
      ['services', 'series', 'every', 'world', 'inspections', 'both', 'CPU', 'world holds', 'growth'],
      rows,
    ),
  );
  if (!globalThis.gc)
    console.log('memory is approximate: run with NODE_OPTIONS=--expose-gc for exact figures');
}
