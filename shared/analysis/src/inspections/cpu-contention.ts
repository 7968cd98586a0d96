import { formatValue } from '@gumshoe/base/units';
import { CONTAINER_METRICS as C } from '@gumshoe/schema/metrics/container';
import { selectInstance } from '../evidence.ts';
import { defineInspection } from './define.ts';
import { levelsOf, levelVerdict } from './level.ts';
import { measuredInstances } from './measured.ts';
import { contentionOn } from './node-contention.ts';

/** From the side of who suffers: `noisy-neighbour` says the same of who does it. */
export const cpuContention = defineInspection({
  id: 'cpu-contention',
  title: 'CPU taken by a neighbour',
  area: 'CPU',
  threshold: { default: 0.25, unit: 'seconds', description: 'waiting for a CPU, seconds per second' },
  needs: ['instances', 'nodes', 'neighbours'],
  inspect: (subject, threshold) => {
    const measured = measuredInstances(subject.instances, (instance) => instance.cpuDelay);
    const waiting = levelsOf(subject, measured, threshold).filter(({ state }) => state.firing);
    const nodes = new Map(subject.nodes.map((node) => [node.id, node]));
    for (const { of } of waiting) {
      const node = nodes.get(of.node);
      const found = node && contentionOn(subject, node, subject.neighbours.get(of.node) ?? [], threshold);
      if (!found?.victims.some(({ instance }) => instance === of)) continue;
      const { culprit, usage, share } = found;
      const verdict = levelVerdict(
        subject,
        measured.filter((one) => one.of === of),
        {
          threshold,
          unit: 'seconds',
          says: ({ name, state }) =>
            `${name} waits ${formatValue(state.value, 'seconds')} per second for a CPU of ${found.node.hostname}, where ${culprit.instance.id} of ${culprit.application.name} uses ${formatValue(usage, 'cores')}, ${formatValue(share, 'ratio')} of all that is used`,
          formula: 'seconds runnable but not running per second, summed over processes',
          explain: () => [
            `${found.node.hostname} has ${formatValue(found.node.cores, 'cores')}; ${culprit.instance.id} uses ${formatValue(usage, 'cores')}`,
          ],
          query: () => `sum(rate(${selectInstance(of, C.cpuDelay.name)}${subject.rateWindow}))`,
        },
      );
      return verdict;
    }
    return undefined;
  },
});
