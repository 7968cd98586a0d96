import { MEMCACHED_METRICS } from '@gumshoe/schema/metrics/memcached';
import { defineInspection } from './define.ts';
import { evictionsVerdict } from './evictions.ts';

export const memcachedEvictions = defineInspection({
  id: 'memcached-evictions',
  title: 'Memcached evictions',
  area: 'Memcached',
  threshold: {
    default: 10,
    unit: 'per-second',
    description: 'evicted entries, where that is more than usual',
  },
  needs: ['memcached'],
  inspect: (subject, threshold) =>
    evictionsVerdict(subject, subject.memcached, MEMCACHED_METRICS.evicted, threshold),
});
