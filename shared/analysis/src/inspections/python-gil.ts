import { formatValue } from '@gumshoe/base/units';
import { PYTHON_METRICS } from '@gumshoe/schema/metrics/python';
import { selectInstance } from '../evidence.ts';
import { defineInspection } from './define.ts';
import { levelVerdict } from './level.ts';
import { measuredSignal } from './measured.ts';

const METRIC = PYTHON_METRICS.lockWait;

export const pythonGil = defineInspection({
  id: 'python-gil',
  title: 'Python GIL waiting time',
  area: 'Python',
  threshold: {
    default: 0.05,
    unit: 'seconds',
    description: 'time that threads wait for the interpreter lock, per second',
  },
  needs: ['instances'],
  inspect: (subject, threshold) =>
    levelVerdict(subject, measuredSignal(subject.instances, METRIC), {
      threshold,
      unit: 'seconds',
      says: ({ name, state }) =>
        `Threads of ${name} wait for the interpreter lock for ${formatValue(state.value, 'seconds')} per second`,
      calm: 'No thread waits for the interpreter lock.',
      formula: 'seconds of waiting per second, summed over threads',
      query: ({ of }) => `sum(rate(${selectInstance(of, METRIC.name)}${subject.rateWindow}))`,
    }),
});
