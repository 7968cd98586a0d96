import type { TimeGrid } from '@gumshoe/base/time';
import { formatValue } from '@gumshoe/base/units';
import { lastOf } from '@gumshoe/model/columns';
import type { CellRange, Column } from '@gumshoe/model/world';
import { GO_RUNTIME_METRICS } from '@gumshoe/schema/metrics/go';
import { promqlEvidence } from '../evidence.ts';
import { steadyGrowth } from '../trend.ts';
import { defineInspection } from './define.ts';
import { exposedInstances, selectExposed } from './go-exposed.ts';

const METRIC = GO_RUNTIME_METRICS.goroutines;
const OPTIONS = { minPoints: 10, minShare: 1 / 3, minTail: 10 * 60_000 };
/** Fewer new ones are what any change of traffic brings. */
const LEAST = 200;

export const goGoroutines = defineInspection({
  id: 'go-goroutines',
  title: 'Goroutine leak',
  area: 'Go',
  threshold: {
    default: 20,
    unit: 'percent',
    description: 'steady growth of the number of goroutines per hour',
  },
  needs: ['instances'],
  inspect: (subject, threshold) => {
    const { grid, range, window, recent } = subject;
    const measured = exposedInstances(subject.instances, METRIC)
      .filter(({ values }) => lastOf(values, window, 4 * recent) >= 0)
      .map((one) => ({ ...one, growth: growthPercent(one.values, window, grid) }))
      .sort((a, b) => b.growth - a.growth || (a.name < b.name ? -1 : 1));
    const [worst] = measured;
    if (!worst) return undefined;
    const health = worst.growth > threshold ? 'warning' : 'ok';
    const now = formatValue(lastOf(worst.values, window), 'count');
    const message =
      worst.growth > 0
        ? `The goroutines of ${worst.name} grow steadily by ${formatValue(worst.growth, 'percent')} per hour, to ${now} now (threshold ${threshold} %).`
        : 'The number of goroutines does not grow steadily.';
    return {
      health,
      message,
      value: worst.growth,
      threshold,
      unit: 'percent',
      instances: measured.map(({ of, growth }) => ({
        instance: of.id,
        value: growth,
        health: growth > threshold ? ('warning' as const) : ('ok' as const),
      })),
      evidence: [promqlEvidence(selectExposed(worst, METRIC), range, message)],
      explanation: [
        'growth per hour by regression over the longest stretch without a drop, the last quarter still growing, in percent of the first value of the stretch',
        `at least ${LEAST} new ones within the stretch count`,
      ],
      columns: measured.slice(0, 20).map(({ name, values }) => ({ name, values })),
    };
  },
});

/** Hourly growth in percent of where it began; 0 where it does not grow steadily. */
function growthPercent(column: Column, { hi }: CellRange, grid: TimeGrid): number {
  const growth = steadyGrowth(column, { lo: 0, hi }, grid, OPTIONS);
  if (growth === undefined || growth.to - growth.from < LEAST) return 0;
  if ((growth.cells.hi - growth.cells.lo) * grid.step < OPTIONS.minTail) return 0;
  return Math.min(1e6, (growth.perHour / Math.max(1, growth.from)) * 100);
}
