import { REDIS_METRICS } from '@gumshoe/schema/metrics/redis';
import { defineInspection } from './define.ts';
import { targetAvailability } from './target-availability.ts';

export const redisAvailability = defineInspection({
  id: 'redis-availability',
  title: 'Redis availability',
  area: 'Redis',
  needs: ['redis'],
  inspect: (subject) => targetAvailability(subject, subject.redis, REDIS_METRICS.up.name),
});
