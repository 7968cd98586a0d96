import { formatValue, type Unit } from '@gumshoe/base/units';
import { countOf, maxOf, quantileOf } from '@gumshoe/model/columns';
import type { InstanceId } from '@gumshoe/model/entities';
import type { Application, Column } from '@gumshoe/model/world';
import { measured } from '../claim.ts';
import { shiftOf, type Frame } from '../frame.ts';
import { clear, defineCandidate, ramp, suspect, type CandidateDefinition } from './define.ts';

/** One column that is judged by how high it is and how much it rose. */
export interface LevelColumn {
  readonly column: Column;
  /** `api-1`, `node-3`, `8.8.8.8`: what it is of. */
  readonly of: string;
  readonly instance?: InstanceId;
  readonly query: string;
}

/** A cause that shows as a level: pauses, pressure, occupancy, failures per second. */
export interface Level {
  readonly kind: string;
  readonly title: string;
  readonly signal: string;
  readonly unit: Unit;
  readonly columns: (application: Application, frame: Frame) => readonly LevelColumn[];
  /** Harmless up to the first, as bad as can be from the second on. */
  readonly range: readonly [low: number, high: number];
  /** So many times as much as before makes it suspicious from the first on, entirely from the second. */
  readonly growth: readonly [low: number, high: number];
  readonly most: number;
  /** `stops for the garbage collector` */
  readonly says: (name: string, column: LevelColumn) => string;
  /** `time stopped` */
  readonly measure: string;
  readonly remediation: (name: string, column: LevelColumn) => string;
}

/** Least values of a column during the incident for it to count. */
const LEAST_VALUES = 1;
/** Above this rank the rest are outliers. */
const RANK = 0.8;

export const defineLevel = (level: Level): CandidateDefinition =>
  defineCandidate({
    kind: level.kind,
    title: level.title,
    examine: ({ application, frame }) => {
      const columns = level
        .columns(application, frame)
        .filter(({ column }) => countOf(column, frame.incident) >= LEAST_VALUES);
      if (columns.length === 0) return undefined;
      const judged = columns
        .map((one) => judge(level, one, frame))
        .sort((a, b) => b.magnitude - a.magnitude || (a.one.of < b.one.of ? -1 : 1));
      const worst = judged[0]!;
      const { one, before, during, onset, magnitude } = worst;
      const figures = `${formatValue(before, level.unit)} → ${formatValue(during, level.unit)}`;
      if (magnitude === 0) return clear(level.signal, `${level.measure} stayed harmless: ${figures}`);
      const summary = `${level.measure[0]!.toUpperCase()}${level.measure.slice(1)} of ${one.of}: ${figures}.`;
      return suspect({
        title: level.says(application.name, one),
        signal: level.signal,
        ...(one.instance === undefined ? {} : { instance: one.instance }),
        magnitude,
        onset,
        column: one.column,
        evidence: [measured(frame, one.query, summary, { value: during, before, unit: level.unit, onset })],
        remediation: level.remediation(application.name, one),
      });
    },
  });

function judge(level: Level, one: LevelColumn, frame: Frame) {
  const { before, onset } = shiftOf(one.column, frame);
  const during = quantileOf(one.column, frame.incident, RANK);
  const usual = before === before ? before : frame.hasBaseline ? 0 : NaN;
  const grown =
    usual === usual
      ? ramp(during / Math.max(usual, level.range[0] / 10), level.growth[0], level.growth[1])
      : 0.5;
  const everSo = frame.hasBaseline ? maxOf(one.column, frame.baseline) : NaN;
  // what was as high before without harm is no cause
  const usualHigh = everSo >= during ? 0.4 : 1;
  const magnitude = level.most * ramp(during, level.range[0], level.range[1]) * grown * usualHigh;
  return { one, before: usual, during, onset, magnitude };
}
