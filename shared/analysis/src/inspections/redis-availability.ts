import { REDIS_METRICS } from '@gumshoe/schema/metrics/redis';
import { defineInspection } from './define.ts';
import { targetAvailability } from './target-availability.ts';

export const redisAvailability = defineInspection({
  id: 'redis-availability',
  title: 'Redis availability',
  area: 'Redis',
  threshold: { default: 0, unit: 'count', description: 'servers whose probe fails' },
  needs: ['redis'],
  inspect: (subject) => targetAvailability(subject, subject.redis, REDIS_METRICS.up.name),
});
