import { defineInspection } from './define.ts';
import { rttVerdict } from './network-rtt-verdict.ts';

export const networkRttOtherClusters = defineInspection({
  id: 'network-rtt-other-clusters',
  title: 'Round trip to other clusters',
  area: 'Network',
  threshold: { default: 0.1, unit: 'seconds', description: 'round trip to a peer in another cluster' },
  needs: ['upstreams'],
  inspect: (subject, threshold) => rttVerdict(subject, subject.upstreams, 'other cluster', threshold),
});
