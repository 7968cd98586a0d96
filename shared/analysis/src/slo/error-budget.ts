import { DAY, gridTime, HOUR, milliseconds, type Milliseconds, type TimeGrid } from '@gumshoe/base/time';
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
  /** The same of the time before the grid, on coarser ones, the oldest first. */
  readonly earlier: readonly { readonly grid: TimeGrid; readonly timeline: Column }[];
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
  const { grid, knownFrom } = budget;
  const cells = Math.max(1, Math.round(period / grid.step));
  const lo = Math.max(knownFrom, hi - cells);
  const covered = Math.max(0, hi - lo) * grid.step;
  const requests = covered > 0 ? budget.total(lo, hi) : 0;
  const allowed = requests > 0 ? ((1 - share) * requests * Math.max(period, covered)) / covered : NaN;
  const spent = covered > 0 ? budget.bad(lo, hi) : 0;
  const timeline = timelineOf(budget, allowed, period, hi);
  const earlier = olderThan(budget).map((older) => ({
    grid: older.grid,
    timeline: timelineOf(older, allowed, period, older.grid.points),
  }));
  const left = 1 - spent / allowed;
  const recent = Math.max(lo, hi - Math.round(HOUR / grid.step));
  const judged = covered > 0 && budget.total(recent, hi) >= MIN_REQUESTS;
  const burnRate = judged ? budget.badShare(recent, hi) / (1 - share) : NaN;
  const badPerMs = judged ? budget.bad(recent, hi) / ((hi - recent) * grid.step) : 0;
  const exhaustedAt =
    left <= 0
      ? overspentAt(budget, timeline, earlier, hi)
      : exhaustion(budget, allowed, badPerMs, { hi, period });
  return {
    period,
    covered,
    allowed,
    spent,
    left,
    timeline,
    earlier,
    burnRate,
    ...(exhaustedAt === undefined ? {} : { exhaustedAt }),
  };
}

const olderThan = ({ earlier }: RequestBudget): readonly RequestBudget[] =>
  earlier ? [...olderThan(earlier), earlier] : [];

function timelineOf(budget: RequestBudget, allowed: number, period: number, hi: number): Column {
  const cells = Math.max(1, Math.round(period / budget.grid.step));
  const out = new Float64Array(budget.grid.points).fill(NaN);
  for (let i = budget.firstCell; i < hi; i++) out[i] = 1 - budget.bad(i + 1 - cells, i + 1) / allowed;
  return out;
}

/** Since when there is nothing left. */
function overspentAt(
  { grid }: RequestBudget,
  timeline: Column,
  earlier: ErrorBudget['earlier'],
  hi: number,
): Milliseconds {
  let found = gridTime(grid, hi - 1);
  for (const part of [...earlier, { grid, timeline: timeline.subarray(0, hi) }].toReversed())
    for (let i = part.timeline.length - 1; i >= 0; i--) {
      if (part.timeline[i]! > 0) return found;
      if (part.timeline[i]! <= 0) found = gridTime(part.grid, i);
    }
  return found;
}

/** The forecast looks this many times into the period ahead. */
const GLANCES = 720;

/**
 * When nothing will be left at so many bad requests per ms. The period rolls: what was spent at its beginning comes back,
 * so that a steady rate below the allowed one lasts for ever.
 */
function exhaustion(
  budget: RequestBudget,
  allowed: number,
  badPerMs: number,
  { hi, period }: { readonly hi: number; readonly period: number },
): Milliseconds | undefined {
  if (!(badPerMs > 0)) return undefined;
  const { step } = budget.grid;
  const spentAfter = (wait: number): number =>
    badPerMs * wait + budget.bad(Math.min(hi, hi - Math.round((period - wait) / step)), hi);
  for (let i = 1; i <= GLANCES; i++) {
    const [before, wait] = [(period * (i - 1)) / GLANCES, (period * i) / GLANCES];
    const [a, b] = [spentAfter(before), spentAfter(wait)];
    if (b < allowed * (1 - 1e-9)) continue;
    const part = b > a ? Math.max(0, (allowed - a) / (b - a)) : 1;
    return milliseconds(Math.round(gridTime(budget.grid, hi - 1) + before + part * (wait - before)));
  }
  return undefined;
}

/** What was left of a budget at some instants: two columns of one length. */
export interface BudgetCourse {
  /** ms since the epoch, ascending */
  readonly at: Float64Array;
  /** As `left` of the budget. */
  readonly left: Float64Array;
}

/** The course of a budget over the time that was seen, at no more than `most` instants; the last is that of now. */
export function budgetCourse(
  { period, earlier, timeline, left }: ErrorBudget,
  grid: TimeGrid,
  most: number,
): BudgetCourse {
  const now = gridTime(grid, grid.points - 1);
  const at: number[] = [];
  const lefts: number[] = [];
  let begin = now as number;
  for (const part of [...earlier, { grid, timeline }])
    for (let i = 0; i < part.timeline.length && at.length < most - 1; i++) {
      const time = gridTime(part.grid, i);
      const value = part.timeline[i]!;
      if (value !== value || time <= now - period || time >= now) continue;
      begin = Math.min(begin, time);
      if (time < begin + (at.length * (now - begin)) / (most - 1)) continue;
      at.push(time);
      lefts.push(value);
    }
  return left === left
    ? { at: Float64Array.of(...at, now), left: Float64Array.of(...lefts, left) }
    : { at: new Float64Array(0), left: new Float64Array(0) };
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
