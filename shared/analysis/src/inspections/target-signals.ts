import { lastOf, sumColumns } from '@gumshoe/model/columns';
import type { DatabaseTarget, LabelledColumn } from '@gumshoe/model/database-target';
import type { CellRange, Column } from '@gumshoe/model/world';
import { matchCluster } from '../evidence.ts';
import type { Subject } from './define.ts';
import type { Measured } from './level.ts';
import { known } from './measured.ts';

type Named = { readonly name: string };

/** A probed server with one value over time. */
export interface MeasuredTarget<T extends DatabaseTarget = DatabaseTarget> extends Measured {
  readonly target: T;
}

/** Matchers for the series of one probed server. */
export const matchTarget = ({
  address,
  cluster,
}: Pick<DatabaseTarget, 'address' | 'cluster'>): readonly string[] => [
  `address=${JSON.stringify(address)}`,
  ...matchCluster(cluster),
];

/** `metric{address="…"}` */
export function selectTarget(
  target: Pick<DatabaseTarget, 'address' | 'cluster'>,
  metric: Named,
  ...more: readonly string[]
): string {
  return `${metric.name}{${[...matchTarget(target), ...more].join(',')}}`;
}

/** Who listens there, else the address. */
export const nameOfTarget = ({ instance, address }: DatabaseTarget): string => instance ?? address;

/** One column of each server that has it. */
export function measuredTargets<T extends DatabaseTarget>(
  targets: readonly T[],
  column: (target: T) => Column | undefined,
): readonly MeasuredTarget<T>[] {
  return targets.flatMap((target) => {
    const values = column(target);
    if (!known(values)) return [];
    const { instance } = target;
    return [{ target, name: nameOfTarget(target), values, ...(instance === undefined ? {} : { instance }) }];
  });
}

export const signalsOf = ({ signals }: DatabaseTarget, { name }: Named): readonly LabelledColumn[] =>
  signals.get(name) ?? [];

/** The metric as one column; undefined where the server does not have it. */
export function sumSignal(target: DatabaseTarget, metric: Named): Column | undefined {
  const columns = signalsOf(target, metric).map(({ values }) => values);
  const [first, ...rest] = columns;
  if (first === undefined || rest.length === 0) return first;
  return sumColumns(columns, first.length);
}

export interface Ranked {
  readonly labels: LabelledColumn['labels'];
  /** Its last value. */
  readonly value: number;
}

/** Series of a metric by their last value, highest first; those without a recent one are left out. */
export function rankSignal(
  target: DatabaseTarget,
  metric: Named,
  { window, recent }: Pick<Subject, 'window' | 'recent'>,
): readonly Ranked[] {
  return signalsOf(target, metric)
    .map(({ labels, values }) => ({ labels, value: lastOf(values, window, 4 * recent) }))
    .filter(({ value }) => value > 0)
    .sort((a, b) => b.value - a.value || (JSON.stringify(a.labels) < JSON.stringify(b.labels) ? -1 : 1));
}

/** Newest value of a metric that a server has once; NaN without a recent one. */
export function lastSignal(
  target: DatabaseTarget,
  metric: Named,
  { window, recent }: Pick<Subject, 'window' | 'recent'>,
): number {
  const column = sumSignal(target, metric);
  return column ? lastOf(column, window, 4 * recent) : NaN;
}

/** The last points of the window, over which a level is judged. */
export const lastPoints = ({ lo, hi }: CellRange, points: number): CellRange => ({
  lo: Math.max(lo, hi - points),
  hi,
});

/** `db.schema.table`, without the schema that most tables are in. */
export function tableName({ db = '', schema = '', table = '' }: LabelledColumn['labels']): string {
  return [db, schema === 'public' ? '' : schema, table].filter((part) => part !== '').join('.');
}

/** What is too little to count: 0 where it is known, else NaN. */
export const under = (value: number): number => (value === value ? 0 : NaN);
