import { formatValue } from '@gumshoe/base/units';
import { GO_RUNTIME_METRICS } from '@gumshoe/schema/metrics/go';
import { defineInspection } from './define.ts';
import { exposedInstances, selectExposed } from './go-exposed.ts';
import { levelVerdict } from './level.ts';

const METRIC = GO_RUNTIME_METRICS.gcPauses;

export const goGcPauses = defineInspection({
  id: 'go-gc-pauses',
  title: 'Go garbage collection pauses',
  area: 'Go',
  threshold: {
    default: 0.01,
    unit: 'ratio',
    description: 'share of time the program stands still for garbage collection',
  },
  needs: ['instances'],
  inspect: (subject, threshold) =>
    levelVerdict(subject, exposedInstances(subject.instances, METRIC), {
      threshold,
      unit: 'ratio',
      says: ({ name, state }) =>
        `${name} stands still for garbage collection ${formatValue(state.value, 'ratio')} of the time`,
      formula: 'seconds of pauses per second',
      query: (worst) => `rate(${selectExposed(worst, METRIC)}${subject.rateWindow})`,
    }),
});
