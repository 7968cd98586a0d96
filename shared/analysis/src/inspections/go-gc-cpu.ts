import { formatValue } from '@gumshoe/base/units';
import { shareColumn } from '@gumshoe/model/columns';
import { CONTAINER_METRICS } from '@gumshoe/schema/metrics/container';
import { GO_RUNTIME_METRICS } from '@gumshoe/schema/metrics/go';
import { selectInstance } from '../evidence.ts';
import { defineInspection } from './define.ts';
import { exposedInstances, selectExposed } from './go-exposed.ts';
import { levelVerdict } from './level.ts';
import { known, percentOf } from './measured.ts';

const METRIC = GO_RUNTIME_METRICS.gcCpu;
/** Below so many cores nobody suffers, whatever the share. */
const LEAST_CORES = 0.05;

export const goGcCpu = defineInspection({
  id: 'go-gc-cpu',
  title: 'Go garbage collection',
  area: 'Go',
  threshold: { default: 25, unit: 'percent', description: 'CPU time of garbage collection, of all CPU time' },
  needs: ['instances'],
  inspect: (subject, threshold) => {
    const measured = exposedInstances(subject.instances, METRIC).flatMap((one) => {
      const { cpuUsage } = one.of;
      if (!known(cpuUsage)) return [];
      const share = percentOf(shareColumn(one.values, cpuUsage));
      // the runtime counts what it may use; more than all is all
      const values = share.map((part, i) => (one.values[i]! < LEAST_CORES ? 0 : Math.min(100, part)));
      return [{ ...one, values }];
    });
    return levelVerdict(subject, measured, {
      threshold,
      unit: 'percent',
      says: ({ name, state }) =>
        `${name} spends ${formatValue(state.value, 'percent')} of its CPU time on garbage collection`,
      formula: `CPU time of garbage collection / CPU time, counted from ${formatValue(LEAST_CORES, 'cores')} on`,
      query: (worst) =>
        `sum(rate(${selectExposed(worst, METRIC)}${subject.rateWindow})) / sum(rate(${selectInstance(worst.of, CONTAINER_METRICS.cpuUsage.name)}${subject.rateWindow})) * 100`,
    });
  },
});
