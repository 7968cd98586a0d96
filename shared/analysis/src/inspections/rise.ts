import { formatValue, type Unit } from '@gumshoe/base/units';
import { promqlEvidence } from '../evidence.ts';
import type { Verdict } from '../finding.ts';
import { FACTOR, usualOf } from './baseline.ts';
import type { Subject } from './define.ts';
import type { Measured } from './level.ts';
import { sustained, sustainRule, type Sustained } from './sustained.ts';

export type Rise<M extends Measured> = M & {
  readonly state: Sustained;
  readonly usual: number;
  /** The threshold, or three times what is usual where that is more. */
  readonly limit: number;
};

export interface RiseRule<M extends Measured> {
  /** Below this a rise is of no interest. */
  readonly threshold: number;
  readonly unit: Unit;
  readonly says: (worst: Rise<M>) => string;
  /** The whole sentence where even the worst is 0. */
  readonly calm: string;
  readonly formula: string;
  readonly query: (worst: Rise<M>) => string;
}

/**
 * Judges things that some programs do all the time: a value counts only above the threshold and above three times
 * what it usually is. undefined without a past to compare with.
 */
export function riseVerdict<M extends Measured>(
  { window, grid, range }: Pick<Subject, 'window' | 'grid' | 'range'>,
  measured: readonly M[],
  { threshold, unit, says, calm, formula, query }: RiseRule<M>,
): Verdict | undefined {
  const rises = measured
    .flatMap((one): Rise<M>[] => {
      const usual = usualOf(one.values, window.hi, grid);
      if (usual !== usual) return [];
      const limit = Math.max(threshold, FACTOR * usual);
      const state = sustained(one.values, window, sustainRule(limit, grid));
      return state ? [{ ...one, state, usual, limit }] : [];
    })
    .sort(
      (a, b) =>
        Number(b.state.firing) - Number(a.state.firing) ||
        b.state.value - a.state.value ||
        (a.name < b.name ? -1 : 1),
    );
  const worst = rises[0];
  if (!worst) return undefined;
  const number = (value: number) => formatValue(value, unit);
  const message =
    !worst.state.firing && worst.state.value === 0
      ? calm
      : `${says(worst)}, usually ${number(worst.usual)} (threshold ${number(worst.limit)}).`;
  return {
    health: worst.state.firing ? 'warning' : 'ok',
    message,
    value: worst.state.value,
    threshold: worst.limit,
    unit,
    instances: rises.flatMap(({ instance, state }) =>
      instance === undefined
        ? []
        : [{ instance, value: state.value, health: state.firing ? ('warning' as const) : ('ok' as const) }],
    ),
    evidence: [promqlEvidence(query(worst), range, message)],
    explanation: [
      `${formula} = ${number(worst.state.value)} for ${worst.name}, median of the last ${worst.state.known} points`,
      `lower quarter of what came before ${number(worst.usual)}; the limit is the higher of ${number(threshold)} and ${FACTOR} times that: ${number(worst.limit)}`,
      `${worst.state.above} of the last ${worst.state.known} points lie above it`,
    ],
    columns: rises.slice(0, 20).map(({ name, values }) => ({ name, values })),
  };
}
