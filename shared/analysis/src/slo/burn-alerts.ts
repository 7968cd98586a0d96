import { gridTime, type Milliseconds, type TimeGrid } from '@gumshoe/base/time';
import { formatValue } from '@gumshoe/base/units';
import type { ApplicationId } from '@gumshoe/model/entities';
import type { InspectedWorld } from '../inspect.ts';
import {
  advanceAlert,
  INACTIVE,
  type AlertSignal,
  type AlertState,
  type AlertTiming,
} from './alert-state.ts';
import { burnRateAt, type BurnRate, type RequestBudget } from './burn-rate.ts';
import { ALL_BURN_RULES, type BurnRateRule } from './burn-rules.ts';
import { describeBudget, errorBudget } from './error-budget.ts';
import type { SloResult } from './evaluate.ts';

/** One burn rate rule over one objective: where it stands, and how it came there. */
export interface BurnAlert {
  readonly rule: BurnRateRule;
  readonly state: AlertState;
  /** At the end of the window. */
  readonly burnRate: BurnRate;
  /** Changes of the phase, in order. */
  readonly changes: readonly { readonly at: Milliseconds; readonly phase: AlertState['phase'] }[];
}

/** An alert with whom it is about, and one sentence. */
export interface ObjectiveAlert extends BurnAlert {
  readonly application: ApplicationId;
  readonly kind: SloResult['kind'];
  readonly message: string;
}

/** Burn rate alerts of all applications that are pending, firing or resolving at the end of the window. */
export function findBurnAlerts({ world, applications }: InspectedWorld): readonly ObjectiveAlert[] {
  return applications.flatMap(({ application, serviceLevel }) =>
    serviceLevel.slos.flatMap((slo) =>
      burnAlerts(slo, world.window.hi)
        .filter(({ state }) => state.phase !== 'inactive')
        .map((alert) => ({
          ...alert,
          application: application.id,
          kind: slo.kind,
          message: `${application.name} ${slo.kind}: ${describeBurn(alert)}; ${describeBudget(errorBudget(slo.budget, slo.objective, slo))}.`,
        })),
    ),
  );
}

function describeBurn({
  state,
  burnRate: { longRate, shortRate, longWindow, shortWindow, threshold },
}: BurnAlert): string {
  const over = (rate: number, window: number): string =>
    `${rate.toFixed(1)}x over ${formatValue(window, 'milliseconds')}`;
  return `${state.phase}, the budget burns at ${over(longRate, longWindow)} and ${over(shortRate, shortWindow)} (threshold ${threshold}x)`;
}

/** A rate just below the threshold does not end an alert that fires. */
const HOLD_SHARE = 0.9;
/** Pending for this part of the short window, over after all of it. */
const PENDING_SHARE = 0.2;

const timingOf = (rule: BurnRateRule): AlertTiming => ({
  for: rule.shortWindow * PENDING_SHARE,
  keep: rule.shortWindow,
});

/** All rules, slow burns last, replayed over what was seen up to cell `hi`. */
export function burnAlerts(
  { budget, objective }: Pick<SloResult, 'budget' | 'objective'>,
  hi: number = budget.grid.points,
): readonly BurnAlert[] {
  return ALL_BURN_RULES.map((rule) => replay(budget, rule, 1 - objective, hi));
}

function replay(budget: RequestBudget, rule: BurnRateRule, allowed: number, hi: number): BurnAlert {
  const timing = timingOf(rule);
  const changes: BurnAlert['changes'][number][] = [];
  let state = INACTIVE;
  const walk = (on: RequestBudget, from: number, to: number): void => {
    for (let i = from; i <= to; i++) {
      const at = gridTime(on.grid, i - 1);
      const next = advanceAlert(state, signalOf(burnRateAt(on, rule, allowed, i)), at, timing);
      if (next.phase !== state.phase) changes.push({ at, phase: next.phase });
      state = next;
    }
  };
  const { earlier, grid } = budget;
  if (earlier && rule.shortWindow >= earlier.grid.step) {
    // What began before the grid goes on: told by as much of the time before as one alert needs to fire and to end.
    const last = cellsUntil(earlier.grid, grid.from - grid.step);
    const cells = Math.ceil((2 * rule.shortWindow) / earlier.grid.step);
    walk(earlier, Math.max(earlier.firstCell + 1, last - cells), last);
  }
  const quiet = budget.bad(budget.knownFrom, hi) === 0;
  walk(budget, quiet ? hi : Math.max(0, Math.min(budget.firstCell, budget.knownFrom)) + 1, hi);
  return { rule, state, burnRate: burnRateAt(budget, rule, allowed, hi), changes };
}

/** Whole cells that lie before an instant. */
const cellsUntil = ({ from, step, points }: TimeGrid, at: number): number =>
  Math.max(0, Math.min(points, Math.floor((at - from) / step) + 1));

function signalOf({ firing, longRate, shortRate, threshold, unjudged }: BurnRate): AlertSignal {
  if (firing) return 'raise';
  if (unjudged !== undefined || longRate !== longRate || shortRate !== shortRate) return 'unknown';
  return Math.min(longRate, shortRate) >= HOLD_SHARE * threshold ? 'hold' : 'clear';
}
