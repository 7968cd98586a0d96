import type { LabelledColumn } from '@gumshoe/model/database-target';
import type { PostgresTarget } from '@gumshoe/model/world';
import { POSTGRES_MAINTENANCE_METRICS as M } from '@gumshoe/schema/metrics/postgres-maintenance';
import {
  nameOfTarget,
  selectTarget,
  signalsOf,
  tableName,
  under,
  type MeasuredTarget,
} from './target-signals.ts';

/** A table with how far it is past what triggers autovacuum or autoanalyze on it. */
export interface MeasuredTable extends MeasuredTarget<PostgresTarget> {
  readonly labels: LabelledColumn['labels'];
  readonly trigger: Trigger;
}

/** `threshold + scale × rows`, the table's own settings first. */
export interface Trigger {
  readonly threshold: number;
  readonly scale: number;
}

type Named = { readonly name: string };

export interface PressureRule {
  /** Rows that wait: dead ones, or modified ones. */
  readonly waiting: Named;
  /** What must be at least `least` for the table to count: dead bytes, or rows. */
  readonly weight: Named;
  readonly least: number;
  readonly trigger: 'vacuum' | 'analyze';
}

/** PostgreSQL's own defaults (documentation, 19.10). */
const DEFAULTS = {
  vacuum: { threshold: 50, scale: 0.2 },
  analyze: { threshold: 50, scale: 0.1 },
} as const;

/** Waiting rows over what would trigger the work, per table; 0 for tables that are too small to count. */
export function tablePressure(
  targets: readonly PostgresTarget[],
  { waiting, weight, least, trigger: kind }: PressureRule,
): readonly MeasuredTable[] {
  return targets.flatMap((target) => {
    const weights = byTable(target, weight);
    const estimates = byTable(target, M.reltuples);
    const live = byTable(target, M.liveTuples);
    const overrides = byTable(target, M.tableSetting);
    const { instance } = target;
    return signalsOf(target, waiting).flatMap(({ labels, values }): MeasuredTable[] => {
      const key = keyOf(labels);
      const rows = (estimates.get(key) ?? live.get(key))?.values;
      const heavy = weights.get(key)?.values;
      if (!rows || !heavy) return [];
      const trigger = triggerOf(target, kind, overrides.get(key)?.labels ?? {});
      const pressure = values.map((count, i) =>
        heavy[i]! >= least
          ? count / (trigger.threshold + trigger.scale * Math.max(0, rows[i]!))
          : under(heavy[i]!),
      );
      const name = `${tableName(labels)} of ${nameOfTarget(target)}`;
      return [
        { target, labels, trigger, name, values: pressure, ...(instance === undefined ? {} : { instance }) },
      ];
    });
  });
}

const keyOf = ({ db = '', schema = '', table = '' }: LabelledColumn['labels']): string =>
  `${db}\u0000${schema}\u0000${table}`;

/** A series of each table; the settings of a table are labels of one. */
export const byTable = (target: PostgresTarget, metric: Named): ReadonlyMap<string, LabelledColumn> =>
  new Map(signalsOf(target, metric).map((one) => [keyOf(one.labels), one]));

/** The series of one table. */
export const ofTable = (
  target: PostgresTarget,
  metric: Named,
  labels: LabelledColumn['labels'],
): LabelledColumn | undefined => byTable(target, metric).get(keyOf(labels));

/** Matchers for the series of one table. */
export const matchTable = ({ db, schema, table }: LabelledColumn['labels']): readonly string[] =>
  Object.entries({ db, schema, table }).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${JSON.stringify(value)}`],
  );

function triggerOf(
  { settings }: PostgresTarget,
  kind: 'vacuum' | 'analyze',
  own: LabelledColumn['labels'],
): Trigger {
  const pick = (name: string, fallback: number): number => {
    const mine = own[name] ? Number(own[name]) : NaN;
    return mine === mine ? mine : (settings.get(name) ?? fallback);
  };
  return {
    threshold: pick(`autovacuum_${kind}_threshold`, DEFAULTS[kind].threshold),
    scale: pick(`autovacuum_${kind}_scale_factor`, DEFAULTS[kind].scale),
  };
}

/** The pressure on one table as PromQL. */
export function pressureQuery(
  { target, labels, trigger }: MeasuredTable,
  { waiting, weight, least }: PressureRule,
): string {
  const select = (metric: Named) => `sum(${selectTarget(target, metric, ...matchTable(labels))})`;
  const rows = ofTable(target, M.reltuples, labels) ? M.reltuples : M.liveTuples;
  return `${select(waiting)} / (${trigger.threshold} + ${trigger.scale} * ${select(rows)}) * (${select(weight)} >= bool ${least})`;
}
