import { gridTime, MINUTE, type TimeRange } from '@gumshoe/base/time';
import { formatValue, type Unit } from '@gumshoe/base/units';
import { countOf, meanOf, medianOf, ratioColumn, sumColumns, sumOf } from '@gumshoe/model/columns';
import type { Application, CellRange, Column, LogPatternColumns, World } from '@gumshoe/model/world';
import type { InspectedApplication, InspectedWorld } from '../inspect.ts';
import { ERROR_LEVELS } from '../inspections/log-query.ts';
import type { RequestBudget } from '../slo/burn-rate.ts';
import { findConfounders, findQuieter } from './confounders.ts';
import type { Deployment } from './find-deployments.ts';
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
  /** One sentence with the figures. */
  readonly message: string;
}

export interface DeploymentComparison {
  /** undefined when there is too little of it. */
  readonly before?: TimeRange;
  readonly after?: TimeRange;
  readonly differences: readonly Difference[];
  /** Error patterns that were never logged before and were after, most frequent first. */
  readonly newErrors: readonly {
    readonly pattern: string;
    readonly sample: string;
    readonly count: number;
  }[];
  readonly outcome: Outcome;
}

/** Compared stretches: not longer than this, and after what starting costs, ms. */
const LONGEST = 20 * MINUTE;
const SETTLING = 2 * MINUTE;
const LEAST_CELLS = 8;
/** A change below this part of the value, or below this many standard deviations, is none. */
const LEAST_CHANGE = 0.05;
const SURE = 3;
/** As for shares of requests: percentage points. */
const LEAST_SHARE = 0.001;
const SAID: Readonly<Record<Outcome, string>> = {
  better: 'less',
  worse: 'more',
  same: 'no clear change',
  unclear: 'more',
  unknown: 'too little to tell',
};
const MIN_MESSAGES = 10;
/** On either side; with fewer nothing is said per request. */
const LEAST_REQUESTS = 20;
const MAX_PATTERNS = 5;

/** What a deployment changed: service levels, resources, crashes and logs before it and once it had settled. */
export function compareDeployment(inspected: InspectedWorld, deployment: Deployment): DeploymentComparison {
  const one = inspected.byId.get(deployment.application);
  const windows = windowsOf(inspected.world, deployment);
  if (!one || !windows) return { differences: [], newErrors: [], outcome: 'unknown' };
  const { before, after } = windows;
  const confounders = findConfounders(inspected.world, one, before, after);
  const quieter = findQuieter(one.serviceLevel.indicators.rate, before, after);
  const differences = new Comparison(inspected.world, one, before, after)
    .all()
    .map((difference) => confound(difference, PER_REQUEST.has(difference.metric) ? quieter : confounders));
  const newErrors = newErrorsOf(inspected.world, one.application, deployment, after);
  const range = (cells: CellRange): TimeRange => ({
    from: gridTime(inspected.world.grid, cells.lo),
    to: gridTime(inspected.world.grid, cells.hi - 1),
  });
  return {
    before: range(before),
    after: range(after),
    differences,
    newErrors,
    outcome: overall(differences, newErrors.length > 0 && confounders.length === 0),
  };
}

function overall(differences: readonly Difference[], newErrors: boolean): Outcome {
  const outcomes = new Set(differences.map(({ outcome }) => outcome));
  if (newErrors || outcomes.has('worse')) return 'worse';
  if (outcomes.has('unclear')) return 'unclear';
  if (outcomes.has('better')) return 'better';
  return outcomes.has('same') ? 'same' : 'unknown';
}

/** Its own doing, however much is asked of it and whoever is slow. */
const OWN: ReadonlySet<Difference['metric']> = new Set(['oom-kills', 'restarts']);
const PER_REQUEST: ReadonlySet<Difference['metric']> = new Set(['cpu-per-request', 'memory-per-request']);

function confound(difference: Difference, confounders: readonly string[]): Difference {
  if (difference.outcome !== 'worse' || OWN.has(difference.metric) || confounders.length === 0)
    return difference;
  const why = confounders.join('; ');
  return { ...difference, outcome: 'unclear', confounders, message: `${difference.message}, but ${why}` };
}

