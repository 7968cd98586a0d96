import { MONGODB_METRICS } from '@gumshoe/schema/metrics/mongodb';
import { defineInspection } from './define.ts';
import { targetAvailability } from './target-availability.ts';

export const mongodbAvailability = defineInspection({
  id: 'mongodb-availability',
  title: 'MongoDB availability',
  area: 'MongoDB',
  threshold: { default: 0, unit: 'count', description: 'servers whose probe fails' },
  needs: ['mongodb', 'instances'],
  inspect: (subject, threshold) =>
    targetAvailability(subject, subject.mongodb, subject.instances, MONGODB_METRICS.up, threshold),
});
