import { inspectWorld } from '@gumshoe/analysis/inspect';
import { investigate } from '@gumshoe/analysis/rca/investigate';
import { milliseconds } from '@gumshoe/base/time';
import { buildWorld } from '@gumshoe/model/build/build-world';
import { syntheticSeries } from '@gumshoe/model/testdata/synthetic-series';
import { figures, median } from './figures.ts';

const HOUR = 3_600_000;
const START = Date.UTC(2026, 0, 1);
const STEP = 15_000;
const RUNS = 5;

function timed<T>(work: () => T): { readonly value: T; readonly ms: number } {
  const before = performance.now();
  const value = work();
  return { value, ms: performance.now() - before };
}

/** Time to build the world of 500 synthetic services over an hour, inspect all of it, and explain what is wrong. */
export async function benchModel(): Promise<void> {
  const range = { from: milliseconds(START), to: milliseconds(START + HOUR) };
  const rows: string[][] = [];
  let smallest: number | undefined;
  for (const services of [50, 500]) {
    const series = syntheticSeries({ services, instances: 2, range, step: STEP, seed: 1 });
    const samples = series.reduce((sum, one) => sum + one.values.length, 0);
    const build: number[] = [];
    const inspect: number[] = [];
    const explain: number[] = [];
    for (let run = 0; run < RUNS; run++) {
      const world = timed(() => buildWorld(series, range));
      const inspected = timed(() => inspectWorld(world.value));
      build.push(world.ms);
      inspect.push(inspected.ms);
      explain.push(timed(() => investigate(inspected.value)).ms);
    }
    const total = median(build) + median(inspect);
    smallest ??= total;
    rows.push([
      String(services),
      String(series.length),
      String(samples),
      `${median(build).toFixed(0)} ms`,
      `${median(inspect).toFixed(0)} ms`,
      `${total.toFixed(0)} ms`,
      `${median(explain).toFixed(0)} ms`,
      `${(total / smallest).toFixed(1)}×`,
    ]);
  }
  console.log(`model: one hour at ${STEP / 1000} s, median of ${RUNS} runs`);
  console.log(
    figures(
      ['services', 'series', 'samples', 'build', 'inspect', 'build + inspect', 'root cause', 'to the first'],
      rows,
    ),
  );
}
