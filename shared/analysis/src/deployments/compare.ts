import { gridTime, MINUTE, type TimeRange } from '@gumshoe/base/time';
import { meanOf, sumOf } from '@gumshoe/model/columns';
import type { Application, CellRange, LogPatternColumns, World } from '@gumshoe/model/world';
import { LIST_PRICES, type PriceSettings } from '../costs/prices.ts';
import type { InspectedWorld } from '../inspect.ts';
import { ERROR_LEVELS } from '../inspections/log-query.ts';
import { findConfounders, findQuieter } from './confounders.ts';
import { differencesOf, type Difference, type Outcome, type Stretches } from './differences.ts';
import type { Deployment } from './find-deployments.ts';

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
/** Caches fill at first: memory that grows is a leak only after this, ms. */
const WARMING = 10 * MINUTE;
const MIN_MESSAGES = 10;
const MAX_PATTERNS = 5;

/** What a deployment changed: service levels, resources, crashes and logs before it and once it had settled. */
export function compareDeployment(
  inspected: InspectedWorld,
  deployment: Deployment,
  prices: PriceSettings = LIST_PRICES,
): DeploymentComparison {
  const one = inspected.byId.get(deployment.application);
  const windows = windowsOf(inspected.world, deployment);
  if (!one || !windows) return { differences: [], newErrors: [], outcome: 'unknown' };
  const { before, after } = windows;
  const confounders = findConfounders(inspected.world, one, before, after);
  const quieter = findQuieter(one.serviceLevel.indicators.rate, before, after);
  const differences = differencesOf(inspected.world, one, windows, prices).map((difference) =>
    confound(difference, PER_REQUEST.has(difference.metric) ? quieter : confounders),
  );
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
const OWN: ReadonlySet<Difference['metric']> = new Set(['oom-kills', 'restarts', 'memory-leak']);
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
): Stretches | undefined {
  const cell = (at: number): number =>
    Math.max(0, Math.min(grid.points, Math.ceil((at - grid.from) / grid.step)));
  const longest = Math.round(LONGEST / grid.step);
  const start = cell(startedAt) - 1;
  const settled = cell((finishedAt ?? startedAt) + SETTLING);
  const end = Math.min(window.hi, supersededAt === undefined ? window.hi : cell(supersededAt) - 1);
  const first = cell(observed?.from ?? grid.from);
  const before = { lo: Math.max(first, start - longest), hi: start };
  const after = { lo: settled, hi: Math.min(end, settled + longest) };
  if (before.hi - before.lo < LEAST_CELLS || after.hi - after.lo < LEAST_CELLS) return undefined;
  const warm = Math.min(end, cell((finishedAt ?? startedAt) + WARMING));
  return { before, after, growth: { before: { lo: first, hi: start }, after: { lo: warm, hi: end } } };
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
