import { countOf, sumOf } from '@gumshoe/model/columns';
import { CONTAINER_METRICS } from '@gumshoe/schema/metrics/container';
import { promqlEvidence } from '../evidence.ts';
import { defineInspection } from './define.ts';
import { windowSeconds } from './instance-restarts.ts';
import { above, judgeInstances } from './judge-instances.ts';

export const memoryOom = defineInspection({
  id: 'memory-oom',
  title: 'Out of memory',
  area: 'Memory',
  threshold: { default: 0, unit: 'count', description: 'processes killed for lack of memory in the window' },
  needs: ['instances'],
  inspect: ({ instances, window, grid, range, select }, threshold) => {
    const seconds = grid.step / 1000;
    const verdicts = judgeInstances(
      instances.filter((instance) => countOf(instance.oomKills, window) > 0),
      (instance) => Math.round(sumOf(instance.oomKills, window) * seconds),
      above(threshold),
    );
    const worst = verdicts[0];
    if (!worst) return undefined;
    const total = verdicts.reduce((sum, one) => sum + one.value, 0);
    const message =
      total === 0
        ? 'No process was killed for lack of memory in the window.'
        : `${total} ${total === 1 ? 'process was' : 'processes were'} killed for lack of memory in the window, most in ${worst.instance}.`;
    const query = `increase(${select(CONTAINER_METRICS.oomKills.name)}[${windowSeconds(range)}s])`;
    return {
      health: total > threshold ? 'warning' : 'ok',
      message,
      value: total,
      threshold,
      unit: 'count',
      instances: verdicts,
      evidence: [promqlEvidence(query, range, message)],
      explanation: [`kills in the window ${total}, more than ${threshold} is a warning`],
      columns: instances.map((instance) => ({ name: instance.id, values: instance.oomKills })),
    };
  },
});
