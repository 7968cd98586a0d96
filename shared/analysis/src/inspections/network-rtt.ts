import { formatValue } from '@gumshoe/base/units';
import { lastOf } from '@gumshoe/model/columns';
import { CONTAINER_METRICS } from '@gumshoe/schema/metrics/container';
import { matchLabel, promqlEvidence } from '../evidence.ts';
import { defineInspection } from './define.ts';

/** seconds, to services outside */
const THRESHOLD_OUTSIDE = 0.2;

export const networkRtt = defineInspection({
  id: 'network-rtt',
  title: 'Network round-trip time',
  area: 'Network',
  threshold: { default: 0.01, unit: 'seconds', description: 'round trip to a peer in the cluster' },
  needs: ['upstreams'],
  inspect: ({ upstreams, window, range, recent, nameOf, select }, inside) => {
    const measured = upstreams
      .map((dependency) => {
        const outside = dependency.server.includes(':ExternalService:');
        const rtt = lastOf(dependency.tcp.rtt, window, recent);
        return { dependency, rtt, threshold: outside ? THRESHOLD_OUTSIDE : inside };
      })
      .filter(({ rtt }) => rtt === rtt)
      .sort((a, b) => b.rtt / b.threshold - a.rtt / a.threshold);
    const worst = measured[0];
    if (!worst) return undefined;
    const ips = worst.dependency.links.map((link) => link.actualDestination.replace(/:\d+$/, ''));
    const query = select(CONTAINER_METRICS.netLatency.name, matchLabel('destination_ip', ips));
    const message = `The round trip to ${nameOf(worst.dependency.server)} takes ${formatValue(worst.rtt, 'seconds')} (threshold ${formatValue(worst.threshold, 'seconds')}).`;
    return {
      health: worst.rtt > worst.threshold ? 'warning' : 'ok',
      message,
      value: worst.rtt,
      threshold: worst.threshold,
      unit: 'seconds',
      instances: [],
      evidence: [promqlEvidence(query, range, message)],
      explanation: ['smoothed round-trip time as TCP measures it, worst link, at the end of the window'],
      columns: measured.map(({ dependency }) => ({
        name: nameOf(dependency.server),
        values: dependency.tcp.rtt,
      })),
    };
  },
});
