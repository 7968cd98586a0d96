import { POSTGRES_METRICS } from '@gumshoe/schema/metrics/postgres';
import { defineInspection } from './define.ts';
import { targetAvailability } from './target-availability.ts';

export const postgresAvailability = defineInspection({
  id: 'postgres-availability',
  title: 'Postgres availability',
  area: 'Postgres',
  threshold: { default: 0, unit: 'count', description: 'servers whose probe fails' },
  needs: ['postgres', 'instances'],
  inspect: (subject, threshold) =>
    targetAvailability(subject, subject.postgres, subject.instances, POSTGRES_METRICS.up, threshold),
});
