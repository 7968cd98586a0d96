import { inspectWorld } from '@gumshoe/analysis/inspect';
import { investigate } from '@gumshoe/analysis/rca/investigate';
import { milliseconds } from '@gumshoe/base/time';
import { buildWorld } from '@gumshoe/model/build/build-world';
import { syntheticSeries } from '@gumshoe/model/testdata/synthetic-series';
import { figures, median } from './figures.ts';

const HOUR = 3_600_000;
const START = Date.UTC(2026, 0, 1);
const STEP = 15_000;
const SIZES = [50, 100, 500, 5_000] as const;
const MIB = 1024 ** 2;

/** Time and memory to explain why the first of a mesh of services is slow, when a deep one burns CPU. */
export async function benchRca(): Promise<void> {
  const range = { from: milliseconds(START), to: milliseconds(START + HOUR) };
  const rows: string[][] = [];
  let first: { readonly services: number; readonly ms: number } | undefined;
  for (const services of SIZES) {
    const step = services > 1_000 ? 60_000 : STEP;
    const guilty = deepest(services);
    const slow = { service: guilty, from: START + 0.75 * HOUR, seconds: 0.9 };
    const series = syntheticSeries({ services, instances: 2, range, step, seed: 1, slow });
    const world = buildWorld(series, range);
    const inspected = inspectWorld(world);
    const taken: number[] = [];
    let found = '';
    globalThis.gc?.();
    const before = process.memoryUsage().heapUsed;
    let held = 0;
    for (let run = 0; run < (services > 1_000 ? 2 : 5); run++) {
      const started = performance.now();
      const report = investigate(inspected);
      taken.push(performance.now() - started);
      held = Math.max(held, process.memoryUsage().heapUsed - before);
      const [top] = report.causes;
      found = top === undefined ? 'no cause' : `${top.kind} of ${top.application.split(':').at(-1)}`;
    }
    const ms = median(taken);
    first ??= { services, ms };
    rows.push([
      String(services),
      String(series.length),
      `${step / 1000} s`,
      `${ms.toFixed(0)} ms`,
      `${Math.max(0, held / MIB).toFixed(0)} MiB`,
      `${(services / first.services).toFixed(0)}×`,
      `${(ms / first.ms).toFixed(1)}×`,
      `${found}${found.endsWith(`service-${guilty}`) ? '' : ` (it is service-${guilty})`}`,
    ]);
  }
  console.log('root cause analysis over one hour, model and inspections not included; median');
  console.log(
    figures(['services', 'series', 'samples every', 'time', 'heap', 'size', 'growth', 'found'], rows),
  );
}

/** The last service of the mesh that is a leaf four calls below the first. */
const deepest = (services: number): number => Math.min(services - 1, 30);
