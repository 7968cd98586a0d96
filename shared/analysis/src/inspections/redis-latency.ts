import { lastOf, ratioColumn, sumColumns } from '@gumshoe/model/columns';
import type { RedisTarget } from '@gumshoe/model/world';
import { REDIS_METRICS as R } from '@gumshoe/schema/metrics/redis';
import { matchCluster, matchLabel } from '../evidence.ts';
import { clientsLatency, type ClientsLatencyRule } from './clients-latency.ts';
import { defineInspection, type Subject } from './define.ts';

export const redisLatency = defineInspection({
  id: 'redis-latency',
  title: 'Redis latency',
  area: 'Redis',
  threshold: { default: 0.005, unit: 'seconds', description: 'mean latency of a command as clients see it' },
  needs: ['downstreams', 'redis'],
  inspect: (subject, threshold) => {
    const probe = subject.redis.length > 0 ? probeOf(subject, subject.redis) : undefined;
    return clientsLatency(subject, subject.downstreams, {
      protocol: 'redis',
      types: ['redis', 'keydb', 'valkey', 'dragonfly'],
      threshold,
      hanging: 0.1,
      blocked: subject.redis.map(({ blockedClients }) => blockedClients),
      ...(probe ? { probe } : {}),
    });
  },
});

/** Time per command of all servers, as they count it themselves. */
function probeOf(
  { grid, window, recent, rateWindow }: Subject,
  targets: readonly RedisTarget[],
): ClientsLatencyRule['probe'] {
  const commands = targets.flatMap((target) => target.commands);
  const time = sumColumns(
    commands.map((command) => command.time),
    grid.points,
  );
  const rate = sumColumns(
    commands.map((command) => command.rate),
    grid.points,
  );
  const values = ratioColumn(time, rate);
  if (Number.isNaN(lastOf(values, window, 2 * recent))) return undefined;
  const servers = [
    matchLabel(
      'address',
      targets.map(({ address }) => address),
    ),
    ...matchCluster(targets[0]?.cluster),
  ].join(',');
  const sum = ({ name }: { readonly name: string }) => `sum(rate(${name}{${servers}}${rateWindow}))`;
  return {
    name: 'time per command inside Redis',
    column: { name: 'inside Redis', values },
    query: `${sum(R.commandTime)} / ${sum(R.commands)}`,
  };
}
