import { formatValue } from '@gumshoe/base/units';
import { shareColumn, sumOf } from '@gumshoe/model/columns';
import type { DatabaseTarget } from '@gumshoe/model/database-target';
import { MYSQL_METRICS as M } from '@gumshoe/schema/metrics/mysql';
import { defineInspection, type Subject } from './define.ts';
import { levelVerdict } from './level.ts';
import { percentOf } from './measured.ts';
import { lastSignal, measuredTargets, selectTarget, sumSignal } from './target-signals.ts';

export const mysqlConnections = defineInspection({
  id: 'mysql-connections',
  title: 'MySQL connections',
  area: 'MySQL',
  threshold: { default: 90, unit: 'percent', description: 'connections in use, of those allowed' },
  needs: ['mysql'],
  inspect: (subject, threshold) =>
    levelVerdict(
      subject,
      measuredTargets(subject.mysql, (target) => {
        const open = sumSignal(target, M.connectionsCurrent);
        const max = sumSignal(target, M.connectionsMax);
        return open && max && percentOf(shareColumn(open, max));
      }),
      {
        threshold,
        unit: 'percent',
        says: ({ name, target, state }) =>
          `${formatValue(lastSignal(target, M.connectionsCurrent, subject) || 0, 'count')} of ${formatValue(lastSignal(target, M.connectionsMax, subject) || 0, 'count')} connections to ${name} are in use, ${formatValue(state.value, 'percent')}${aborted(target, subject)}`,
        formula: 'open connections / max_connections',
        query: ({ target }) =>
          `sum(${selectTarget(target, M.connectionsCurrent)}) / sum(${selectTarget(target, M.connectionsMax)}) * 100`,
      },
    ),
});

function aborted(target: DatabaseTarget, { window, grid }: Subject): string {
  const rate = sumSignal(target, M.connectionsAborted);
  const count = rate ? Math.round(sumOf(rate, window) * (grid.step / 1000)) : 0;
  return count > 0 ? `, ${formatValue(count, 'count')} attempts were turned away in the window` : '';
}
