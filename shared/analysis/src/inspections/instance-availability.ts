import { CONTAINER_METRICS } from '@gumshoe/schema/metrics/container';
import { promqlEvidence } from '../evidence.ts';
import { worstHealth } from '../finding.ts';
import { defineInspection } from './define.ts';
import { clock } from './slo-verdict.ts';

export const instanceAvailability = defineInspection({
  id: 'instance-availability',
  title: 'Instance availability',
  area: 'Instances',
  threshold: { default: 75, unit: 'percent', description: 'instances that are up, of those that should be' },
  needs: ['instances'],
  inspect: ({ instances, select, range }, threshold) => {
    const known = instances.filter(({ state }) => state === 'up' || state === 'down');
    if (known.length === 0) return undefined;
    const down = known.filter(({ state }) => state === 'down');
    const up = known.length - down.length;
    const percent = (up / known.length) * 100;
    const gone = down.map((one) => `${one.id} since ${clock(one.downtimes.at(-1)?.from ?? one.lastSeen)}`);
    const health = up === 0 ? 'critical' : percent < threshold ? 'warning' : 'ok';
    const query = select(CONTAINER_METRICS.tcpListen.name);
    const message = `${up} of ${known.length} instances are up${gone.length > 0 ? `; down: ${gone.join(', ')}` : ''}.`;
    return {
      health: worstHealth([health]),
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
      evidence: [promqlEvidence(`sum(${query})`, range, message)],
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
