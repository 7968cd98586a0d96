import { defineInspection } from './define.ts';
import { rttVerdict } from './network-rtt-verdict.ts';

export const networkRttExternal = defineInspection({
  id: 'network-rtt-external',
  title: 'Round trip to external services',
  area: 'Network',
  threshold: { default: 0.2, unit: 'seconds', description: 'round trip to a service outside' },
  needs: ['upstreams'],
  inspect: (subject, threshold) => rttVerdict(subject, subject.upstreams, 'outside', threshold),
});
