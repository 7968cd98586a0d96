import { formatValue } from '@gumshoe/base/units';
import { sumColumns } from '@gumshoe/model/columns';
import type { PostgresTarget } from '@gumshoe/model/world';
import { POSTGRES_METRICS as P } from '@gumshoe/schema/metrics/postgres';
import { defineInspection, type Subject } from './define.ts';
import { levelVerdict } from './level.ts';
import { measuredTargets, rankSignal, selectTarget, signalsOf } from './target-signals.ts';

const STATE = 'idle in transaction';

/** Any pool has some for a moment; a fifth of all that are allowed, for most of the last minute, is a leak. */
export const postgresIdleInTransaction = defineInspection({
  id: 'postgres-idle-in-transaction',
  title: 'Postgres idle transactions',
  area: 'Postgres',
  threshold: {
    default: 20,
    unit: 'percent',
    description: 'connections with an open transaction that does nothing, of those allowed',
  },
  needs: ['postgres'],
  inspect: (subject, threshold) =>
    levelVerdict(subject, measuredTargets(subject.postgres, idleShare), {
      threshold,
      unit: 'percent',
      says: ({ name, state, target }) =>
        `Open transactions that do nothing hold ${formatValue(state.value, 'percent')} of the ${formatValue(target.maxConnections!, 'count')} connections to ${name}${state.firing ? lastStatement(target, subject) : ''}`,
      calm: 'No transaction is open and does nothing.',
      formula: 'sessions idle in transaction / max_connections',
      query: ({ target }) =>
        `(sum(${selectTarget(target, P.connections, `state=~"${STATE}.*"`)}) or sum(${selectTarget(target, P.up)}) * 0) / ${target.maxConnections} * 100`,
    }),
});

function idleShare(target: PostgresTarget): Float64Array | undefined {
  const { connections, maxConnections: max = 0 } = target;
  if (!(max > 0)) return undefined;
  const idle = signalsOf(target, P.connections).filter(({ labels }) => labels.state?.startsWith(STATE));
  const count = sumColumns(
    idle.map(({ values }) => values),
    connections.length,
  );
  return connections.map((open, i) => (open === open ? ((count[i] || 0) / max) * 100 : NaN));
}

function lastStatement(target: PostgresTarget, subject: Subject): string {
  const [most] = rankSignal(target, P.connections, subject).filter(({ labels }) =>
    labels.state?.startsWith(STATE),
  );
  const { user = '', db = '', query = '' } = most?.labels ?? {};
  return most ? `; most of them as ${user}@${db}, last statement: ${query === '' ? 'unknown' : query}` : '';
}
