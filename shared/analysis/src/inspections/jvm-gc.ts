import { formatValue } from '@gumshoe/base/units';
import { JVM_METRICS } from '@gumshoe/schema/metrics/jvm';
import { selectInstance } from '../evidence.ts';
import { defineInspection } from './define.ts';
import { levelVerdict } from './level.ts';
import { measuredSignal } from './measured.ts';

const METRIC = JVM_METRICS.gcTime;

export const jvmGc = defineInspection({
  id: 'jvm-gc',
  title: 'JVM garbage collection',
  area: 'JVM',
  threshold: {
    default: 0.2,
    unit: 'ratio',
    description: 'time of garbage collection per second, summed over collectors',
  },
  needs: ['instances'],
  inspect: (subject, threshold) =>
    levelVerdict(subject, measuredSignal(subject.instances, METRIC), {
      threshold,
      unit: 'ratio',
      says: ({ name, state }) =>
        `The JVM of ${name} collects garbage ${formatValue(state.value, 'ratio')} of the time`,
      formula: 'seconds of collection per second',
      query: ({ of }) => `sum(rate(${selectInstance(of, METRIC.name)}${subject.rateWindow}))`,
    }),
});
