import { HOUR, MINUTE, type TimeGrid } from '@gumshoe/base/time';
import { formatValue } from '@gumshoe/base/units';
import { lastOf, maxOf } from '@gumshoe/model/columns';
import { PERIODIC_KINDS } from '@gumshoe/model/entities';
import type { CellRange, Column, Instance } from '@gumshoe/model/world';
import { CONTAINER_METRICS } from '@gumshoe/schema/metrics/container';
import { promqlEvidence, selectInstance } from '../evidence.ts';
import { steadyGrowth } from '../trend.ts';
import { defineInspection, type Subject } from './define.ts';
import { above, judgeInstances } from './judge-instances.ts';

/** Growth below this part of the limit, or below so many bytes without one, is noise. */
const MIN_LIMIT_SHARE = 0.05;
const MIN_BYTES = 50 * 1024 * 1024;
const OPTIONS = { minPoints: 10, minShare: 1 / 3, enough: HOUR, minTail: 15 * MINUTE };
/**
 * Memory that is freed in steps grows by turns, so it is judged as of several instants, ms apart. It leaks when so many
 * of them say so.
 */
const LOOKS = 9;
const APART = 60_000;
const ENOUGH = 3;

export const memoryLeak = defineInspection({
  id: 'memory-leak',
  title: 'Memory leak',
  area: 'Memory',
  threshold: { default: 10, unit: 'percent', description: 'growth of memory per hour' },
  needs: ['instances'],
  inspect: (subject, threshold) => {
    const { instances, application, range, window, recent } = subject;
    if (PERIODIC_KINDS.has(application.kind)) return undefined;
    const alive = ({ memoryRss }: Instance) => !Number.isNaN(lastOf(memoryRss, window, 4 * recent));
    const measured = instances.filter(alive);
    const verdicts = judgeInstances(measured, (instance) => leakPercent(instance, subject), above(threshold));
    const worst = verdicts[0];
    if (!worst) return undefined;
    const message =
      worst.value > 0
        ? `The memory of ${worst.instance} grows steadily by ${formatValue(worst.value, 'percent')} per hour (threshold ${threshold} %).`
        : 'No instance grows steadily.';
    const of = measured.find(({ id }) => id === worst.instance)!;
    const query = `deriv(${selectInstance(of, CONTAINER_METRICS.memoryRss.name)}[15m]) * 3600`;
    return {
      health: worst.health,
      message,
      value: worst.value,
      threshold,
      unit: 'percent',
      instances: verdicts,
      evidence: [promqlEvidence(query, range, message)],
      explanation: [
        'growth per hour by regression over the longest stretch without a drop, the last quarter still growing; three of nine instants a minute apart must agree',
        `growth within the last hour must reach 5 % of the limit, or ${formatValue(MIN_BYTES, 'bytes')} without one: ${formatValue(leastGrowth(of, subject), 'bytes')} for ${worst.instance}`,
        `${worst.instance}: ${describeGrowth(of, subject)}`,
      ],
      columns: measured.map((instance) => ({ name: instance.id, values: instance.memoryRss })),
    };
  },
});

/** The growth that enough of several instants up to the end of the window agree on; 0 when there is no leak. */
function leakPercent(instance: Instance, { grid, window }: Subject): number {
  const { memoryRss } = instance;
  const least = leastGrowth(instance, { window });
  const all = { lo: 0, hi: window.hi };
  if (!(maxOf(memoryRss, all) - minOf(memoryRss, all) >= least)) return 0;
  const apart = Math.max(1, Math.round(APART / grid.step));
  const looks = Array.from({ length: LOOKS }, (_, i) =>
    growthPercent(memoryRss, window.hi - i * apart, grid, least),
  );
  return looks.sort((a, b) => b - a)[ENOUGH - 1]!;
}

/** bytes */
function leastGrowth({ memoryLimit }: Instance, { window }: Pick<Subject, 'window'>): number {
  const limit = memoryLimit ? lastOf(memoryLimit, window) : NaN;
  return limit > 0 ? limit * MIN_LIMIT_SHARE : MIN_BYTES;
}

/** As of the end of the window. */
function describeGrowth({ memoryRss }: Instance, { grid, window }: Subject): string {
  const growth = steadyGrowth(memoryRss, { lo: 0, hi: window.hi }, grid, OPTIONS);
  if (growth === undefined)
    return 'no stretch without a drop lasts a third of what is known or an hour, or none grows up to its end';
  const { cells, from, to, perHour } = growth;
  const bytes = (value: number): string => formatValue(value, 'bytes');
  return `${bytes(from)} → ${bytes(to)} over ${formatValue((cells.hi - cells.lo) * grid.step, 'milliseconds')}, ${bytes(perHour)} an hour`;
}

/** Hourly growth up to a cell in percent of the value an hour ago, where at least `least` bytes grew. */
function growthPercent(rss: Column, hi: number, grid: TimeGrid, least: number): number {
  const growth = steadyGrowth(rss, { lo: 0, hi }, grid, OPTIONS);
  if (growth === undefined || (growth.cells.hi - growth.cells.lo) * grid.step < OPTIONS.minTail) return 0;
  // what grew within the last hour, and never more than was seen
  if (Math.min(growth.perHour, growth.to - growth.from) < least) return 0;
  const base = Math.max(growth.from, growth.to - growth.perHour, 1);
  return Math.min(1e6, (growth.perHour / base) * 100);
}

function minOf(column: Column, cells: CellRange): number {
  let least = Infinity;
  for (let i = cells.lo; i < cells.hi; i++) if (column[i]! < least) least = column[i]!;
  return least;
}
