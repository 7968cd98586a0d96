import type { Milliseconds } from '@gumshoe/base/time';
import { sumOf } from '@gumshoe/model/columns';
import type { Evidence, Health } from '@gumshoe/model/entities';
import type { Application, Column, World } from '@gumshoe/model/world';
import { promqlEvidence } from '../evidence.ts';
import { indicatorsOf, type Indicators } from '../indicators.ts';
import { findBreaches, findUnusualBreaches, type AlarmedBreach } from './breaches.ts';
import {
  burnRateAt,
  MIN_BAD,
  MIN_REQUESTS,
  RequestBudget,
  shareAtLeast,
  type BurnRate,
} from './burn-rate.ts';
import type { EarlierBudgets } from './earlier.ts';
import { indicatorKey, type CustomIndicator, type CustomIndicators } from './custom-indicators.ts';
import { ALL_BURN_RULES } from './burn-rules.ts';
import { badShareQuery } from './bad-share-query.ts';
import { countBad } from './count-bad.ts';
import {
  DEFAULT_PERIOD,
  latencyLimit,
  objectivesOf,
  type IndicatorQueries,
  type Objective,
  type ObjectiveSettings,
} from './objectives.ts';

/** One objective of one application, judged over the window. */
export interface SloResult {
  readonly kind: 'availability' | 'latency';
  readonly objective: number;
  readonly threshold?: number;
  readonly compliance: number;
  readonly health: Health;
  /** 1 = nothing burnt, below 0 = overspent; NaN without requests. */
  readonly budgetLeft: number;
  readonly burnRates: readonly BurnRate[];
  readonly since?: Milliseconds;
  readonly requests: number;
  readonly failed: number;
  readonly evidence: readonly Evidence[];
  readonly breaches: readonly AlarmedBreach[];
  /** Share of bad requests per cell. */
  readonly badShare: Column;
  /** Requests and bad ones of any stretch. */
  readonly budget: RequestBudget;
  /** Length of the rolling period that the error budget is for, ms. */
  readonly period: number;
  /** Share of requests in the window that may be bad as well, where the histogram ends below the threshold. */
  readonly undecided?: number;
  /** Why queries of the configuration could not be judged. */
  readonly problem?: string;
}

/** A breach that is over colours its application for this long, ms. */
const AFTERMATH = 5 * 60_000;

export interface ServiceLevel {
  readonly indicators: Indicators;
  readonly slos: readonly SloResult[];
}

export function evaluateServiceLevel(
  world: World,
  application: Application,
  settings?: ObjectiveSettings,
  custom?: CustomIndicators,
  earlier?: EarlierBudgets,
): ServiceLevel {
  const objectives = objectivesOf(application, settings);
  const { threshold, promised } = latencyLimit(objectives);
  const indicators = indicatorsOf(world, application, threshold, promised);
  const slos = objectives.map((objective) => {
    const key = indicatorKey(application.id, objective.kind);
    const judged = { ...indicators, custom: custom?.get(key), earlier: earlier?.get(key) };
    return evaluateObjective(world, application, judged, objective, settings?.period);
  });
  return { indicators, slos };
}

/** What an application's users experience, or what queries of the configuration say of one objective. */
type Judged = Indicators & {
  readonly custom: CustomIndicator | undefined;
  readonly earlier: RequestBudget | undefined;
};

function columnsOf(
  { custom, rate, failed, timed, slow }: Judged,
  kind: Objective['kind'],
): Pick<CustomIndicator, 'rate' | 'bad'> {
  return custom ?? (kind === 'availability' ? { rate, bad: failed } : { rate: timed, bad: slow });
}

