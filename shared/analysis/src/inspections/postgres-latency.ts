import { lastOf } from '@gumshoe/model/columns';
import { POSTGRES_METRICS as P } from '@gumshoe/schema/metrics/postgres';
import { clientsLatency } from './clients-latency.ts';
import { defineInspection } from './define.ts';
import { nameOfTarget, selectTarget } from './target-signals.ts';

export const postgresLatency = defineInspection({
  id: 'postgres-latency',
  title: 'Postgres latency',
  area: 'Postgres',
  threshold: { default: 0.1, unit: 'seconds', description: 'mean latency of a query as clients see it' },
  needs: ['downstreams', 'postgres'],
  inspect: (subject, threshold) => {
    const [slowest] = subject.postgres
      .flatMap((target) => {
        const values = target.latency.get('avg');
        const value = values ? lastOf(values, subject.window, 2 * subject.recent) : NaN;
        return values && value === value ? [{ target, values, value }] : [];
      })
      .sort((a, b) => b.value - a.value || (a.target.address < b.target.address ? -1 : 1));
    return clientsLatency(subject, subject.downstreams, {
      protocol: 'postgres',
      types: ['postgres'],
      threshold,
      hanging: 1,
      ...(slowest
        ? {
            probe: {
              name: `mean of a query by the probe of ${nameOfTarget(slowest.target)}`,
              column: { name: 'probe average', values: slowest.values },
              query: selectTarget(slowest.target, P.latency, 'summary="avg"'),
            },
          }
        : {}),
    });
  },
});
