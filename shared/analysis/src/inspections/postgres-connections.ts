import { formatValue } from '@gumshoe/base/units';
import { lastOf } from '@gumshoe/model/columns';
import { POSTGRES_METRICS } from '@gumshoe/schema/metrics/postgres';
import { promqlEvidence } from '../evidence.ts';
import { defineInspection } from './define.ts';

export const postgresConnections = defineInspection({
  id: 'postgres-connections',
  title: 'Postgres connections',
  area: 'Postgres',
  threshold: {
    default: 90,
    unit: 'percent',
    description: 'connections in use, reserved ones included, of those allowed',
  },
  needs: ['postgres'],
  inspect: ({ postgres, window, range, recent }, threshold) => {
    const used = postgres
      .flatMap((target) => {
        const { maxConnections: max, reservedConnections: reserved = 0 } = target;
        const count = lastOf(target.connections, window, 4 * recent);
        if (max === undefined || !(max > 0) || count !== count) return [];
        return [{ target, count, max, percent: ((count + reserved) / max) * 100 }];
      })
      .sort((a, b) => b.percent - a.percent);
    const worst = used[0];
    if (!worst) return undefined;
    const message = `${formatValue(worst.count, 'count')} of ${formatValue(worst.max, 'count')} connections are in use (threshold ${threshold} % with the reserved ones).`;
    const of = `{address=${JSON.stringify(worst.target.address)}}`;
    return {
      health: worst.percent > threshold ? 'warning' : 'ok',
      message,
      value: worst.percent,
      threshold,
      unit: 'percent',
      instances: [],
      evidence: [promqlEvidence(`sum(${POSTGRES_METRICS.connections.name}${of})`, range, message)],
      explanation: [
        `(${worst.count} open + ${worst.target.reservedConnections ?? 0} reserved) / ${worst.max} = ${worst.percent.toFixed(1)} %`,
      ],
      columns: used.map(({ target }) => ({ name: target.address, values: target.connections })),
    };
  },
});
