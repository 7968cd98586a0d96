import { formatValue } from '@gumshoe/base/units';
import { lastOf } from '@gumshoe/model/columns';
import type { Column, PostgresTarget } from '@gumshoe/model/world';
import { POSTGRES_MAINTENANCE_METRICS as M } from '@gumshoe/schema/metrics/postgres-maintenance';
import { defineInspection, type Subject } from './define.ts';
import { levelVerdict } from './level.ts';
import {
  nameOfTarget,
  rankSignal,
  selectTarget,
  signalsOf,
  tableName,
  under,
  type MeasuredTarget,
} from './target-signals.ts';

/** Less is not worth a vacuum. */
const LEAST = 1024 ** 3;

interface MeasuredDatabase extends MeasuredTarget<PostgresTarget> {
  readonly db: string;
  readonly bloat: Column;
}

export const postgresBloat = defineInspection({
  id: 'postgres-bloat',
  title: 'Postgres bloat',
  area: 'Postgres',
  threshold: { default: 50, unit: 'percent', description: 'estimated waste in tables and indexes' },
  needs: ['postgres'],
  inspect: (subject, threshold) =>
    levelVerdict(subject, subject.postgres.flatMap(databasesOf), {
      threshold,
      unit: 'percent',
      says: ({ db, target, state, bloat }) =>
        `Database ${db} of ${nameOfTarget(target)} wastes ${formatValue(lastOf(bloat, subject.window) || 0, 'bytes')}${state.value > 0 ? `, ${formatValue(state.value, 'percent')} of its size` : ''}${state.firing ? worstOf(target, db, subject) : ''}`,
      formula: `(table bloat + index bloat) / database size, counted from ${formatValue(LEAST, 'bytes')} of bloat`,
      query: ({ target, db }) => {
        const select = (metric: { readonly name: string }) =>
          `sum(${selectTarget(target, metric, `db=${JSON.stringify(db)}`)})`;
        const bloat = `(${select(M.databaseTableBloat)} + (${select(M.databaseIndexBloat)} or vector(0)))`;
        return `${bloat} / ${select(M.databaseSize)} * 100 * (${bloat} >= bool ${LEAST})`;
      },
    }),
});

function databasesOf(target: PostgresTarget): readonly MeasuredDatabase[] {
  const { instance } = target;
  return signalsOf(target, M.databaseTableBloat).flatMap(({ labels: { db = '' }, values: tables }) => {
    const of = (metric: { readonly name: string }) =>
      signalsOf(target, metric).find(({ labels }) => labels.db === db)?.values;
    const size = of(M.databaseSize);
    if (!size) return [];
    const indexes = of(M.databaseIndexBloat);
    const bloat = tables.map((bytes, i) => bytes + (indexes?.[i] || 0));
    const values = bloat.map((bytes, i) => (bytes >= LEAST ? (bytes / size[i]!) * 100 : under(bytes)));
    return [
      {
        target,
        db,
        bloat,
        name: `${db} of ${nameOfTarget(target)}`,
        values,
        ...(instance === undefined ? {} : { instance }),
      },
    ];
  });
}

function worstOf(target: PostgresTarget, db: string, subject: Subject): string {
  const wasted = [
    ...rankSignal(target, M.tableBloat, subject).map((one) => ({ ...one, name: tableName(one.labels) })),
    ...rankSignal(target, M.indexBloat, subject).map((one) => ({
      ...one,
      name: `index ${one.labels.index} of ${tableName(one.labels)}`,
    })),
  ]
    .filter(({ labels }) => labels.db === db)
    .sort((a, b) => b.value - a.value)
    .slice(0, 3)
    .map(({ name, value }) => `${name} ${formatValue(value, 'bytes')}`);
  return wasted.length > 0 ? `; most of it in ${wasted.join(', ')}` : '';
}
