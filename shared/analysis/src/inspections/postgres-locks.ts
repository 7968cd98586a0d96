import { formatValue } from '@gumshoe/base/units';
import { lastOf, sumColumns } from '@gumshoe/model/columns';
import type { PostgresTarget } from '@gumshoe/model/world';
import { POSTGRES_METRICS as P } from '@gumshoe/schema/metrics/postgres';
import { defineInspection, type Subject } from './define.ts';
import { levelVerdict } from './level.ts';
import { measuredTargets, nameOfTarget, rankSignal, selectTarget } from './target-signals.ts';

export const postgresLocks = defineInspection({
  id: 'postgres-locks',
  title: 'Postgres lock waits',
  area: 'Postgres',
  threshold: { default: 0, unit: 'count', description: 'queries that wait for a lock' },
  needs: ['postgres'],
  inspect: (subject, threshold) =>
    levelVerdict(subject, measuredTargets(subject.postgres.filter(looksForLocks), waitingColumn), {
      threshold,
      unit: 'count',
      says: ({ target, state }) =>
        state.value > 0
          ? `${formatValue(state.value, 'count')} ${state.value === 1 ? 'query' : 'queries'} at ${nameOfTarget(target)} ${state.value === 1 ? 'waits' : 'wait'} for a lock held by: ${holderOf(target, subject)}`
          : `No query at ${nameOfTarget(target)} waits for a lock`,
      formula: 'queries that wait for a lock',
      query: ({ target }) =>
        `sum by (blocking_query) (${selectTarget(target, P.lockAwaitingQueries)}) or ${selectTarget(target, P.up)} * 0`,
    }),
});

/** Exporters of others answer without looking for locks: a wait was seen, or it is a probe that looks. */
const looksForLocks = ({ lockWaits, signals }: PostgresTarget): boolean =>
  lockWaits.length > 0 || signals.has(P.info.name);

/** 0 while the probe answers and nobody waits: without waits there is no series. */
function waitingColumn({ up, lockWaits }: PostgresTarget): Float64Array {
  const waits = sumColumns(
    lockWaits.map(({ waiting }) => waiting),
    up.length,
  );
  return up.map((value, i) => (waits[i]! > 0 ? waits[i]! : value > 0 ? 0 : NaN));
}

function holderOf(target: PostgresTarget, subject: Subject): string {
  const { window, recent } = subject;
  const [worst] = target.lockWaits
    .map(({ blockingQuery, waiting }) => ({ blockingQuery, now: lastOf(waiting, window, 4 * recent) || 0 }))
    .sort((a, b) => b.now - a.now);
  if (!worst || worst.blockingQuery === '') return 'a session that is gone';
  const idle = rankSignal(target, P.connections, subject).some(
    ({ labels }) => labels.query === worst.blockingQuery && labels.state?.startsWith('idle in transaction'),
  );
  return idle ? `${worst.blockingQuery} (its transaction is open and does nothing)` : worst.blockingQuery;
}
