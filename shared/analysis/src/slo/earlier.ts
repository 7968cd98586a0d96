import { HOUR, milliseconds, MINUTE, type TimeGrid } from '@gumshoe/base/time';
import type { Application, World } from '@gumshoe/model/world';
import { indicatorsOf } from '../indicators.ts';
import { RequestBudget } from './burn-rate.ts';
import { ALL_BURN_RULES } from './burn-rules.ts';
import { indicatorKey, type CustomIndicators } from './custom-indicators.ts';
import { DEFAULT_PERIOD, latencyLimit, objectivesOf, type ObjectiveSettings } from './objectives.ts';
import { waitingMode } from './waiting-mode.ts';

/** Requests before a world begins, on coarser grids, by `indicatorKey`. */
export type EarlierBudgets = ReadonlyMap<string, RequestBudget>;

/** As far as rules of burn rates look back in steps that they can be told by; all before that is for the budget only. */
const NEAR = Math.max(...ALL_BURN_RULES.map(({ longWindow }) => longWindow));
const NEAR_STEP = 30 * MINUTE;
const FAR_STEP = 6 * HOUR;

/**
 * Cells of the time before a world, the older ones first: from the beginning of the period, or of what there is (`since`,
 * ms), to the beginning of the world, which is at least an hour long. None when the world begins with what there is.
 */
export function earlierGrids(
  { grid, range }: Pick<World, 'grid' | 'range'>,
  since: number,
  { period = DEFAULT_PERIOD }: ObjectiveSettings,
): readonly TimeGrid[] {
  // Rounded, so that the next look asks the same. The last cell reaches a little into the world.
  const end = Math.ceil((grid.from - grid.step) / NEAR_STEP) * NEAR_STEP;
  const turn = Math.floor((range.to - NEAR) / FAR_STEP) * FAR_STEP;
  const from = Math.max(since, range.to - Math.max(period, NEAR));
  if (from >= grid.from - grid.step || end > range.to) return [];
  return [
    ...cellsBetween(Math.floor(from / FAR_STEP) * FAR_STEP, turn, FAR_STEP),
    ...cellsBetween(Math.max(turn, Math.floor(from / NEAR_STEP) * NEAR_STEP), end, NEAR_STEP),
  ];
}

const cellsBetween = (from: number, to: number, step: number): readonly TimeGrid[] =>
  to > from ? [{ from: milliseconds(from + step), step, points: Math.round((to - from) / step) }] : [];

/**
 * What the objectives of a coarse world's applications make of its requests, and of those `before` it. Where requests wait
 * by design in the `newer` world, and too few cells tell so of the coarse one, nothing is said of latency.
 */
export function earlierBudgets(
  world: World,
  newer: World,
  settings: ObjectiveSettings,
  before: EarlierBudgets,
  custom: CustomIndicators = new Map(),
): EarlierBudgets {
  const budgets = new Map(before);
  for (const application of world.applications) {
    const untold = hasWaits(newer, newer.byId.get(application.id)) && !hasWaits(world, application);
    const objectives = objectivesOf(application, settings);
    const { threshold, promised } = latencyLimit(objectives);
    const { rate, failed, timed, slow } = indicatorsOf(world, application, threshold, promised);
    for (const { kind, queries } of objectives) {
      const key = indicatorKey(application.id, kind);
      const own = kind === 'availability' ? { rate, bad: failed } : { rate: timed, bad: slow };
      const judged = queries ? custom.get(key) : kind === 'latency' && untold ? undefined : own;
      if (judged) budgets.set(key, new RequestBudget(world.grid, judged.rate, judged.bad, before.get(key)));
    }
  }
  return budgets;
}

const hasWaits = ({ grid }: World, application: Application | undefined): boolean =>
  application !== undefined &&
  [...application.inbound, ...application.downstreams.flatMap(({ requests }) => requests)].some(
    (one) => waitingMode(grid, one) !== undefined,
  );
