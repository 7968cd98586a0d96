import { formatValue, type Unit } from '@gumshoe/base/units';
import { countOf, meanOf, medianOf, ratioColumn, sumColumns, sumOf } from '@gumshoe/model/columns';
import type { Application, CellRange, Column, World } from '@gumshoe/model/world';
import { GIB, meanUnitPrices, MONTH_HOURS, type PriceSettings } from '../costs/prices.ts';
import type { InspectedApplication } from '../inspect.ts';
import { ERROR_LEVELS } from '../inspections/log-query.ts';
import { memoryLeak } from '../inspections/memory-leak.ts';
import type { RequestBudget } from '../slo/burn-rate.ts';
import { leakDifference, leakOf } from './leak.ts';
import { countDifference, rankDifference, shareDifference } from './significance.ts';

/** unclear: it got worse, and so did something else at the same time that may be why; unknown: too little data. */
export type Outcome = 'better' | 'same' | 'worse' | 'unclear' | 'unknown';

/** One figure before and after. */
export interface Difference {
  readonly metric:
    | 'errors'
    | 'slow'
    | 'cpu-per-request'
    | 'memory'
    | 'memory-per-request'
    | 'memory-leak'
    | 'oom-kills'
    | 'restarts'
    | 'log-errors';
  readonly before: number;
  readonly after: number;
  readonly unit: Unit;
  /** Standard deviations by which it went up; NaN when nothing can be said. */
  readonly significance: number;
  readonly outcome: Outcome;
  /** What else changed at the same time and may be why: what it calls got worse, or more is asked of it. */
  readonly confounders: readonly string[];
  /** What it costs a month, as much as is asked for since. */
  readonly monthly?: { readonly before: number; readonly after: number; readonly currency: string };
  /** One sentence with the figures. */
  readonly message: string;
}

/** A change below this part of the value, or below this many standard deviations, is none. */
const LEAST_CHANGE = 0.05;
const SURE = 3;
/** As for shares of requests: percentage points. */
const LEAST_SHARE = 0.001;
/** Growth of memory that is a leak, percent an hour: the default of the inspection of that name. */
const LEAK = memoryLeak.threshold.default;
const SAID: Readonly<Record<Outcome, string>> = {
  better: 'less',
  worse: 'more',
  same: 'no clear change',
  unclear: 'more',
  unknown: 'too little to tell',
};
/** On either side; with fewer nothing is said per request. */
const LEAST_REQUESTS = 20;

/** Both sides of a deployment: stretches of equal conditions, and all of the time that says how memory grows. */
export interface Stretches {
  readonly before: CellRange;
  readonly after: CellRange;
  readonly growth: { readonly before: CellRange; readonly after: CellRange };
}

/** Every figure of an application that can be told on both sides. */
export function differencesOf(
  world: World,
  one: InspectedApplication,
  stretches: Stretches,
  prices: PriceSettings,
): readonly Difference[] {
  return new Comparison(world, one, stretches, prices).all();
}

class Comparison {
  readonly #world: World;
  readonly #one: InspectedApplication;
  readonly #before: CellRange;
  readonly #after: CellRange;
  readonly #growth: Stretches['growth'];
  readonly #prices: PriceSettings;

  constructor(
    world: World,
    one: InspectedApplication,
    { before, after, growth }: Stretches,
    prices: PriceSettings,
  ) {
    this.#world = world;
    this.#one = one;
    this.#before = before;
    this.#after = after;
    this.#growth = growth;
    this.#prices = prices;
  }

  all(): readonly Difference[] {
    const { application, serviceLevel } = this.#one;
    const { instances, logs } = application;
    const { points } = this.#world.grid;
    const sum = (columns: readonly Column[]): Column => sumColumns(columns, points);
    const cpu = sum(instances.map(({ cpuUsage }) => cpuUsage));
    const memory = sum(instances.map(({ memoryRss }) => memoryRss));
    const { rate } = serviceLevel.indicators;
    const { core, gib } = meanUnitPrices(this.#world, instances, this.#prices);
    const errors = sum(logs.filter(({ level }) => ERROR_LEVELS.has(level)).map(({ rate }) => rate));
    const budget = (kind: 'availability' | 'latency'): RequestBudget | undefined =>
      serviceLevel.slos.find((slo) => slo.kind === kind)?.budget;
    return [
      ...this.#share('errors', 'failed requests', budget('availability')),
      ...this.#share('slow', 'slow requests', budget('latency')),
      ...this.#level('cpu-per-request', 'CPU per request', 'seconds', ratioColumn(cpu, rate)).map((one) =>
        this.#priced(one, meanOf(rate, this.#after), core),
      ),
      ...this.#level('memory-per-request', 'memory per request a second', 'bytes', ratioColumn(memory, rate)),
      ...this.#level('memory', 'memory per instance', 'bytes', meanMemory(instances, points)).map((one) =>
        this.#priced(one, meanOf(running(instances, points), this.#after) / GIB, gib),
      ),
      ...this.#leak(),
      ...this.#count('oom-kills', 'kills for lack of memory', sum(instances.map(({ oomKills }) => oomKills))),
      ...this.#count('restarts', 'restarts', sum(instances.map(({ restarts }) => restarts))),
      ...(logs.length > 0 ? this.#logErrors(errors, rate) : []),
    ];
  }

