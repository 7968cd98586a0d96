import { formatValue } from '@gumshoe/base/units';
import { sumOf } from '@gumshoe/model/columns';
import type { PostgresTarget } from '@gumshoe/model/world';
import { POSTGRES_MAINTENANCE_METRICS as M } from '@gumshoe/schema/metrics/postgres-maintenance';
import { defineInspection, type Subject } from './define.ts';
import { levelVerdict } from './level.ts';
import { lastSignal, measuredTargets, selectTarget, sumSignal } from './target-signals.ts';

export const postgresWalArchiving = defineInspection({
  id: 'postgres-wal-archiving',
  title: 'Postgres WAL archiving',
  area: 'Postgres',
  threshold: { default: 0, unit: 'none', description: '1 when the last attempt to archive failed' },
  needs: ['postgres'],
  inspect: (subject, threshold) =>
    levelVerdict(
      subject,
      measuredTargets(subject.postgres, (target) =>
        sumSignal(target, M.archivingStatus)?.map((status) =>
          status === status ? Number(!(status > 0)) : NaN,
        ),
      ),
      {
        threshold,
        unit: 'none',
        says: ({ name, state, target }) =>
          state.firing
            ? `${name} cannot archive its WAL${failures(target, subject)}`
            : `${name} archives its WAL`,
        formula: '1 - archiving status',
        query: ({ target }) => `1 - ${selectTarget(target, M.archivingStatus)}`,
      },
    ),
});

function failures(target: PostgresTarget, subject: Subject): string {
  const failed = sumSignal(target, M.archiveFailures);
  const count = failed ? Math.round(sumOf(failed, subject.window) * (subject.grid.step / 1000)) : 0;
  const size = lastSignal(target, M.walSize, subject);
  return [
    count > 0 ? `: ${formatValue(count, 'count')} attempts failed in the window` : '',
    size > 0 ? `; the WAL on its disk has grown to ${formatValue(size, 'bytes')}` : '',
  ].join('');
}
