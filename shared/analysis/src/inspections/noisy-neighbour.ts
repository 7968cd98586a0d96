import { formatValue } from '@gumshoe/base/units';
import { CONTAINER_METRICS as C } from '@gumshoe/schema/metrics/container';
import { promqlEvidence, selectInstance } from '../evidence.ts';
import { defineInspection } from './define.ts';
import { contentionOn, type Contention } from './node-contention.ts';

export const noisyNeighbour = defineInspection({
  id: 'noisy-neighbour',
  title: 'Noisy neighbour',
  area: 'CPU',
  threshold: {
    default: 0.25,
    unit: 'seconds',
    description: 'waiting for a CPU that it causes to others, seconds per second',
  },
  needs: ['nodes', 'neighbours'],
  inspect: (subject, threshold) => {
    const { application, nodes, neighbours, range, rateWindow } = subject;
    const found = nodes
      .flatMap((node) => contentionOn(subject, node, neighbours.get(node.id) ?? [], threshold) ?? [])
      .filter(({ culprit }) => culprit.application.id === application.id)
      .sort((a, b) => worst(b) - worst(a));
    const [first] = found;
    if (!first) return undefined;
    const { culprit, node, usage, share, victims } = first;
    const whom = victims
      .slice(0, 5)
      .map((one) => `${one.instance.id} (${formatValue(one.delay, 'seconds')}/s)`);
    const more = victims.length > 5 ? ` and ${victims.length - 5} others` : '';
    const message = `${culprit.instance.id} uses ${formatValue(usage, 'cores')} of the ${formatValue(node.cores, 'count')} of ${node.hostname}, ${formatValue(share, 'ratio')} of all that is used, and delays ${whom.join(', ')}${more}.`;
    return {
      health: 'warning',
      message,
      value: worst(first),
      threshold,
      unit: 'seconds',
      instances: found.map((one) => ({
        instance: one.culprit.instance.id,
        value: worst(one),
        health: 'warning' as const,
      })),
      evidence: [
        promqlEvidence(
          `sum(rate(${selectInstance(culprit.instance, C.cpuUsage.name)}${rateWindow}))`,
          range,
          `${culprit.instance.id} uses ${formatValue(usage, 'cores')}.`,
        ),
        ...victims
          .slice(0, 5)
          .map(({ instance, delay }) =>
            promqlEvidence(
              `sum(rate(${selectInstance(instance, C.cpuDelay.name)}${rateWindow}))`,
              range,
              `${instance.id} waits ${formatValue(delay, 'seconds')} per second for a CPU.`,
            ),
          ),
      ],
      explanation: [
        `usage / all CPU time used on ${node.hostname} = ${formatValue(share, 'ratio')}`,
        ...victims.map(
          ({ application: other, instance, delay }) =>
            `${instance.id} of ${other.name}: ${formatValue(delay, 'seconds')} of waiting per second (threshold ${formatValue(threshold, 'seconds')})`,
        ),
        'judged while the node is busy and the one uses at least two fifths of its cores, twice as much as whom it delays',
      ],
      columns: [
        { name: `${culprit.instance.id} uses`, values: culprit.instance.cpuUsage },
        ...victims
          .slice(0, 5)
          .map(({ instance }) => ({ name: `${instance.id} waits`, values: instance.cpuDelay! })),
      ],
    };
  },
});

const worst = ({ victims }: Contention): number => victims[0]?.delay ?? 0;
