import { lastOf } from '@gumshoe/model/columns';
import { clientsLatency } from './clients-latency.ts';
import { defineInspection } from './define.ts';

export const postgresLatency = defineInspection({
  id: 'postgres-latency',
  title: 'Postgres latency',
  area: 'Postgres',
  threshold: { default: 0.1, unit: 'seconds', description: 'mean latency of a query as clients see it' },
  needs: ['downstreams', 'postgres'],
  inspect: (subject, threshold) => {
    const average = subject.postgres[0]?.latency.get('avg');
    const value = average ? lastOf(average, subject.window, 2 * subject.recent) : NaN;
    return clientsLatency(subject, subject.downstreams, {
      protocol: 'postgres',
      threshold,
      hanging: 1,
      ...(average && value === value
        ? { probe: { name: 'the probe says', value, column: { name: 'probe average', values: average } } }
        : {}),
    });
  },
});
