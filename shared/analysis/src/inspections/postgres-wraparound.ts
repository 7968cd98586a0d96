import { formatValue } from '@gumshoe/base/units';
import { maxColumns } from '@gumshoe/model/columns';
import type { PostgresTarget } from '@gumshoe/model/world';
import { POSTGRES_MAINTENANCE_METRICS as M } from '@gumshoe/schema/metrics/postgres-maintenance';
import { defineInspection, type Subject } from './define.ts';
import { levelVerdict } from './level.ts';
import { xminHolder } from './postgres-xmin-holder.ts';
import { matchTarget, measuredTargets, rankSignal, signalsOf } from './target-signals.ts';

/** Ids are 32 bits wide and compared modulo that: half of them lie in the past. */
const IDS = 2 ** 31;
/** Below PostgreSQL's own autovacuum_freeze_max_age nobody holds anything up. */
const OLD = 200_000_000;

export const postgresWraparound = defineInspection({
  id: 'postgres-wraparound',
  title: 'Postgres transaction ID wraparound',
  area: 'Postgres',
  threshold: {
    default: 50,
    unit: 'percent',
    description: 'transaction ids used up before all must be frozen',
  },
  needs: ['postgres'],
  inspect: (subject, threshold) =>
    levelVerdict(subject, measuredTargets(subject.postgres, usedIds), {
      threshold,
      unit: 'percent',
      says: ({ name, target, state }) =>
        `${name} has used ${formatValue(state.value, 'percent')} of its transaction ids since the oldest row was frozen${state.firing ? causeOf(target, subject) : ''}`,
      formula: 'max(transaction id age, multixact age) / 2^31',
      query: ({ target }) =>
        `max({__name__=~"${M.xidAge.name}|${M.multixactAge.name}",${matchTarget(target).join(',')}}) / ${IDS} * 100`,
      explain: ({ target }) => [ageLine(target, subject)],
    }),
});

function usedIds(target: PostgresTarget): Float64Array | undefined {
  const ages = [...signalsOf(target, M.xidAge), ...signalsOf(target, M.multixactAge)];
  if (ages.length === 0) return undefined;
  const oldest = maxColumns(
    ages.map(({ values }) => values),
    target.up.length,
  );
  return oldest.map((age) => (age / IDS) * 100);
}

function ageLine(target: PostgresTarget, subject: Subject): string {
  const [xid] = rankSignal(target, M.xidAge, subject);
  const [multixact] = rankSignal(target, M.multixactAge, subject);
  const of = (kind: string, ranked: typeof xid) =>
    ranked
      ? `${kind} age ${formatValue(ranked.value, 'count')} in ${ranked.labels.db}`
      : `${kind} age unknown`;
  return `${of('transaction id', xid)}, ${of('multixact', multixact)}`;
}

function causeOf(target: PostgresTarget, subject: Subject): string {
  const holder = xminHolder(target, subject, OLD);
  if (holder)
    return `: ${holder.name} has held rows back for ${formatValue(holder.age, 'count')} transactions`;
  if (target.settings.get('autovacuum') === 0) return ': autovacuum is off';
  const [worst] = rankSignal(target, M.xidAge, subject);
  return worst?.labels.db ? `: the oldest are in database ${worst.labels.db}` : '';
}
