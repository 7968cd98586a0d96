import { formatValue } from '@gumshoe/base/units';
import type { RedisTarget } from '@gumshoe/model/world';
import { REDIS_METRICS as R } from '@gumshoe/schema/metrics/redis';
import { defineInspection } from './define.ts';
import { levelVerdict } from './level.ts';
import { nameOfTarget, selectTarget, signalsOf, type MeasuredTarget } from './target-signals.ts';

interface Side extends MeasuredTarget<RedisTarget> {
  readonly query: string;
  readonly what: string;
}

/** Masters ping their replicas every ten seconds, and replicas acknowledge every second. */
export const redisReplicationLag = defineInspection({
  id: 'redis-replication-lag',
  title: 'Redis replication lag',
  area: 'Redis',
  threshold: { default: 30, unit: 'seconds', description: 'time since a replica and its master last talked' },
  needs: ['redis'],
  inspect: (subject, threshold) =>
    levelVerdict(subject, subject.redis.flatMap(sidesOf), {
      threshold,
      unit: 'seconds',
      says: ({ what, state }) => `${what} ${formatValue(state.value, 'seconds')} ago`,
      formula: 'time since the last exchange',
      query: ({ query }) => query,
    }),
});

/** What a replica says of its master, and a master of each replica. */
function sidesOf(target: RedisTarget): readonly Side[] {
  const { instance } = target;
  const name = nameOfTarget(target);
  const own = { target, ...(instance === undefined ? {} : { instance }) };
  const asReplica = signalsOf(target, R.masterLastIo).map(({ labels, values }) => ({
    ...own,
    name,
    // -1 while the link is down
    values: values.map((seconds) => (seconds >= 0 ? seconds : NaN)),
    query: selectTarget(target, R.masterLastIo),
    what: `Replica ${name} last heard of its master ${labels.master_host}:${labels.master_port}`,
  }));
  const asMaster = signalsOf(target, R.replicaLag).map(
    ({ labels: { slave_ip: ip = '', slave_port: port = '' }, values }) => ({
      ...own,
      name: `${ip}:${port} of ${name}`,
      values,
      query: selectTarget(
        target,
        R.replicaLag,
        `slave_ip=${JSON.stringify(ip)}`,
        `slave_port=${JSON.stringify(port)}`,
      ),
      what: `Replica ${ip}:${port} last acknowledged to ${name}`,
    }),
  );
  return [...asReplica, ...asMaster];
}
