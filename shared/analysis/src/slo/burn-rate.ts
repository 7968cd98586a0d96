import type { TimeGrid } from '@gumshoe/base/time';
import type { Column } from '@gumshoe/model/world';
import type { BurnRateRule } from './burn-rules.ts';

/** Requests in the long window below which a ratio proves nothing. */
export const MIN_REQUESTS = 20;
/** Bad requests below which a ratio proves nothing. */
export const MIN_BAD = 5;
/** The first minute of a system is its cold start: no alarm on that alone, ms. */
const MIN_HISTORY = 60_000;
/** How many times the allowed share makes a single cell count as bad. */
const BAD_CELL_FACTOR = 5;
/** An objective that allows much could never burn so fast: when this share is bad, every rule's rate is reached. */
const NEARLY_ALL = 0.9;
/** A short window never gets shorter than this, ms. */
const MIN_SHORT_WINDOW = 30_000;
/** Short to long window, as in the usual rules. */
const WINDOW_RATIO = 12;

export interface BurnRate {
  /** ms, as used: shorter than the rule's when there is less history. */
  readonly longWindow: number;
  readonly shortWindow: number;
  readonly threshold: number;
  readonly longRate: number;
  readonly shortRate: number;
  readonly firing: boolean;
  /** True when the rule's long window reaches back before the first sample. */
  readonly truncated: boolean;
  /** Requests in the long window, and the bad ones among them. */
  readonly requests: number;
  readonly bad: number;
  /** What keeps the rule from judging at all; resolution: its long window is but a cell or less. */
  readonly unjudged?: 'history' | 'traffic' | 'resolution';
}

/** Running totals of good and bad requests, so that any window costs two subtractions. */
export class RequestBudget {
  readonly grid: TimeGrid;
  readonly #total: Float64Array;
  readonly #bad: Float64Array;
  /** First cell with requests; `points` when there are none. */
  readonly firstCell: number;
  /** Share of bad requests per cell; NaN without requests. */
  readonly shares: Column;

  constructor(grid: TimeGrid, rate: Column, badRate: Column) {
    this.grid = grid;
    const seconds = grid.step / 1000;
    this.#total = new Float64Array(grid.points + 1);
    this.#bad = new Float64Array(grid.points + 1);
    let first = grid.points;
    for (let i = 0; i < grid.points; i++) {
      const total = (rate[i] || 0) * seconds;
      const bad = Math.min(total, (badRate[i] || 0) * seconds);
      if (total > 0 && first === grid.points) first = i;
      this.#total[i + 1] = this.#total[i]! + total;
      this.#bad[i + 1] = this.#bad[i]! + bad;
    }
    this.firstCell = first;
    this.shares = new Float64Array(grid.points);
    for (let i = 0; i < grid.points; i++) this.shares[i] = this.badShare(i, i + 1);
  }

  /** Requests in cells `lo <= i < hi`. */
  total(lo: number, hi: number): number {
    return this.#total[hi]! - this.#total[Math.max(0, lo)]!;
  }

  bad(lo: number, hi: number): number {
    return this.#bad[hi]! - this.#bad[Math.max(0, lo)]!;
  }

  /** How many cells have a higher bad share than this. */
  cellsAbove(share: number, lo: number, hi: number): number {
    let n = 0;
    for (let i = Math.max(0, lo); i < hi; i++) if (this.shares[i]! > share) n++;
    return n;
  }

  /** NaN without requests. */
  badShare(lo: number, hi: number): number {
    const total = this.total(lo, hi);
    return total > 0 ? Math.min(1, Math.max(0, this.bad(lo, hi) / total)) : NaN;
  }
}

/**
 * Share of bad requests from which a single cell counts as bad: half of the way up where little is promised or much is
 * usual, so that there is always a share that is worse.
 */
export const badCellShare = (allowed: number): number =>
  Math.min(BAD_CELL_FACTOR * allowed, (1 + allowed) / 2);

/** Lower end of the 95 % Wilson interval of `bad` out of `total`. */
export function shareAtLeast(bad: number, total: number): number {
  if (total <= 0) return 0;
  const z = 1.96;
  const share = bad / total;
  const centre = share + (z * z) / (2 * total);
  const spread = z * Math.sqrt((share * (1 - share)) / total + (z * z) / (4 * total * total));
  return Math.max(0, (centre - spread) / (1 + (z * z) / total));
}

/**
 * The rule at the end of cell `hi - 1`. With less history than the long window it uses what is there, and
 * shrinks the short window in proportion (not below 30 s), unless the rule asks for more history than that.
 */
export function burnRateAt(budget: RequestBudget, rule: BurnRateRule, allowed: number, hi: number): BurnRate {
  const { step } = budget.grid;
  const available = Math.max(step, (hi - budget.firstCell) * step);
  const longWindow = Math.min(rule.longWindow, available);
  const truncated = longWindow < rule.longWindow;
  const proportional = Math.max(MIN_SHORT_WINDOW, longWindow / WINDOW_RATIO);
  const shortWindow = Math.min(rule.shortWindow, Math.max(proportional, 2 * step), longWindow);
  const longLo = Math.max(0, hi - Math.round(longWindow / step));
  const shortLo = Math.max(0, hi - Math.max(1, Math.round(shortWindow / step)));
  const longRate = budget.badShare(longLo, hi) / allowed;
  const shortRate = budget.badShare(shortLo, hi) / allowed;
  const total = budget.total(longLo, hi);
  const bad = budget.bad(longLo, hi);
  const history = available >= Math.max(MIN_HISTORY, rule.longWindow * (rule.leastHistory ?? 0));
  const traffic = total >= MIN_REQUESTS;
  const proven = history && traffic && bad >= MIN_BAD && shareAtLeast(bad, total) > allowed;
  const needed = rule.sustained === undefined ? 0 : Math.max(2, Math.ceil(rule.sustained / step));
  const sustained = needed === 0 || budget.cellsAbove(badCellShare(allowed), longLo, hi) >= needed;
  const threshold = Math.min(rule.rate, NEARLY_ALL / allowed);
  const firing = proven && sustained && longRate >= threshold && shortRate >= threshold;
  const figures = { longWindow, shortWindow, threshold, longRate, shortRate, firing, truncated };
  const coarse = Math.round(rule.longWindow / step) < Math.max(1, needed);
  const unjudged = coarse ? 'resolution' : !history ? 'history' : !traffic ? 'traffic' : undefined;
  return { ...figures, requests: total, bad, ...(unjudged === undefined ? {} : { unjudged }) };
}
