import { formatValue } from '@gumshoe/base/units';
import { lastOf, ratioColumn } from '@gumshoe/model/columns';
import { CONTAINER_METRICS } from '@gumshoe/schema/metrics/container';
import { promqlEvidence } from '../evidence.ts';
import { defineInspection } from './define.ts';
import { above, judgeInstances } from './judge-instances.ts';

export const cpuContainer = defineInspection({
  id: 'cpu-container',
  title: 'Container CPU utilization',
  area: 'CPU',
  threshold: { default: 80, unit: 'percent', description: 'CPU usage of its limit' },
  needs: ['instances'],
  inspect: ({ instances, window, range, select, rateWindow, recent }, threshold) => {
    const limited = instances.flatMap((instance) =>
      instance.cpuLimit ? [{ instance, share: ratioColumn(instance.cpuUsage, instance.cpuLimit) }] : [],
    );
    const shares = new Map(limited.map(({ instance, share }) => [instance.id, share]));
    const verdicts = judgeInstances(
      limited.map(({ instance }) => instance),
      (instance) => lastOf(shares.get(instance.id)!, window, recent) * 100,
      above(threshold),
    );
    const worst = verdicts[0];
    if (!worst) return undefined;
    const usage = select(CONTAINER_METRICS.cpuUsage.name);
    const query = `rate(${usage}${rateWindow}) / on (container_id) ${select(CONTAINER_METRICS.cpuLimit.name)}`;
    const message = `${worst.instance} uses ${formatValue(worst.value, 'percent')} of its CPU limit (threshold ${threshold} %).`;
    return {
      health: worst.health,
      message,
      value: worst.value,
      threshold,
      unit: 'percent',
      instances: verdicts,
      evidence: [promqlEvidence(query, range, message)],
      explanation: [`usage / limit = ${worst.value.toFixed(1)} % at the end of the window`],
      columns: limited.map(({ instance, share }) => ({
        name: instance.id,
        values: share.map((value) => value * 100),
      })),
    };
  },
});
