import { gridTime } from '@gumshoe/base/time';
import { formatValue } from '@gumshoe/base/units';
import type { Instance } from '@gumshoe/model/world';
import { promqlEvidence } from '../evidence.ts';
import { defineInspection } from './define.ts';
import { presenceMetric } from './presence-query.ts';
import { clock } from './slo-verdict.ts';

interface Generation {
  readonly name: string;
  readonly instances: readonly Instance[];
  readonly since: number;
}

export const deploymentStatus = defineInspection({
  id: 'deployment-status',
  title: 'Deployment status',
  area: 'Deployments',
  threshold: { default: 180, unit: 'seconds', description: 'how long a rollout may take' },
  needs: ['instances'],
  inspect: ({ application, instances, grid, range, select }, threshold) => {
    if (application.kind !== 'Deployment') return undefined;
    const active = generationsOf(instances).filter(({ instances: all }) => all.some(isUp));
    const newest = active.at(-1);
    if (!newest) return undefined;
    const seconds = active.length < 2 ? 0 : (gridTime(grid, grid.points - 1) - newest.since) / 1000;
    const rest = active.slice(0, -1).flatMap((one) => one.instances.filter(isUp));
    const up = newest.instances.filter(isUp).length;
    const message =
      active.length < 2
        ? `All ${up} instances are of ${newest.name}; no rollout is going on.`
        : `The rollout of ${newest.name} goes on since ${clock(newest.since)} UTC, ${formatValue(seconds, 'seconds')} (threshold ${formatValue(threshold, 'seconds')}): ${up} instances are new, ${rest.length} old.`;
    return {
      health: seconds > threshold ? 'warning' : 'ok',
      message,
      value: seconds,
      threshold,
      unit: 'seconds',
      instances: [],
      evidence: [
        promqlEvidence(`group by (container_id) (${select(presenceMetric(instances))})`, range, message),
      ],
      explanation: [
        ...active.map(
          (one) => `${one.name}: ${one.instances.filter(isUp).length} up, first seen ${clock(one.since)} UTC`,
        ),
        'a rollout goes on while pods of two replica sets are up; it began with the first pod of the newer one',
      ],
      columns: [],
      marks: active
        .slice(1)
        .map((one) => ({ at: one.instances[0]!.firstSeen, label: `rollout of ${one.name}` })),
    };
  },
});

const isUp = ({ state }: Instance): boolean => state === 'up';

/** Pods by their replica set, which is the name without the last part; the one that came last comes last. */
function generationsOf(instances: readonly Instance[]): readonly Generation[] {
  const groups = new Map<string, Instance[]>();
  for (const instance of instances) {
    const name = /^(.+)-[a-z0-9]{5}(?:@.*)?$/.exec(instance.id)?.[1];
    if (name === undefined) continue;
    const group = groups.get(name);
    if (group) group.push(instance);
    else groups.set(name, [instance]);
  }
  return [...groups]
    .map(([name, all]) => {
      const sorted = [...all].sort((a, b) => a.firstSeen - b.firstSeen);
      return { name, instances: sorted, since: sorted[0]!.firstSeen };
    })
    .sort((a, b) => a.since - b.since || (a.name < b.name ? -1 : 1));
}
