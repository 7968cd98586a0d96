import { formatValue } from '@gumshoe/base/units';
import { CONTAINER_METRICS as C } from '@gumshoe/schema/metrics/container';
import { selectInstance } from '../evidence.ts';
import { defineInspection } from './define.ts';
import { levelVerdict } from './level.ts';
import { measuredInstances } from './measured.ts';

export const memoryPressure = defineInspection({
  id: 'memory-pressure',
  title: 'Memory pressure',
  area: 'Memory',
  threshold: {
    default: 0.02,
    unit: 'ratio',
    description: 'share of time in which some process waits for memory',
  },
  needs: ['instances'],
  inspect: (subject, threshold) =>
    levelVerdict(
      subject,
      measuredInstances(subject.instances, (instance) => instance.memoryPressure),
      {
        threshold,
        unit: 'ratio',
        says: ({ name, state }) =>
          `Processes of ${name} wait for memory ${formatValue(state.value, 'ratio')} of the time`,
        calm: 'No process waits for memory.',
        formula: 'seconds of stall per second (PSI memory, some)',
        query: ({ of }) =>
          `sum(rate(${selectInstance(of, C.memoryPressure.name, 'kind="some"')}${subject.rateWindow}))`,
      },
    ),
});