function windowsOf(
  { grid, window, observed }: World,
  { startedAt, finishedAt, supersededAt }: Deployment,
): { readonly before: CellRange; readonly after: CellRange } | undefined {
  const cell = (at: number): number =>
    Math.max(0, Math.min(grid.points, Math.ceil((at - grid.from) / grid.step)));
  const longest = Math.round(LONGEST / grid.step);
  const start = cell(startedAt) - 1;
  const settled = cell((finishedAt ?? startedAt) + SETTLING);
  const end = Math.min(window.hi, supersededAt === undefined ? window.hi : cell(supersededAt) - 1);
  const before = { lo: Math.max(cell(observed?.from ?? grid.from), start - longest), hi: start };
  const after = { lo: settled, hi: Math.min(end, settled + longest) };
  return before.hi - before.lo >= LEAST_CELLS && after.hi - after.lo >= LEAST_CELLS
    ? { before, after }
    : undefined;
}

class Comparison {
  readonly #world: World;
  readonly #one: InspectedApplication;
  readonly #before: CellRange;
  readonly #after: CellRange;

  constructor(world: World, one: InspectedApplication, before: CellRange, after: CellRange) {
    this.#world = world;
    this.#one = one;
    this.#before = before;
    this.#after = after;
  }

  all(): readonly Difference[] {
    const { application, serviceLevel } = this.#one;
    const { instances, logs } = application;
    const { points } = this.#world.grid;
    const sum = (columns: readonly Column[]): Column => sumColumns(columns, points);
    const cpu = sum(instances.map(({ cpuUsage }) => cpuUsage));
    const memory = sum(instances.map(({ memoryRss }) => memoryRss));
    const { rate } = serviceLevel.indicators;
    const errors = sum(logs.filter(({ level }) => ERROR_LEVELS.has(level)).map(({ rate }) => rate));
    const budget = (kind: 'availability' | 'latency'): RequestBudget | undefined =>
      serviceLevel.slos.find((slo) => slo.kind === kind)?.budget;
    return [
      ...this.#share('errors', 'failed requests', budget('availability')),
      ...this.#share('slow', 'slow requests', budget('latency')),
      ...this.#level('cpu-per-request', 'CPU per request', 'seconds', ratioColumn(cpu, rate)),
      ...this.#level('memory-per-request', 'memory per request a second', 'bytes', ratioColumn(memory, rate)),
      ...this.#level('memory', 'memory per instance', 'bytes', meanMemory(instances, points)),
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

/** Of those that ran at each time. */
function meanMemory(instances: Application['instances'], points: number): Column {
  const total = sumColumns(
    instances.map(({ memoryRss }) => memoryRss),
    points,
  );
  return total.map((sum, i) => sum / instances.filter(({ memoryRss }) => memoryRss[i]! > 0).length);
}

function newErrorsOf(
  { grid, window }: World,
  { logs }: Application,
  { startedAt, supersededAt }: Deployment,
  { lo }: CellRange,
): DeploymentComparison['newErrors'] {
  const start = Math.max(0, Math.floor((startedAt - grid.from) / grid.step));
  const end = supersededAt === undefined ? window.hi : Math.ceil((supersededAt - grid.from) / grid.step);
  const seconds = grid.step / 1000;
  const count = (pattern: LogPatternColumns, cells: CellRange): number =>
    sumOf(pattern.rate, cells) * seconds;
  return logs
    .filter(({ level }) => ERROR_LEVELS.has(level))
    .filter((pattern) => count(pattern, { lo: 0, hi: start }) < 0.5)
    .filter((pattern) => meanOf(pattern.rate, { lo, hi: end }) > 0)
    .map((one) => ({
      pattern: one.pattern,
      sample: one.sample,
      count: Math.round(count(one, { lo: start, hi: end })),
    }))
    .filter((one) => one.count >= MIN_MESSAGES)
    .sort((a, b) => b.count - a.count || (a.pattern < b.pattern ? -1 : 1))
    .slice(0, MAX_PATTERNS);
}
