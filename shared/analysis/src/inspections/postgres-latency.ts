import { lastOf } from '@gumshoe/model/columns';
import { clientsLatency } from './clients-latency.ts';
import { defineInspection } from './define.ts';

export const postgresLatency = defineInspection({
  id: 'postgres-latency',
  title: 'Postgres latency',
  area: 'Postgres',
  needs: ['downstreams', 'postgres'],
  inspect: (subject) => {
    const average = subject.postgres[0]?.latency.get('avg');
    const value = average ? lastOf(average, subject.window, 2 * subject.recent) : NaN;
    return clientsLatency(subject, subject.downstreams, {
      protocol: 'postgres',
      threshold: 0.1,
      hanging: 1,
      ...(average && value === value
        ? { probe: { name: 'the probe says', value, column: { name: 'probe average', values: average } } }
        : {}),
    });
  },
});
