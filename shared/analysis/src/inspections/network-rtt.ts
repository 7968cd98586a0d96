import { defineInspection } from './define.ts';
import { rttVerdict } from './network-rtt-verdict.ts';

export const networkRtt = defineInspection({
  id: 'network-rtt',
  title: 'Round trip within the cluster',
  area: 'Network',
  threshold: { default: 0.01, unit: 'seconds', description: 'round trip to a peer in the cluster' },
  needs: ['upstreams'],
  inspect: (subject, threshold) => rttVerdict(subject, subject.upstreams, 'inside', threshold),
});
