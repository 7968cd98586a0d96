import { MEMCACHED_METRICS } from '@gumshoe/schema/metrics/memcached';
import { defineInspection } from './define.ts';
import { targetAvailability } from './target-availability.ts';

export const memcachedAvailability = defineInspection({
  id: 'memcached-availability',
  title: 'Memcached availability',
  area: 'Memcached',
  threshold: { default: 0, unit: 'count', description: 'servers whose probe fails' },
  needs: ['memcached', 'instances'],
  inspect: (subject, threshold) =>
    targetAvailability(subject, subject.memcached, subject.instances, MEMCACHED_METRICS.up, threshold),
});
