import type { ApplicationKind, Health } from '@gumshoe/model/entities';
import { promqlEvidence } from '../evidence.ts';
import { defineInspection } from './define.ts';
import { presenceMetric } from './presence-query.ts';
import { clock } from './slo-verdict.ts';

/** Their instances are meant to end, or are not ours to count. */
const NOT_JUDGED: ReadonlySet<ApplicationKind> = new Set(['Job', 'CronJob', 'ExternalService']);

export const instanceAvailability = defineInspection({
  id: 'instance-availability',
  title: 'Instance availability',
  area: 'Instances',
  threshold: {
    default: 75,
    unit: 'percent',
    description: 'instances that are up, of those that should be; a DaemonSet must have all',
  },
  needs: ['instances'],
  inspect: ({ application, instances, select, range, grid }, configured) => {
    const known = instances.filter(({ state }) => state === 'up' || state === 'down');
    if (known.length === 0 || NOT_JUDGED.has(application.kind)) return undefined;
    const threshold = application.kind === 'DaemonSet' ? 100 : configured;
    const down = known.filter(({ state }) => state === 'down');
    const up = known.length - down.length;
    const percent = (up / known.length) * 100;
    const gone = down.map((one) => `${one.id} since ${clock(one.downtimes.at(-1)?.from ?? one.lastSeen)}`);
    const health: Health = up === 0 ? 'critical' : percent < threshold ? 'warning' : 'ok';
    const query = select(presenceMetric(known));
    const message = `${up} of ${known.length} instances are up${gone.length > 0 ? `; down: ${gone.join(', ')}` : ''}.`;
    return {
      health,
      message,
      value: percent,
      threshold,
      unit: 'percent',
      instances: known
        .map((one) => ({
          instance: one.id,
          value: one.state === 'up' ? 1 : 0,
          health: one.state === 'up' ? ('ok' as const) : ('critical' as const),
        }))
        .sort((a, b) => a.value - b.value),
      // what is down may have been seen in the history before the window only
      evidence: [
        promqlEvidence(`group by (container_id) (${query})`, { from: grid.from, to: range.to }, message),
      ],
      explanation: [
        `up ${up} / known ${known.length} = ${percent.toFixed(0)} %, at least ${threshold} % must be up`,
        'an instance is down when its samples or its listening sockets end while its node goes on reporting',
      ],
      columns: [],
      marks: known.flatMap((one) =>
        one.downtimes.flatMap(({ from, to }) => [
          { at: from, label: `${one.id} down` },
          ...(to === undefined ? [] : [{ at: to, label: `${one.id} up` }]),
        ]),
      ),
    };
  },
});
