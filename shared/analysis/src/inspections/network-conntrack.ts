import { NODE_METRICS as N } from '@gumshoe/schema/metrics/node';
import { defineInspection } from './define.ts';
import { occupancyVerdict } from './occupancy.ts';

export const networkConntrack = defineInspection({
  id: 'network-conntrack',
  title: 'Tracked connections',
  area: 'Network',
  threshold: { default: 85, unit: 'percent', description: 'use of the connection tracking table of a node' },
  needs: ['nodes'],
  inspect: (subject, threshold) =>
    occupancyVerdict(subject, subject.nodes, threshold, {
      of: (node) => node.conntrack,
      what: 'places for tracked connections',
      used: N.conntrackEntries,
      limit: N.conntrackLimit,
    }),
});
