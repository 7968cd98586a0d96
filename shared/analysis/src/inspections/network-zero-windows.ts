import { formatValue } from '@gumshoe/base/units';
import { CONTAINER_METRICS as C } from '@gumshoe/schema/metrics/container';
import { selectDependency } from '../evidence.ts';
import { defineInspection } from './define.ts';
import { riseVerdict } from './rise.ts';

export const networkZeroWindows = defineInspection({
  id: 'network-zero-windows',
  title: 'Peers that take no more data',
  area: 'Network',
  threshold: { default: 0.05, unit: 'per-second', description: 'connections whose peer takes no more data' },
  needs: ['upstreams'],
  inspect: (subject, threshold) =>
    riseVerdict(
      subject,
      subject.upstreams.flatMap((of) => {
        const values = of.tcp.zeroWindows;
        return values ? [{ of, name: subject.nameOf(of.server), values }] : [];
      }),
      {
        threshold,
        unit: 'per-second',
        says: ({ name, state }) =>
          `${name} does not read what it is sent: it stops taking data on ${formatValue(state.value, 'none')} connections per second`,
        calm: 'Every peer takes the data it is sent.',
        formula: 'connections newly found with a zero window, per second',
        query: ({ of }) => `sum(rate(${selectDependency(of, C.tcpZeroWindows.name)}${subject.rateWindow}))`,
      },
    ),
});
