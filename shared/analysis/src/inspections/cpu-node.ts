import { formatValue } from '@gumshoe/base/units';
import { NODE_METRICS } from '@gumshoe/schema/metrics/node';
import { selectNode } from '../evidence.ts';
import { defineInspection } from './define.ts';
import { levelVerdict } from './level.ts';
import { percentOf } from './measured.ts';

export const cpuNode = defineInspection({
  id: 'cpu-node',
  title: 'Node CPU utilization',
  area: 'CPU',
  threshold: { default: 80, unit: 'percent', description: 'busy share of the CPUs of a node' },
  needs: ['nodes'],
  inspect: (subject, threshold) =>
    levelVerdict(
      subject,
      subject.nodes.map((of) => ({ of, name: of.hostname, values: percentOf(of.cpuUsage) })),
      {
        threshold,
        unit: 'percent',
        says: ({ of, state }) =>
          `The CPUs of node ${of.hostname} are ${formatValue(state.value, 'percent')} busy`,
        formula: 'time not idle / all CPU time',
        explain: ({ of }) => [`${of.hostname} has ${formatValue(of.cores, 'cores')}`],
        query: ({ of }) => {
          const time = (...mode: readonly string[]) =>
            `sum(rate(${selectNode(of, NODE_METRICS.cpuUsage.name, ...mode)}${subject.rateWindow}))`;
          return `${time('mode!="idle"')} / ${time()}`;
        },
      },
    ),
});
