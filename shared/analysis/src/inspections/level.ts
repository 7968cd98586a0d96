import { gridTime } from '@gumshoe/base/time';
import { formatValue, type Unit } from '@gumshoe/base/units';
import type { InstanceId } from '@gumshoe/model/entities';
import type { Column } from '@gumshoe/model/world';
import { promqlEvidence } from '../evidence.ts';
import type { Verdict } from '../finding.ts';
import type { Subject } from './define.ts';
import { clock } from './slo-verdict.ts';
import { needed, sustained, sustainRule, type Sustained, type SustainRule } from './sustained.ts';

/** One thing with a value over time: an instance, a node, a volume, a peer. */
export interface Measured {
  readonly name: string;
  /** In the unit of the threshold. */
  readonly values: Column;
  readonly instance?: InstanceId;
}

export type Level<M extends Measured> = M & { readonly state: Sustained };

export interface LevelRule<M extends Measured> {
  readonly threshold: number;
  readonly unit: Unit;
  /** What the worst one does, without the threshold and the full stop: "api@1 uses 95 % of its CPU limit". */
  readonly says: (worst: Level<M>) => string;
  /** The whole sentence where even the worst is 0. */
  readonly calm?: string;
  /** How a value is written, where its unit alone does not say. */
  readonly write?: (value: number) => string;
  /** How the value comes about: "usage / limit". */
  readonly formula: string;
  readonly query: (worst: Level<M>) => string;
  /** Further lines of arithmetic. */
  readonly explain?: (worst: Level<M>) => readonly string[];
}

/** Lines of a chart; more cannot be told apart. */
const MAX_COLUMNS = 20;

/** Each measured thing with its state, worst first; those with too few points are left out. */
export function levelsOf<M extends Measured>(
  { window, grid }: Pick<Subject, 'window' | 'grid'>,
  measured: readonly M[],
  threshold: number,
): readonly Level<M>[] {
  const rule = sustainRule(threshold, grid);
  return measured
    .flatMap((one) => {
      const state = sustained(one.values, window, rule);
      return state ? [{ ...one, state }] : [];
    })
    .sort(
      (a, b) =>
        Number(b.state.firing) - Number(a.state.firing) ||
        b.state.value - a.state.value ||
        (a.name < b.name ? -1 : 1),
    );
}

/** Judges the last value of each thing against one threshold; undefined when none can be judged. */
export function levelVerdict<M extends Measured>(
  subject: Pick<Subject, 'window' | 'grid' | 'range'>,
  measured: readonly M[],
  rule: LevelRule<M>,
): Verdict | undefined {
  const { threshold, unit, write = (value: number) => formatValue(value, unit) } = rule;
  const levels = levelsOf(subject, measured, threshold);
  const worst = levels[0];
  if (!worst) return undefined;
  const { firing, value } = worst.state;
  const message =
    rule.calm !== undefined && !firing && value === 0
      ? rule.calm
      : `${rule.says(worst)}${thresholdText(threshold, write)}.`;
  return {
    health: worst.state.firing ? 'warning' : 'ok',
    message,
    value: worst.state.value,
    threshold,
    unit,
    instances: levels.flatMap(({ instance, state }) =>
      instance === undefined
        ? []
        : [{ instance, value: state.value, health: state.firing ? ('warning' as const) : ('ok' as const) }],
    ),
    evidence: [promqlEvidence(rule.query(worst), subject.range, message)],
    explanation: [
      `${rule.formula} = ${write(worst.state.value)} for ${worst.name}, median of the last ${worst.state.known} points`,
      ...(rule.explain?.(worst) ?? []),
      ...explainState(worst.state, sustainRule(threshold, subject.grid), write, subject),
    ],
    columns: levels.slice(0, MAX_COLUMNS).map(({ name, values }) => ({ name, values })),
  };
}

/** " (threshold 80 %)"; nothing where whatever is there is too much. */
export const thresholdText = (threshold: number, write: (value: number) => string): string =>
  threshold === 0 ? '' : ` (threshold ${write(threshold)})`;

function explainState(
  state: Sustained,
  { threshold, exit, points }: SustainRule,
  write: (value: number) => string,
  { grid }: Pick<Subject, 'grid'>,
): readonly string[] {
  const since = state.since === undefined ? '' : `, so since ${clock(gridTime(grid, state.since))} UTC`;
  return [
    `${state.above} of the last ${points} points lie above ${write(threshold)}: a warning begins at ${needed(points)} and ends when none lies above ${write(exit)}${since}`,
  ];
}
