import { MYSQL_METRICS } from '@gumshoe/schema/metrics/mysql';
import { defineInspection } from './define.ts';
import { targetAvailability } from './target-availability.ts';

export const mysqlAvailability = defineInspection({
  id: 'mysql-availability',
  title: 'MySQL availability',
  area: 'MySQL',
  threshold: { default: 0, unit: 'count', description: 'servers whose probe fails' },
  needs: ['mysql', 'instances'],
  inspect: (subject, threshold) =>
    targetAvailability(subject, subject.mysql, subject.instances, MYSQL_METRICS.up, threshold),
});
