import { REDIS_METRICS } from '@gumshoe/schema/metrics/redis';
import { defineInspection } from './define.ts';
import { evictionsVerdict } from './evictions.ts';

export const redisEvictions = defineInspection({
  id: 'redis-evictions',
  title: 'Redis evictions',
  area: 'Redis',
  threshold: {
    default: 10,
    unit: 'per-second',
    description: 'evicted entries, where that is more than usual',
  },
  needs: ['redis'],
  inspect: (subject, threshold) =>
    evictionsVerdict(subject, subject.redis, REDIS_METRICS.evictedKeys, threshold),
});
