import { DAY, gridTime, HOUR, milliseconds, type Milliseconds } from '@gumshoe/base/time';
import { formatValue } from '@gumshoe/base/units';
import type { Column } from '@gumshoe/model/world';
import { MIN_REQUESTS, type RequestBudget } from './burn-rate.ts';
import { DEFAULT_PERIOD } from './objectives.ts';

/** What may go wrong in a rolling period, and what is left of it. */
export interface ErrorBudget {
  /** ms */
  readonly period: number;
  /** ms of the period that lie after the first request; traffic before it is taken to be the same, without errors. */
  readonly covered: number;
  /** Bad requests that the period allows. */
  readonly allowed: number;
  /** Bad requests seen in it. */
  readonly spent: number;
  /** 1 = nothing spent, 0 = all of it, negative = overspent; NaN without requests. */
  readonly left: number;
  /** `left` at the end of each cell of the grid. */
  readonly timeline: Column;
  /** Multiple of the rate that uses up the budget exactly, over the last hour; NaN with too few requests. */
  readonly burnRate: number;
  /** When it was used up, or will be if the last hour goes on; undefined: it lasts for another period. */
  readonly exhaustedAt?: Milliseconds;
}

/** The budget at the end of cell `hi - 1` (of the grid without one). `share` is the objective's, 0..1. */
export function errorBudget(
  budget: RequestBudget,
  share: number,
  {
    hi = budget.grid.points,
    period = DEFAULT_PERIOD,
  }: { readonly hi?: number; readonly period?: number } = {},
): ErrorBudget {
  const { grid, firstCell } = budget;
  const cells = Math.max(1, Math.round(period / grid.step));
  const lo = Math.max(firstCell, hi - cells);
  const covered = Math.max(0, hi - lo) * grid.step;
  const requests = covered > 0 ? budget.total(lo, hi) : 0;
  const allowed = requests > 0 ? ((1 - share) * requests * Math.max(period, covered)) / covered : NaN;
  const spent = covered > 0 ? budget.bad(lo, hi) : 0;
  const timeline = timelineOf(budget, allowed, cells, hi);
  const left = 1 - spent / allowed;
  const recent = Math.max(lo, hi - Math.round(HOUR / grid.step));
  const judged = covered > 0 && budget.total(recent, hi) >= MIN_REQUESTS;
  const burnRate = judged ? budget.badShare(recent, hi) / (1 - share) : NaN;
  const badPerMs = judged ? budget.bad(recent, hi) / ((hi - recent) * grid.step) : 0;
  const exhaustedAt = exhaustion(budget, timeline, left * allowed, badPerMs, hi, period);
  return {
    period,
    covered,
    allowed,
    spent,
    left,
    timeline,
    burnRate,
    ...(exhaustedAt === undefined ? {} : { exhaustedAt }),
  };
}

function timelineOf(budget: RequestBudget, allowed: number, cells: number, hi: number): Column {
  const out = new Float64Array(budget.grid.points).fill(NaN);
  for (let i = budget.firstCell; i < hi; i++) out[i] = 1 - budget.bad(i + 1 - cells, i + 1) / allowed;
  return out;
}

/** Since when there is nothing left; else when that will be at so many bad requests per ms. */
function exhaustion(
  { grid }: RequestBudget,
  timeline: Column,
  left: number,
  badPerMs: number,
  hi: number,
  period: number,
): Milliseconds | undefined {
  if (left <= 0) {
    let since = hi - 1;
    while (since > 0 && timeline[since - 1]! <= 0) since--;
    return gridTime(grid, since);
  }
  if (!(badPerMs > 0)) return undefined;
  const wait = left / badPerMs;
  return wait <= period ? milliseconds(Math.round(gridTime(grid, hi - 1) + wait)) : undefined;
}

/** `error budget of 30 d: 98.2 % left (70 min of it seen, …); at 0.4x of the last hour it lasts` */
export function describeBudget({ period, covered, left, exhaustedAt, burnRate }: ErrorBudget): string {
  if (left !== left) return 'without requests there is no error budget';
  const length = (ms: number): string =>
    ms >= 2 * DAY ? `${formatValue(ms / DAY, 'none')} d` : formatValue(ms, 'milliseconds');
  const seen =
    covered < period ? ` (${length(covered)} of it seen, the rest taken to be free of errors)` : '';
  const end =
    exhaustedAt === undefined
      ? undefined
      : new Date(exhaustedAt).toISOString().slice(0, 16).replace('T', ' ');
  const rate =
    burnRate === burnRate
      ? `at ${burnRate.toFixed(1)}x of the last hour`
      : 'with too few requests in the last hour to tell';
  const forecast =
    end === undefined
      ? `${rate} it lasts`
      : left <= 0
        ? `gone since ${end} UTC`
        : `${rate} it is gone at ${end} UTC`;
  return `error budget of ${length(period)}: ${formatValue(left, 'ratio')} left${seen}; ${forecast}`;
}
