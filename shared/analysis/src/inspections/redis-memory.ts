import { formatValue } from '@gumshoe/base/units';
import { shareColumn } from '@gumshoe/model/columns';
import { REDIS_METRICS as R } from '@gumshoe/schema/metrics/redis';
import { defineInspection } from './define.ts';
import { levelVerdict } from './level.ts';
import { percentOf } from './measured.ts';
import { measuredTargets, selectTarget, sumSignal } from './target-signals.ts';

/**
 * Memory of servers that do not evict: one that does is meant to be full, and its evictions are judged by themselves.
 */
export const redisMemory = defineInspection({
  id: 'redis-memory',
  title: 'Redis memory',
  area: 'Redis',
  threshold: { default: 90, unit: 'percent', description: 'memory in use of maxmemory, without evictions' },
  needs: ['redis'],
  inspect: (subject, threshold) =>
    levelVerdict(
      subject,
      measuredTargets(
        subject.redis.filter((target) => !sumSignal(target, R.evictedKeys)?.some((rate) => rate > 0)),
        ({ memoryUsed, memoryMax }) => percentOf(shareColumn(memoryUsed, memoryMax)),
      ),
      {
        threshold,
        unit: 'percent',
        says: ({ name, state }) =>
          `${name} uses ${formatValue(state.value, 'percent')} of its maxmemory and evicts nothing${state.firing ? ': it will soon refuse writes' : ''}`,
        formula: 'memory in use / maxmemory',
        query: ({ target }) =>
          `sum(${selectTarget(target, R.memoryUsed)}) / sum(${selectTarget(target, R.memoryMax)}) * 100`,
      },
    ),
});
