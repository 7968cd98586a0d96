import { formatValue } from '@gumshoe/base/units';
import { CONTAINER_METRICS as C } from '@gumshoe/schema/metrics/container';
import { selectInstance } from '../evidence.ts';
import { defineInspection } from './define.ts';
import { riseVerdict } from './rise.ts';
import { measuredSignal } from './measured.ts';

export const networkListenOverflows = defineInspection({
  id: 'network-listen-overflows',
  title: 'Full accept queue',
  area: 'Network',
  threshold: {
    default: 0.1,
    unit: 'per-second',
    description: 'connections turned away by a full accept queue',
  },
  needs: ['instances'],
  inspect: (subject, threshold) =>
    riseVerdict(subject, measuredSignal(subject.instances, C.tcpListenOverflows), {
      threshold,
      unit: 'per-second',
      says: ({ name, state }) =>
        `The accept queue of ${name} turns away ${formatValue(state.value, 'none')} connections per second`,
      calm: 'No accept queue turns connections away.',
      alike: true,
      formula: 'connections turned away per second',
      query: ({ of }) => `sum(rate(${selectInstance(of, C.tcpListenOverflows.name)}${subject.rateWindow}))`,
    }),
});
