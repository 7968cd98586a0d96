import { formatValue } from '@gumshoe/base/units';
import { REDIS_METRICS as R } from '@gumshoe/schema/metrics/redis';
import { defineInspection } from './define.ts';
import { riseVerdict } from './rise.ts';
import { measuredTargets, selectTarget } from './target-signals.ts';

/** Workers wait in blocking calls by design, as many as there are; more than usual means that nothing comes. */
export const redisBlockedClients = defineInspection({
  id: 'redis-blocked-clients',
  title: 'Redis blocked clients',
  area: 'Redis',
  threshold: {
    default: 20,
    unit: 'count',
    description: 'clients in a blocking call, where that is more than usual',
  },
  needs: ['redis'],
  inspect: (subject, threshold) =>
    riseVerdict(
      subject,
      measuredTargets(subject.redis, ({ blockedClients }) => blockedClients),
      {
        threshold,
        unit: 'count',
        says: ({ name, state }) =>
          `${formatValue(state.value, 'count')} clients of ${name} wait in blocking calls`,
        calm: 'No client waits in a blocking call.',
        formula: 'clients in a blocking call',
        query: ({ target }) => `sum(${selectTarget(target, R.blockedClients)})`,
      },
    ),
});
