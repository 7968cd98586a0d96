import { formatValue } from '@gumshoe/base/units';
import { REDIS_METRICS as R } from '@gumshoe/schema/metrics/redis';
import { defineInspection } from './define.ts';
import { levelVerdict } from './level.ts';
import { lastSignal, measuredTargets, selectTarget, sumSignal } from './target-signals.ts';

export const redisRejectedConnections = defineInspection({
  id: 'redis-rejected-connections',
  title: 'Redis rejected connections',
  area: 'Redis',
  threshold: {
    default: 0,
    unit: 'per-second',
    description: 'connections refused because maxclients was reached',
  },
  needs: ['redis'],
  inspect: (subject, threshold) =>
    levelVerdict(
      subject,
      measuredTargets(subject.redis, (target) => sumSignal(target, R.rejectedConnections)),
      {
        threshold,
        unit: 'per-second',
        says: ({ name, state }) =>
          state.firing
            ? `${name} turns away ${formatValue(state.value, 'none')} connections per second: maxclients is reached`
            : `${name} turns nobody away`,
        formula: 'rejected connections per second',
        query: ({ target }) =>
          `sum(rate(${selectTarget(target, R.rejectedConnections)}${subject.rateWindow}))`,
        explain: ({ target }) => {
          const clients = lastSignal(target, R.connectedClients, subject);
          const most = lastSignal(target, R.maxClients, subject);
          return clients >= 0 && most > 0
            ? [`${formatValue(clients, 'count')} clients of at most ${formatValue(most, 'count')}`]
            : [];
        },
      },
    ),
});
