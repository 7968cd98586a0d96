import { gridTime, type TimeGrid } from '@gumshoe/base/time';
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
  /** What it is when it fires. */
  readonly severity: BurnRateRule['severity'];
  /** True when the rule's long window reaches back before the first sample. */
  readonly truncated: boolean;
  /** Requests in the long window, and the bad ones among them. */
  readonly requests: number;
  readonly bad: number;
  /** What keeps the rule from judging at all; resolution: its long window is but a cell or less. */
  readonly unjudged?: 'history' | 'traffic' | 'resolution';
}

/**
 * Running totals of good and bad requests, so that any window costs two subtractions. What was counted on a coarser grid
 * before this one (`earlier`) lies at cells below zero.
 */
export class RequestBudget {
  readonly grid: TimeGrid;
  readonly earlier: RequestBudget | undefined;
  readonly #total: Float64Array;
  readonly #bad: Float64Array;
  /** First cell with requests; `points` when there are none. */
  readonly firstCell: number;
  /** Share of bad requests per cell; NaN without requests. */
  readonly shares: Column;

  constructor(grid: TimeGrid, rate: Column, badRate: Column, earlier?: RequestBudget) {
    this.grid = grid;
    this.earlier = earlier;
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
    for (let i = 0; i < grid.points; i++)
      this.shares[i] = shareOf(this.#bad[i + 1]! - this.#bad[i]!, this.#total[i + 1]! - this.#total[i]!);
  }

  /** Where what is known of requests begins: below zero when it lies before the grid. `points` when there are none. */
  get knownFrom(): number {
    const { earlier, grid } = this;
    if (!earlier || earlier.knownFrom === earlier.grid.points) return this.firstCell;
    const begin = gridTime(earlier.grid, earlier.knownFrom) - earlier.grid.step;
    return Math.min(this.firstCell, Math.ceil((begin - this.#begin) / grid.step));
  }

  /** Requests in cells `lo <= i < hi`. */
  total(lo: number, hi: number): number {
    return this.#total[Math.max(0, hi)]! - this.#total[Math.max(0, lo)]! + this.#before(lo, hi, 'total');
  }

  bad(lo: number, hi: number): number {
    return this.#bad[Math.max(0, hi)]! - this.#bad[Math.max(0, lo)]! + this.#before(lo, hi, 'bad');
  }

  /** A cell holds what happened in the step before its instant. */
  get #begin(): number {
    return this.grid.from - this.grid.step;
  }

  #before(lo: number, hi: number, part: 'total' | 'bad'): number {
    if (lo >= 0 || !this.earlier) return 0;
    const { step } = this.grid;
    return this.earlier.between(this.#begin + lo * step, this.#begin + Math.min(0, hi) * step, part);
  }

  /** Requests between two instants; of a cell that one of them cuts, the part of its time. */
  between(from: number, to: number, part: 'total' | 'bad'): number {
    const sums = part === 'total' ? this.#total : this.#bad;
    const older = this.earlier?.between(Math.min(from, this.#begin), Math.min(to, this.#begin), part) ?? 0;
    const until = (at: number): number => {
      const cells = Math.min(this.grid.points, Math.max(0, (at - this.#begin) / this.grid.step));
      const whole = Math.floor(cells);
      const rest = cells - whole;
      return sums[whole]! + (rest > 0 ? rest * (sums[whole + 1]! - sums[whole]!) : 0);
    };
    return until(to) - until(from) + older;
  }

  /** How many cells have a higher bad share than this. */
  cellsAbove(share: number, lo: number, hi: number): number {
    let n = 0;
    for (let i = Math.max(0, lo); i < hi; i++) if (this.shares[i]! > share) n++;
    return n;
  }

  /** NaN without requests. */
  badShare(lo: number, hi: number): number {
    return shareOf(this.bad(lo, hi), this.total(lo, hi));
  }
}

const shareOf = (bad: number, total: number): number =>
  total > 0 ? Math.min(1, Math.max(0, bad / total)) : NaN;

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
  const available = Math.max(step, (hi - budget.knownFrom) * step);
  const longWindow = Math.min(rule.longWindow, available);
  const truncated = longWindow < rule.longWindow;
  const proportional = Math.max(MIN_SHORT_WINDOW, longWindow / WINDOW_RATIO);
  const shortWindow = Math.min(rule.shortWindow, Math.max(proportional, 2 * step), longWindow);
  const longLo = hi - Math.round(longWindow / step);
  const shortLo = hi - Math.max(1, Math.round(shortWindow / step));
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
  const critical = Math.min(rule.criticalRate ?? 0, NEARLY_ALL / allowed);
  const severity = longRate >= critical && shortRate >= critical ? rule.severity : 'warning';
  const figures = { longWindow, shortWindow, threshold, longRate, shortRate, firing, severity, truncated };
  const coarse = Math.round(rule.longWindow / step) < Math.max(1, needed);
  const unjudged = coarse ? 'resolution' : !history ? 'history' : !traffic ? 'traffic' : undefined;
  return { ...figures, requests: total, bad, ...(unjudged === undefined ? {} : { unjudged }) };
}
