import { formatValue } from '@gumshoe/base/units';
import { CONTAINER_METRICS as C } from '@gumshoe/schema/metrics/container';
import { selectInstance } from '../evidence.ts';
import { defineInspection } from './define.ts';
import { levelVerdict } from './level.ts';
import { measuredInstances } from './measured.ts';

/**
 * A quota bites in bursts long before the mean usage reaches the limit, so this speaks of time lost, not of usage.
 */
export const cpuThrottling = defineInspection({
  id: 'cpu-throttling',
  title: 'CPU throttling',
  area: 'CPU',
  threshold: { default: 0.25, unit: 'seconds', description: 'seconds per second held back by the CPU quota' },
  needs: ['instances'],
  inspect: (subject, threshold) =>
    levelVerdict(
      subject,
      measuredInstances(subject.instances, (instance) => instance.cpuThrottled),
      {
        threshold,
        unit: 'seconds',
        says: ({ name, state }) =>
          `The CPU quota holds ${name} back for ${formatValue(state.value, 'seconds')} per second`,
        calm: 'The CPU quota holds nothing back.',
        formula: 'seconds throttled per second, summed over CPUs',
        query: ({ of }) => `sum(rate(${selectInstance(of, C.cpuThrottled.name)}${subject.rateWindow}))`,
      },
    ),
});
