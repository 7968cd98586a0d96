import type { MetricDefinition } from '@gumshoe/schema/metrics/define';
import {
  AUTOVACUUM_SETTINGS,
  POSTGRES_MAINTENANCE_METRICS as M,
} from '@gumshoe/schema/metrics/postgres-maintenance';
import type { ProbeContext } from '../define.ts';
import { indexBloat, optionOf, tableBloat } from './bloat.ts';

/** One table as `tablesQuery` reads it. Bytes, rows, seconds. */
export interface TableState {
  readonly db: string;
  readonly schema: string;
  readonly table: string;
  readonly size: number;
  readonly heap: number;
  readonly live: number | null;
  readonly dead: number | null;
  readonly modified: number | null;
  /** -1 before the first vacuum or analyze */
  readonly reltuples: number;
  readonly since_autovacuum: number | null;
  readonly since_analyze: number | null;
  readonly options: readonly string[];
  readonly width: number | null;
  readonly vacuuming: boolean;
  readonly throttled: boolean;
  /** bytes per second since the last look; NaN at the first */
  readonly growth: number;
}

export interface IndexState {
  readonly db: string;
  readonly schema: string;
  readonly table: string;
  readonly index: string;
  readonly size: number;
  readonly reltuples: number;
  readonly width: number | null;
  readonly options: readonly string[] | null;
}

const TOP = 20;

const labelsOf = ({ db, schema, table }: Pick<TableState, 'db' | 'schema' | 'table'>) => ({
  db,
  schema,
  table,
});

const highest = <T>(all: readonly T[], weight: (one: T) => number): readonly T[] =>
  all
    .filter((one) => weight(one) > 0)
    .sort((a, b) => weight(b) - weight(a))
    .slice(0, TOP);

const deadBytes = ({ heap, live, dead }: TableState): number => {
  const rows = (live ?? 0) + (dead ?? 0);
  return rows > 0 ? (heap * (dead ?? 0)) / rows : 0;
};

/** Largest and fastest growing tables, most wasteful ones, and those that autovacuum has most to do on. */
export function emitTables(context: ProbeContext, tables: readonly TableState[]): void {
  const each = (
    metric: MetricDefinition,
    some: readonly TableState[],
    value: (one: TableState) => number | null,
  ) => {
    for (const one of some) context.emit(metric, value(one) ?? NaN, labelsOf(one));
  };
  const largest = highest(tables, ({ size }) => size);
  const growing = highest(tables, ({ growth }) => growth);
  each(M.tableSize, [...new Set([...largest, ...growing])], ({ size }) => size);
  each(M.tableGrowth, [...new Set([...growing, ...largest])], ({ growth }) => growth);
  emitBloat(context, tables);
  const watched = [
    ...new Set([
      ...highest(tables, deadBytes),
      ...highest(tables, ({ modified }) => modified ?? 0),
      ...largest,
    ]),
  ];
  each(M.deadTupleBytes, watched, deadBytes);
  each(M.deadTuples, watched, ({ dead }) => dead);
  each(M.liveTuples, watched, ({ live }) => live);
  each(M.sinceAutovacuum, watched, (one) => one.since_autovacuum);
  each(M.modsSinceAnalyze, watched, ({ modified }) => modified);
  each(M.reltuples, watched, ({ reltuples, live }) => (reltuples >= 0 ? reltuples : live));
  each(M.sinceAnalyze, watched, (one) => one.since_analyze);
  const vacuumed = tables.filter(({ vacuuming }) => vacuuming).slice(0, TOP);
  each(M.vacuumInProgress, vacuumed, () => 1);
  each(M.vacuumThrottled, vacuumed, ({ throttled }) => Number(throttled));
  for (const one of watched) emitSettings(context, one);
}

function emitBloat(context: ProbeContext, tables: readonly TableState[]): void {
  const bloated = tables.map((one) => ({
    one,
    bloat: tableBloat({
      size: one.heap,
      rows: one.live ?? NaN,
      width: one.width ?? NaN,
      options: one.options,
    }),
  }));
  emitSums(context, M.databaseTableBloat, bloated);
  for (const { one, bloat } of highest(bloated, (each) => each.bloat))
    context.emit(M.tableBloat, bloat, labelsOf(one));
}

/** Settings of the table itself, as labels of a 1. */
function emitSettings(context: ProbeContext, table: TableState): void {
  const own: Record<string, string> = {};
  for (const name of AUTOVACUUM_SETTINGS) {
    const value = optionOf(table.options, name);
    if (value !== undefined) own[name] = value;
  }
  if (/^(off|false|no|0)$/i.test(optionOf(table.options, 'autovacuum_enabled') ?? ''))
    own['autovacuum_disabled'] = '1';
  if (Object.keys(own).length > 0) context.emit(M.tableSetting, 1, { ...labelsOf(table), ...own });
}

export function emitIndexes(context: ProbeContext, indexes: readonly IndexState[]): void {
  const bloated = indexes.map((one) => ({
    one,
    bloat: indexBloat({
      size: one.size,
      rows: one.reltuples >= 0 ? one.reltuples : NaN,
      width: one.width ?? NaN,
      options: one.options ?? [],
    }),
  }));
  emitSums(context, M.databaseIndexBloat, bloated);
  for (const { one, bloat } of highest(bloated, (each) => each.bloat))
    context.emit(M.indexBloat, bloat, { ...labelsOf(one), index: one.index });
}

/** Of the databases whose statistics say something. */
function emitSums(
  context: ProbeContext,
  metric: MetricDefinition,
  bloated: readonly { readonly one: { readonly db: string }; readonly bloat: number }[],
): void {
  const sums = new Map<string, number>();
  for (const { one, bloat } of bloated)
    if (bloat === bloat) sums.set(one.db, (sums.get(one.db) ?? 0) + bloat);
  for (const [db, sum] of sums) context.emit(metric, sum, { db });
}
