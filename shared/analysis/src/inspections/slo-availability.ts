import { defineInspection } from './define.ts';
import { sloVerdict } from './slo-verdict.ts';

export const sloAvailability = defineInspection({
  id: 'slo-availability',
  title: 'Availability',
  area: 'SLO',
  needs: ['serviceLevel'],
  inspect: (subject) =>
    sloVerdict(
      subject,
      subject.serviceLevel.slos.find((slo) => slo.kind === 'availability'),
      'succeeded',
    ),
});
