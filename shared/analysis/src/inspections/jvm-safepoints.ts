import { formatValue } from '@gumshoe/base/units';
import { JVM_METRICS } from '@gumshoe/schema/metrics/jvm';
import { selectInstance } from '../evidence.ts';
import { defineInspection } from './define.ts';
import { levelVerdict } from './level.ts';
import { measuredSignal } from './measured.ts';

const METRIC = JVM_METRICS.safepointTime;

export const jvmSafepoints = defineInspection({
  id: 'jvm-safepoints',
  title: 'JVM safepoints',
  area: 'JVM',
  threshold: { default: 0.05, unit: 'ratio', description: 'share of time stopped at safepoints' },
  needs: ['instances'],
  inspect: (subject, threshold) =>
    levelVerdict(subject, measuredSignal(subject.instances, METRIC), {
      threshold,
      unit: 'ratio',
      says: ({ name, state }) =>
        `Safepoints stop the JVM of ${name} ${formatValue(state.value, 'ratio')} of the time`,
      formula: 'seconds at safepoints per second',
      query: ({ of }) => `sum(rate(${selectInstance(of, METRIC.name)}${subject.rateWindow}))`,
    }),
});
