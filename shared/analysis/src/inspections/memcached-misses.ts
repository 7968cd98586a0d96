import { sumColumns } from '@gumshoe/model/columns';
import type { DatabaseTarget } from '@gumshoe/model/database-target';
import type { Column } from '@gumshoe/model/world';
import { MEMCACHED_METRICS as M } from '@gumshoe/schema/metrics/memcached';
import { missesVerdict } from './cache-misses.ts';
import { defineInspection } from './define.ts';
import { selectTarget, signalsOf } from './target-signals.ts';

export const memcachedMisses = defineInspection({
  id: 'memcached-misses',
  title: 'Memcached misses',
  area: 'Memcached',
  threshold: {
    default: 30,
    unit: 'percent',
    description: 'lookups that find nothing, where that is more than usual',
  },
  needs: ['memcached'],
  inspect: (subject, threshold) =>
    missesVerdict(
      subject,
      subject.memcached,
      {
        hits: (target) => gets(target, 'hit'),
        misses: (target) => gets(target, 'miss'),
        select: (target) => ({
          hits: selectTarget(target, M.commands, 'command="get"', 'status="hit"'),
          misses: selectTarget(target, M.commands, 'command="get"', 'status="miss"'),
        }),
      },
      threshold,
    ),
});

function gets(target: DatabaseTarget, status: string): Column | undefined {
  const series = signalsOf(target, M.commands).filter(
    ({ labels }) => labels.command === 'get' && labels.status === status,
  );
  if (series.length === 0) return undefined;
  return sumColumns(
    series.map(({ values }) => values),
    target.up.length,
  );
}
