import { formatValue } from '@gumshoe/base/units';
import { defineInspection } from './define.ts';
import { sloVerdict } from './slo-verdict.ts';

export const sloLatency = defineInspection({
  id: 'slo-latency',
  title: 'Latency',
  area: 'SLO',
  threshold: {
    default: 99,
    unit: 'percent',
    description: 'share of requests within the latency objective; objectives set it',
  },
  needs: ['serviceLevel'],
  inspect: (subject) => {
    const slo = subject.serviceLevel.slos.find((one) => one.kind === 'latency');
    return sloVerdict(subject, slo, `took less than ${formatValue(slo?.threshold ?? 0, 'seconds')}`);
  },
});
