import { formatValue } from '@gumshoe/base/units';
import { shareColumn } from '@gumshoe/model/columns';
import { CONTAINER_METRICS as C } from '@gumshoe/schema/metrics/container';
import { selectInstance } from '../evidence.ts';
import { defineInspection } from './define.ts';
import { levelVerdict } from './level.ts';
import { measuredInstances, percentOf } from './measured.ts';

export const cpuContainer = defineInspection({
  id: 'cpu-container',
  title: 'Container CPU utilization',
  area: 'CPU',
  threshold: { default: 80, unit: 'percent', description: 'CPU usage of its limit' },
  needs: ['instances'],
  inspect: (subject, threshold) =>
    levelVerdict(
      subject,
      measuredInstances(subject.instances, ({ cpuUsage, cpuLimit }) =>
        cpuLimit ? percentOf(shareColumn(cpuUsage, cpuLimit)) : undefined,
      ),
      {
        threshold,
        unit: 'percent',
        says: ({ name, state }) => `${name} uses ${formatValue(state.value, 'percent')} of its CPU limit`,
        formula: 'usage / limit',
        query: ({ of }) =>
          `sum(rate(${selectInstance(of, C.cpuUsage.name)}${subject.rateWindow})) / sum(${selectInstance(of, C.cpuLimit.name)})`,
      },
    ),
});
