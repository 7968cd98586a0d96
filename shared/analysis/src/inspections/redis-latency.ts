import { lastOf, ratioColumn, sumColumns } from '@gumshoe/model/columns';
import { REDIS_METRICS as R } from '@gumshoe/schema/metrics/redis';
import { matchLabel } from '../evidence.ts';
import { clientsLatency } from './clients-latency.ts';
import { defineInspection } from './define.ts';

export const redisLatency = defineInspection({
  id: 'redis-latency',
  title: 'Redis latency',
  area: 'Redis',
  threshold: { default: 0.005, unit: 'seconds', description: 'mean latency of a command as clients see it' },
  needs: ['downstreams', 'redis'],
  inspect: (subject, threshold) => {
    const points = subject.grid.points;
    const addresses = subject.redis.map(({ address }) => address);
    const select = ({ name }: { readonly name: string }) => `${name}{${matchLabel('address', addresses)}}`;
    const commands = subject.redis.flatMap((target) => target.commands);
    const time = sumColumns(
      commands.map((command) => command.time),
      points,
    );
    const rate = sumColumns(
      commands.map((command) => command.rate),
      points,
    );
    const values = ratioColumn(time, rate);
    const value = lastOf(values, subject.window, 2 * subject.recent);
    return clientsLatency(subject, subject.downstreams, {
      protocol: 'redis',
      threshold,
      hanging: 0.1,
      blocked: subject.redis.map(({ blockedClients }) => blockedClients),
      ...(value === value
        ? {
            probe: {
              name: 'time per command inside Redis',
              column: { name: 'inside Redis', values },
              query: `sum(rate(${select(R.commandTime)}${subject.rateWindow})) / sum(rate(${select(R.commands)}${subject.rateWindow}))`,
            },
          }
        : {}),
    });
  },
});
