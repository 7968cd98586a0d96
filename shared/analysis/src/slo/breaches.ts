import { gridTime, milliseconds, type Milliseconds } from '@gumshoe/base/time';
import type { CellRange } from '@gumshoe/model/world';
import { badCellShare, burnRateAt, type BurnRate, type RequestBudget } from './burn-rate.ts';
import { BURN_RATE_RULES } from './burn-rules.ts';

/** A stretch in which an objective was clearly missed. */
export interface Breach {
  /** Cells from onset to recovery. */
  readonly cells: CellRange;
  readonly onset: Milliseconds;
  /** undefined: still going on at the end of the window. */
  readonly recovered?: Milliseconds;
  /** Hardly a request was seen after `recovered`: nobody knows whether it recovered. */
  readonly silent?: true;
  /** Share of requests affected, 0..1. */
  readonly impact: number;
  readonly requests: number;
  readonly bad: number;
}

/** A stretch in which burn rate rules fired. */
export interface AlarmedBreach extends Breach {
  /** The worst of them. */
  readonly severity: Severity;
}

type Severity = BurnRate['severity'];

/** Recovery must last this long, ms, and at least so many cells. */
const HOLD = 30_000;
const HOLD_CELLS = 4;
/** Without any request for this long a breach is over, ms. */
const SILENCE = 5 * 60_000;
/** A breach that comes back this soon is the same one, ms. */
const REOPEN = 60_000;

type CellState = 'bad' | 'good' | 'silent';

/**
 * Breaches in order. A breach opens when a burn rate rule fires, reaches back to where the bad run began,
 * and ends with the last bad cell before requests stay good for a while. A cell is bad above `badCellShare(allowed)`.
 */
export function findBreaches(budget: RequestBudget, allowed: number): readonly AlarmedBreach[] {
  return breachesWhere(budget, badCellShare(allowed), (hi) =>
    worst(BURN_RATE_RULES.map((rule) => burnRateAt(budget, rule, allowed, hi))),
  );
}

/**
 * As `findBreaches`, where a share of `usual` is no news: what is worse than that, and burns too fast over all of a rule's
 * windows. Less history than those proves nothing here.
 */
export function findUnusualBreaches(
  budget: RequestBudget,
  allowed: number,
  usual: number,
): readonly AlarmedBreach[] {
  const lasting = BURN_RATE_RULES.filter((rule) => rule.sustained === undefined);
  return breachesWhere(budget, Math.max(usual, badCellShare(allowed)), (hi) =>
    worst(
      lasting
        .map((rule) => burnRateAt(budget, rule, allowed, hi))
        .filter(
          ({ truncated, longRate, shortRate }) =>
            !truncated && Math.min(longRate, shortRate) * allowed > usual,
        ),
    ),
  );
}

/** Of those that fire; undefined: none does. */
function worst(rates: readonly BurnRate[]): Severity | undefined {
  const fired = rates.filter(({ firing }) => firing);
  return fired.find(({ severity }) => severity === 'critical')?.severity ?? fired[0]?.severity;
}

function breachesWhere(
  budget: RequestBudget,
  badCell: number,
  firesAt: (hi: number) => Severity | undefined,
): readonly AlarmedBreach[] {
  if (budget.bad(0, budget.grid.points) === 0) return [];
  const states = cellStates(budget, badCell);
  const hold = Math.max(HOLD_CELLS, Math.round(HOLD / budget.grid.step));
  const reopen = Math.round(REOPEN / budget.grid.step);
  const breaches: AlarmedBreach[] = [];
  let from = 0;
  for (let i = budget.firstCell; i < states.length; i++) {
    if (states[i] !== 'bad' || !firesAt(i + 1)) continue;
    const lo = runStart(states, i, from, hold);
    const { last, over } = runEnd(states, i, hold, Math.round(SILENCE / budget.grid.step));
    const previous = breaches.at(-1);
    const again = previous !== undefined && lo - previous.cells.hi <= reopen;
    if (again) breaches.pop();
    const cells = { lo: again ? previous.cells.lo : lo, hi: last + 1 };
    const calm = states.slice(last + 1).filter((state) => state === 'good').length;
    const silent = over && calm < hold;
    breaches.push({
      ...describeBreach(budget, cells, over),
      ...(silent ? { silent } : {}),
      severity: severityIn(cells, firesAt),
    });
    from = last + 1;
    i = last;
  }
  return breaches;
}

function cellStates({ shares }: RequestBudget, badCell: number): readonly CellState[] {
  return Array.from(shares, (share) => (share !== share ? 'silent' : share > badCell ? 'bad' : 'good'));
}

/** Back from a bad cell to the first of its run; runs closer than `hold` cells are one. */
function runStart(states: readonly CellState[], at: number, least: number, hold: number): number {
  let start = at;
  let calm = 0;
  for (let i = at - 1; i >= least && calm < hold; i--) {
    if (states[i] === 'bad') {
      start = i;
      calm = 0;
    } else if (states[i] === 'good') calm++;
  }
  return start;
}

function runEnd(
  states: readonly CellState[],
  at: number,
  hold: number,
  silence: number,
): { readonly last: number; readonly over: boolean } {
  let last = at;
  let calm = 0;
  let silent = 0;
  for (let i = at + 1; i < states.length; i++) {
    if (states[i] === 'bad') {
      last = i;
      calm = 0;
      silent = 0;
    } else if (states[i] === 'good') calm++;
    else silent++;
    if (calm >= hold || silent >= silence) return { last, over: true };
  }
  return { last: calm > 0 ? last : states.length - 1, over: false };
}

/** A rule may say more of a breach the longer it lasts. */
function severityIn({ lo, hi }: CellRange, firesAt: (hi: number) => Severity | undefined): Severity {
  for (let i = lo + 1; i <= hi; i++) if (firesAt(i) === 'critical') return 'critical';
  return 'warning';
}

function describeBreach(budget: RequestBudget, cells: CellRange, over: boolean): Breach {
  const requests = budget.total(cells.lo, cells.hi);
  const bad = budget.bad(cells.lo, cells.hi);
  return {
    cells,
    onset: milliseconds(gridTime(budget.grid, cells.lo) - budget.grid.step),
    ...(over ? { recovered: gridTime(budget.grid, cells.hi - 1) } : {}),
    impact: requests > 0 ? Math.min(1, bad / requests) : 0,
    requests,
    bad,
  };
}
