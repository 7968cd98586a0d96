import { REDIS_METRICS } from '@gumshoe/schema/metrics/redis';
import { defineInspection } from './define.ts';
import { targetAvailability } from './target-availability.ts';

export const redisAvailability = defineInspection({
  id: 'redis-availability',
  title: 'Redis availability',
  area: 'Redis',
  threshold: { default: 0, unit: 'count', description: 'servers whose probe fails' },
  needs: ['redis', 'instances'],
  inspect: (subject, threshold) =>
    targetAvailability(subject, subject.redis, subject.instances, REDIS_METRICS.up, threshold),
});
