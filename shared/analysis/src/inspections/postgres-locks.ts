import { formatValue } from '@gumshoe/base/units';
import { lastOf, sumColumns } from '@gumshoe/model/columns';
import { POSTGRES_METRICS } from '@gumshoe/schema/metrics/postgres';
import { promqlEvidence } from '../evidence.ts';
import { defineInspection } from './define.ts';

export const postgresLocks = defineInspection({
  id: 'postgres-locks',
  title: 'Postgres lock waits',
  area: 'Postgres',
  threshold: { default: 0, unit: 'count', description: 'queries that wait for a lock' },
  needs: ['postgres'],
  inspect: ({ postgres, grid, window, range, recent }, threshold) => {
    const probed = postgres.filter((target) => target.up.some((value) => value > 0));
    if (probed.length === 0) return undefined;
    const waits = probed
      .flatMap((target) => target.lockWaits)
      .map((wait) => ({ ...wait, now: lastOf(wait.waiting, window, 2 * recent) || 0 }))
      .sort((a, b) => b.now - a.now);
    const total = waits.reduce((sum, wait) => sum + wait.now, 0);
    const worst = waits[0];
    const message =
      worst && total > 0
        ? `${formatValue(total, 'count')} queries wait for a lock held by: ${worst.blockingQuery}.`
        : 'No query waits for a lock.';
    const of = `{address=${JSON.stringify(probed[0]!.address)}}`;
    return {
      health: total > threshold ? 'warning' : 'ok',
      message,
      value: total,
      threshold,
      unit: 'count',
      instances: [],
      evidence: [
        promqlEvidence(
          `sum by (blocking_query) (${POSTGRES_METRICS.lockAwaitingQueries.name}${of}) or sum(${POSTGRES_METRICS.up.name}${of}) * 0`,
          range,
          message,
        ),
      ],
      explanation: [`waiting queries ${total}, any at the end of the window is a warning`],
      columns: [
        {
          name: 'waiting for a lock',
          values: sumColumns(
            waits.map((wait) => wait.waiting),
            grid.points,
          ),
        },
      ],
    };
  },
});