function evaluateObjective(
  world: World,
  application: Application,
  indicators: Judged,
  objective: Objective,
  period = DEFAULT_PERIOD,
): SloResult {
  const { rate, bad } = columnsOf(indicators, objective.kind);
  const budget = new RequestBudget(world.grid, rate, bad, indicators.earlier);
  const allowed = 1 - objective.share;
  const { lo, hi } = world.window;
  const usualUpTo = (limit: number): number =>
    objective.assumed ? Math.max(allowed, usualShare(budget, limit)) : allowed;
  const usual = usualUpTo(MOST_ALLOWED);
  const sudden = findBreaches(budget, usual);
  const found =
    sudden.length > 0 || usual === allowed
      ? sudden
      : findUnusualBreaches(budget, allowed, usualUpTo(MOST_LASTING[objective.kind]));
  const breaches = found.filter((breach) => breach.cells.hi > lo);
  const burnRates = ALL_BURN_RULES.map((rule) => burnRateAt(budget, rule, allowed, hi));
  const requests = budget.total(lo, hi);
  const failed = budget.bad(lo, hi);
  const share = budget.badShare(lo, hi);
  const open = breaches.find((breach) => breach.recovered === undefined);
  const fresh = breaches.some((breach) => (breach.recovered ?? Infinity) > world.range.to - AFTERMATH);
  const undecided = undecidedShare(world, indicators, objective, requests);
  const leaking = burnRates.some((rate, i) => rate.firing && ALL_BURN_RULES[i]!.severity === 'warning');
  const unsure = undecided !== undefined && share + undecided > allowed;
  const proven = failed >= MIN_BAD && shareAtLeast(failed, requests) > allowed;
  const health = judge({ requests, proven, fresh, open: open?.severity, leaking, unsure });
  const since = (open ?? breaches.at(-1))?.onset;
  return {
    kind: objective.kind,
    objective: objective.share,
    ...(objective.threshold === undefined ? {} : { threshold: objective.threshold }),
    compliance: 1 - share,
    health,
    budgetLeft: requests > 0 ? 1 - share / allowed : NaN,
    burnRates,
    ...(since === undefined ? {} : { since }),
    requests,
    failed,
    evidence: [evidenceFor(world, application, indicators, objective, requests, failed)],
    breaches,
    badShare: budget.shares,
    // Made anew when it is asked for: two columns for each objective of each application would add up.
    get budget() {
      return new RequestBudget(world.grid, rate, bad, indicators.earlier);
    },
    period,
    ...(undecided === undefined ? {} : { undecided }),
    ...(indicators.custom?.problem === undefined ? {} : { problem: indicators.custom.problem }),
  };
}

/** Share of requests in the window above the last bound of the histogram, when the threshold lies there as well. */
function undecidedShare(
  { grid, window }: World,
  indicators: Judged,
  { kind }: Objective,
  requests: number,
): number | undefined {
  const { undecided } = indicators.custom ?? indicators;
  if (kind !== 'latency' || !undecided) return undefined;
  return requests > 0 ? Math.min(1, (sumOf(undecided, window) * grid.step) / 1000 / requests) : 0;
}

/** Stretches with requests, calmest first, of which this part tells what is usual. */
const CALMEST = 0.1;
/** Requests of which a share tells what is usual. */
const ENOUGH = 3 * MIN_REQUESTS;
/** What is three times the usual is unusual. */
const UNUSUAL = 3;
/** An objective that nobody set never allows more than this, */
const MOST_ALLOWED = 0.3;
/** nor than this when it is as it was all the hours that were seen: some programs always take longer than assumed. */
const MOST_LASTING = { availability: MOST_ALLOWED, latency: 0.9 } as const;

/**
 * What an application that misses an assumed objective even in its calmest time is allowed before an incident opens:
 * nobody promised that, and nobody wants to be woken by it. 0 for all others.
 */
function usualShare(budget: RequestBudget, most: number): number {
  if (budget.bad(0, budget.grid.points) === 0) return 0;
  const shares = sharesOf(budget).sort((a, b) => a - b);
  const calm = shares[Math.floor(shares.length * CALMEST)] ?? 0;
  return Math.min(most, UNUSUAL * calm);
}

/** Of stretches that are long enough for a ratio to say something: one cell each where there is traffic. */
function sharesOf(budget: RequestBudget): number[] {
  const shares: number[] = [];
  let lo = 0;
  for (let hi = 1; hi <= budget.grid.points; hi++) {
    if (budget.total(lo, hi) < ENOUGH) continue;
    shares.push(budget.badShare(lo, hi));
    lo = hi;
  }
  return shares;
}

interface Verdict {
  readonly requests: number;
  /** More was bad than is allowed, and there were enough requests to say so. */
  readonly proven: boolean;
  /** Breached a moment ago. */
  readonly fresh: boolean;
  /** Severity of the breach that goes on. */
  readonly open: AlarmedBreach['severity'] | undefined;
  /** A slow burn rule fires. */
  readonly leaking: boolean;
  /** It depends on requests that the histogram cannot judge. */
  readonly unsure: boolean;
}

function judge({ requests, proven, fresh, open, leaking, unsure }: Verdict): Health {
  if (open) return open;
  if (requests === 0) return 'unknown';
  if (fresh || leaking || proven) return 'warning';
  return unsure ? 'unknown' : 'ok';
}

function evidenceFor(
  world: World,
  application: Application,
  indicators: Indicators,
  objective: Objective,
  requests: number,
  bad: number,
): Evidence {
  const summary = countBad(objective, bad, requests);
  const query = objective.queries
    ? customQuery(objective.queries, objective.threshold)
    : badShareQuery(world, application, indicators, objective);
  return promqlEvidence(query, world.range, summary);
}

function customQuery(queries: IndicatorQueries, threshold = 0.5): string {
  if ('histogram' in queries) return `1 - histogram_fraction(0, ${threshold}, ${queries.histogram})`;
  return `(${queries.bad}) / (${queries.total})`;
}
