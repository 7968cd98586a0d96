import { formatValue } from '@gumshoe/base/units';
import type { DatabaseTarget } from '@gumshoe/model/database-target';
import { MYSQL_METRICS as M } from '@gumshoe/schema/metrics/mysql';
import { defineInspection, type Subject } from './define.ts';
import { levelVerdict } from './level.ts';
import { measuredTargets, nameOfTarget, rankSignal, selectTarget, sumSignal } from './target-signals.ts';

export const mysqlLocks = defineInspection({
  id: 'mysql-locks',
  title: 'MySQL lock waits',
  area: 'MySQL',
  threshold: { default: 0, unit: 'count', description: 'queries that wait for a lock' },
  needs: ['mysql'],
  inspect: (subject, threshold) =>
    levelVerdict(subject, measuredTargets(subject.mysql.filter(looksForLocks), waitingColumn), {
      threshold,
      unit: 'count',
      says: ({ target, state }) =>
        state.value > 0
          ? `${formatValue(state.value, 'count')} ${state.value === 1 ? 'query' : 'queries'} at ${nameOfTarget(target)} ${state.value === 1 ? 'waits' : 'wait'} for a lock${heldBy(target, subject)}`
          : `No query at ${nameOfTarget(target)} waits for a lock`,
      formula: 'queries that wait for a lock',
      query: ({ target }) =>
        `sum by (blocking_query) (${selectTarget(target, M.lockAwaitingQueries)}) or ${selectTarget(target, M.up)} * 0`,
    }),
});

/** Exporters of others answer without looking for locks: a wait was seen, or it is a probe that looks. */
const looksForLocks = ({ signals }: DatabaseTarget): boolean =>
  [M.lockAwaitingQueries, M.lockedQueries, M.info].some(({ name }) => signals.has(name));

/** 0 while the probe answers and nobody waits: without waits there is no series. */
function waitingColumn(target: DatabaseTarget): Float64Array {
  const waits = sumSignal(target, M.lockAwaitingQueries) ?? sumSignal(target, M.lockedQueries);
  return target.up.map((up, i) => (waits && waits[i]! > 0 ? waits[i]! : up > 0 ? 0 : NaN));
}

function heldBy(target: DatabaseTarget, subject: Subject): string {
  const [holder] = rankSignal(target, M.lockAwaitingQueries, subject);
  return holder?.labels.blocking_query ? ` held by: ${holder.labels.blocking_query}` : '';
}
