import { countOf, sumOf } from '@gumshoe/model/columns';
import { CONTAINER_METRICS } from '@gumshoe/schema/metrics/container';
import { promqlEvidence } from '../evidence.ts';
import { defineInspection } from './define.ts';
import { above, judgeInstances } from './judge-instances.ts';
import { thresholdText } from './level.ts';

export const instanceRestarts = defineInspection({
  id: 'instance-restarts',
  title: 'Restarts',
  area: 'Instances',
  threshold: { default: 1, unit: 'count', description: 'restarts of an instance in the window' },
  needs: ['instances'],
  inspect: ({ instances, window, grid, range, select }, threshold) => {
    const seconds = grid.step / 1000;
    const verdicts = judgeInstances(
      instances.filter((instance) => countOf(instance.restarts, window) > 0),
      (instance) => Math.round(sumOf(instance.restarts, window) * seconds),
      above(threshold),
    );
    const worst = verdicts[0];
    if (!worst) return undefined;
    const message = `${worst.instance} restarted ${worst.value} ${worst.value === 1 ? 'time' : 'times'} in the window${thresholdText(threshold, String)}.`;
    const query = `increase(${select(CONTAINER_METRICS.restarts.name)}[${windowSeconds(range)}s])`;
    return {
      health: worst.health,
      message: worst.value === 0 ? 'No instance restarted in the window.' : message,
      value: worst.value,
      threshold,
      unit: 'count',
      instances: verdicts,
      evidence: [promqlEvidence(query, range, message)],
      explanation: [`restarts in the window ${worst.value}, more than ${threshold} is a warning`],
      columns: instances.map((instance) => ({ name: instance.id, values: instance.restarts })),
    };
  },
});

export const windowSeconds = (range: { readonly from: number; readonly to: number }): number =>
  Math.max(60, Math.round((range.to - range.from) / 1000));
