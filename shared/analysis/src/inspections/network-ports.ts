import { NODE_METRICS as N } from '@gumshoe/schema/metrics/node';
import { defineInspection } from './define.ts';
import { occupancyVerdict } from './occupancy.ts';

export const networkPorts = defineInspection({
  id: 'network-ports',
  title: 'Ephemeral ports',
  area: 'Network',
  threshold: { default: 80, unit: 'percent', description: 'use of the ports a node hands out to clients' },
  needs: ['nodes'],
  inspect: (subject, threshold) =>
    occupancyVerdict(subject, subject.nodes, threshold, {
      of: (node) => node.ephemeralPorts,
      what: 'ports for clients',
      used: N.ephemeralPortsUsed,
      limit: N.ephemeralPorts,
    }),
});
