import type { TimeGrid } from '@gumshoe/base/time';
import { formatValue, type Unit } from '@gumshoe/base/units';
import { promqlEvidence } from '../evidence.ts';
import type { Verdict } from '../finding.ts';
import { FACTOR, usualOf } from './baseline.ts';
import type { Subject } from './define.ts';
import type { Measured } from './level.ts';
import { needed, sustained, sustainPoints, sustainRule, type Sustained } from './sustained.ts';

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
  /** All are instances of one thing: what is usual for most of them is for one that has just begun to work. */
  readonly alike?: boolean;
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
  { threshold, unit, says, calm, alike = false, formula, query }: RiseRule<M>,
): Verdict | undefined {
  const rises = usualLevels(measured, window.hi, grid, alike)
    .flatMap(({ of, usual }): Rise<M>[] => {
      const limit = Math.max(threshold, FACTOR * usual);
      const state = sustained(of.values, window, sustainRule(limit, grid));
      return state ? [{ ...of, state, usual, limit }] : [];
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
      `lower quarter of what came before${alike ? ', of it or of most others,' : ''} ${number(worst.usual)}; the limit is the higher of ${number(threshold)} and ${FACTOR} times that: ${number(worst.limit)}`,
      `${worst.state.above} of the last ${worst.state.known} points lie above it: a warning begins at ${needed(sustainPoints(grid))}`,
    ],
    columns: rises.slice(0, 20).map(({ name, values }) => ({ name, values })),
  };
}

/** Each with what is usual for it; left out where nothing is known of its past. */
function usualLevels<M extends Measured>(
  measured: readonly M[],
  hi: number,
  grid: TimeGrid,
  alike: boolean,
): readonly { readonly of: M; readonly usual: number }[] {
  const own = measured
    .map((of) => ({ of, usual: usualOf(of.values, hi, grid) }))
    .filter(({ usual }) => usual === usual);
  const all = Float64Array.from(own, ({ usual }) => usual).sort();
  const common = alike && all.length > 0 ? all[all.length >> 1]! : 0;
  return own.map(({ of, usual }) => ({ of, usual: Math.max(usual, common) }));
}
