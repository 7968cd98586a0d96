import { REDIS_METRICS as R } from '@gumshoe/schema/metrics/redis';
import { missesVerdict } from './cache-misses.ts';
import { defineInspection } from './define.ts';
import { selectTarget, sumSignal } from './target-signals.ts';

export const redisMisses = defineInspection({
  id: 'redis-misses',
  title: 'Redis misses',
  area: 'Redis',
  threshold: {
    default: 30,
    unit: 'percent',
    description: 'lookups that find nothing, where that is more than usual',
  },
  needs: ['redis'],
  inspect: (subject, threshold) =>
    missesVerdict(
      subject,
      subject.redis,
      {
        hits: (target) => sumSignal(target, R.keyspaceHits),
        misses: (target) => sumSignal(target, R.keyspaceMisses),
        select: (target) => ({
          hits: selectTarget(target, R.keyspaceHits),
          misses: selectTarget(target, R.keyspaceMisses),
        }),
      },
      threshold,
    ),
});
