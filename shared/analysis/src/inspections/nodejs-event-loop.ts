import { formatValue } from '@gumshoe/base/units';
import { NODEJS_METRICS } from '@gumshoe/schema/metrics/nodejs';
import { selectInstance } from '../evidence.ts';
import { defineInspection } from './define.ts';
import { levelVerdict } from './level.ts';
import { measuredSignal } from './measured.ts';

const METRIC = NODEJS_METRICS.eventLoopBlocked;

export const nodejsEventLoop = defineInspection({
  id: 'nodejs-event-loop',
  title: 'Event loop blocked time',
  area: 'Node.js',
  threshold: { default: 0.7, unit: 'ratio', description: 'share of time in which the event loop runs code' },
  needs: ['instances'],
  inspect: (subject, threshold) =>
    levelVerdict(subject, measuredSignal(subject.instances, METRIC), {
      threshold,
      unit: 'ratio',
      says: ({ name, state }) =>
        `The event loop of ${name} is busy ${formatValue(state.value, 'ratio')} of the time`,
      formula: 'seconds blocked per second',
      query: ({ of }) => `sum(rate(${selectInstance(of, METRIC.name)}${subject.rateWindow}))`,
    }),
});
