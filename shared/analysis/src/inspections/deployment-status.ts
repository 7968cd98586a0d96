import { gridTime } from '@gumshoe/base/time';
import { formatValue } from '@gumshoe/base/units';
import { promqlEvidence } from '../evidence.ts';
import { defineInspection } from './define.ts';
import { presenceQuery } from './presence-query.ts';
import { clock } from './slo-verdict.ts';

export const deploymentStatus = defineInspection({
  id: 'deployment-status',
  title: 'Deployment status',
  area: 'Deployments',
  threshold: {
    default: 180,
    unit: 'seconds',
    description: 'how long a rollout may take without a new instance',
  },
  needs: ['generations', 'instances'],
  inspect: (subject, threshold) => {
    const { application, generations, instances, grid, range } = subject;
    const active = generations.filter(({ to }) => to === undefined);
    const newest = active.at(-1);
    if (application.kind !== 'Deployment' || !newest) return undefined;
    const seconds = active.length < 2 ? 0 : (gridTime(grid, grid.points - 1) - newest.grewAt) / 1000;
    const up = new Set(instances.filter(({ state }) => state === 'up').map(({ id }) => id));
    const counted = active.map((one) => ({ ...one, up: one.instances.filter((id) => up.has(id)).length }));
    const old = counted.slice(0, -1).reduce((sum, one) => sum + one.up, 0);
    const message =
      active.length < 2
        ? `All instances are of ${newest.version}; no rollout is going on.`
        : `The rollout of ${newest.version} began at ${clock(newest.from)} UTC, and its last new instance came ${formatValue(seconds, 'seconds')} ago (threshold ${formatValue(threshold, 'seconds')}): up are ${counted.at(-1)!.up} new and ${old} old instances.`;
    return {
      health: seconds > threshold ? 'warning' : 'ok',
      message,
      value: seconds,
      threshold,
      unit: 'seconds',
      instances: [],
      evidence: [promqlEvidence(presenceQuery(subject, instances), range, message)],
      explanation: [
        ...counted.map((one) => `${one.version}: ${one.up} up, since ${clock(one.from)} UTC`),
        'a rollout goes on while pods of two replica sets run; its time is counted from the newest pod',
      ],
      columns: [],
      marks: active.slice(1).map((one) => ({ at: one.from, label: `rollout of ${one.version}` })),
    };
  },
});
