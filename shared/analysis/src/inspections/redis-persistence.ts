import type { RedisTarget } from '@gumshoe/model/world';
import { REDIS_METRICS as R } from '@gumshoe/schema/metrics/redis';
import { defineInspection } from './define.ts';
import { levelVerdict } from './level.ts';
import { known } from './measured.ts';
import { selectTarget, sumSignal, type MeasuredTarget } from './target-signals.ts';

interface Written extends MeasuredTarget<RedisTarget> {
  readonly metric: { readonly name: string };
  readonly what: string;
}

const KINDS = [
  { metric: R.rdbLastStatus, what: 'snapshot' },
  { metric: R.aofLastWriteStatus, what: 'log of writes (AOF)' },
  { metric: R.aofLastRewriteStatus, what: 'rewritten log of writes (AOF)' },
] as const;

export const redisPersistence = defineInspection({
  id: 'redis-persistence',
  title: 'Redis persistence',
  area: 'Redis',
  threshold: {
    default: 0,
    unit: 'none',
    description: '1 when the last snapshot or log of writes could not be written',
  },
  needs: ['redis'],
  inspect: (subject, threshold) =>
    levelVerdict(subject, subject.redis.flatMap(writtenBy), {
      threshold,
      unit: 'none',
      says: ({ target, what, state }) =>
        state.firing
          ? `${target.instance ?? target.address} could not write its ${what}: with the usual stop-writes-on-bgsave-error it refuses writes, and a restart loses data`
          : `${target.instance ?? target.address} writes its data to disk`,
      formula: '1 - status of the last write',
      query: ({ target, metric }) => `1 - ${selectTarget(target, metric)}`,
    }),
});

function writtenBy(target: RedisTarget): readonly Written[] {
  const { instance } = target;
  return KINDS.flatMap(({ metric, what }) => {
    const values = sumSignal(target, metric)?.map((ok) => (ok === ok ? Number(!(ok > 0)) : NaN));
    if (!known(values)) return [];
    const name = `${instance ?? target.address} ${what}`;
    return [{ target, metric, what, name, values, ...(instance === undefined ? {} : { instance }) }];
  });
}