  #share(
    metric: Difference['metric'],
    what: string,
    budget: RequestBudget | undefined,
  ): readonly Difference[] {
    if (!budget) return [];
    const proportion = ({ lo, hi }: CellRange) => ({
      bad: withoutRounding(budget.bad(lo, hi)),
      total: budget.total(lo, hi),
    });
    const [a, b] = [proportion(this.#before), proportion(this.#after)];
    const [before, after] = [a.bad / a.total, b.bad / b.total];
    const enough = Math.abs(after - before) >= LEAST_SHARE;
    return [this.#difference(metric, what, 'ratio', before, after, shareDifference(a, b), enough)];
  }

  #level(metric: Difference['metric'], what: string, unit: Unit, column: Column): readonly Difference[] {
    if (countOf(column, this.#before) === 0 && countOf(column, this.#after) === 0) return [];
    const [before, after] = [medianOf(column, this.#before), medianOf(column, this.#after)];
    const enough = Math.abs(after - before) >= LEAST_CHANGE * Math.abs(before);
    const significance = rankDifference(column, this.#before, this.#after);
    return [this.#difference(metric, what, unit, before, after, significance, enough)];
  }

  /** Per thousand requests, since who is asked more has more to complain of; per hour where requests are not seen. */
  #logErrors(errors: Column, rate: Column): readonly Difference[] {
    const seconds = this.#world.grid.step / 1000;
    const requests = (cells: CellRange): number => sumOf(rate, cells) * seconds;
    const [x, y] = [requests(this.#before), requests(this.#after)];
    if (!(x >= LEAST_REQUESTS && y >= LEAST_REQUESTS))
      return this.#count('log-errors', 'errors in logs', errors);
    const [a, b] = [sumOf(errors, this.#before) * seconds, sumOf(errors, this.#after) * seconds];
    const [before, after] = [(1000 * (a || 0)) / x, (1000 * (b || 0)) / y];
    const enough = Math.abs(after - before) >= LEAST_CHANGE * before;
    const significance = countDifference(Math.round(a || 0), x, Math.round(b || 0), y);
    const what = 'errors in logs per 1000 requests';
    return [this.#difference('log-errors', what, 'count', before, after, significance, enough)];
  }

  /** Events per hour. */
  #count(metric: Difference['metric'], what: string, rates: Column): readonly Difference[] {
    const seconds = this.#world.grid.step / 1000;
    const [a, b] = [sumOf(rates, this.#before) * seconds, sumOf(rates, this.#after) * seconds];
    const [x, y] = [this.#before.hi - this.#before.lo, this.#after.hi - this.#after.lo];
    const hourly = (count: number, cells: number): number => (count * 3600) / (cells * seconds);
    const [before, after] = [hourly(a, x), hourly(b, y)];
    const enough = Math.abs(after - before) >= LEAST_CHANGE * before;
    const significance = countDifference(Math.round(a), x, Math.round(b), y);
    return [this.#difference(metric, `${what} per hour`, 'count', before, after, significance, enough)];
  }

  /** With what so much of it costs a month, the same of it on both sides. */
  #priced(difference: Difference, amount: number, price: number): Difference {
    if (price === 0 || !(amount > 0)) return difference;
    const { currency } = this.#prices;
    const cost = (value: number): number => value * amount * price * MONTH_HOURS;
    const [before, after] = [cost(difference.before), cost(difference.after)];
    const figures = `${before.toFixed(2)} → ${after.toFixed(2)} ${currency} a month`;
    return {
      ...difference,
      monthly: { before, after, currency },
      message: `${difference.message} (${figures})`,
    };
  }

  #leak(): readonly Difference[] {
    const { instances } = this.#one.application;
    const { grid } = this.#world;
    const [a, b] = [
      leakOf(instances, this.#growth.before, grid),
      leakOf(instances, this.#growth.after, grid),
    ];
    if (!a || !b) return [];
    const enough = Math.abs(b.percent - a.percent) >= LEAK && Math.max(a.percent, b.percent) >= LEAK;
    const significance = leakDifference(a, b);
    const what = 'steady growth of memory an hour';
    return [this.#difference('memory-leak', what, 'percent', a.percent, b.percent, significance, enough)];
  }

  #difference(
    metric: Difference['metric'],
    what: string,
    unit: Unit,
    before: number,
    after: number,
    significance: number,
    enough: boolean,
  ): Difference {
    const sure = enough && Math.abs(significance) >= SURE;
    const changed: Outcome = sure ? (significance > 0 ? 'worse' : 'better') : 'same';
    const outcome = significance === significance ? changed : 'unknown';
    const said = SAID[outcome];
    const figures = `${formatValue(before, unit)} before, ${formatValue(after, unit)} after`;
    const message = `${what}: ${figures}: ${said}`;
    return { metric, before, after, unit, significance, outcome, confounders: [], message };
  }
}

/** Differences of cumulative buckets leave crumbs. */
const withoutRounding = (count: number): number => (count < 1e-6 ? 0 : count);

/** How many held memory at each time. */
const running = (instances: Application['instances'], points: number): Column =>
  Float64Array.from(
    { length: points },
    (_, i) => instances.filter(({ memoryRss }) => memoryRss[i]! > 0).length,
  );

/** Of those that ran at each time. */
function meanMemory(instances: Application['instances'], points: number): Column {
  const count = running(instances, points);
  const total = sumColumns(
    instances.map(({ memoryRss }) => memoryRss),
    points,
  );
  return total.map((sum, i) => sum / count[i]!);
}
