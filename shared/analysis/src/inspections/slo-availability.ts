import { defineInspection } from './define.ts';
import { sloVerdict } from './slo-verdict.ts';

export const sloAvailability = defineInspection({
  id: 'slo-availability',
  title: 'Availability',
  area: 'SLO',
  threshold: {
    default: 99,
    unit: 'percent',
    description: 'share of requests that succeed; objectives set it',
  },
  needs: ['serviceLevel'],
  inspect: (subject) =>
    sloVerdict(
      subject,
      subject.serviceLevel.slos.find((slo) => slo.kind === 'availability'),
      'succeeded',
    ),
});
