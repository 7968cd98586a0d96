import type { Milliseconds } from '@gumshoe/base/time';
import { formatValue } from '@gumshoe/base/units';
import type { Evidence, Health } from '@gumshoe/model/entities';
import type { Application, Column, World } from '@gumshoe/model/world';
import { requestMetrics } from '@gumshoe/schema/metrics/requests';
import { promqlEvidence, rateWindow, selectApplication, selectDependency } from '../evidence.ts';
import { indicatorsOf, type Indicators } from '../indicators.ts';
import { findBreaches, type Breach } from './breaches.ts';
import { burnRateAt, RequestBudget, type BurnRate } from './burn-rate.ts';
import { BURN_RATE_RULES, objectivesOf, type Objective } from './objectives.ts';

/** One objective of one application, judged over the window. */
export interface SloResult {
  readonly kind: 'availability' | 'latency';
  readonly objective: number;
  readonly threshold?: number;
  readonly compliance: number;
  readonly health: Health;
  readonly budgetLeft: number;
  readonly burnRates: readonly BurnRate[];
  readonly since?: Milliseconds;
  readonly requests: number;
  readonly failed: number;
  readonly evidence: readonly Evidence[];
  readonly breaches: readonly Breach[];
  /** Share of bad requests per cell. */
  readonly badShare: Column;
}

/** A breach that is over colours its application for this long, ms. */
const AFTERMATH = 5 * 60_000;

export interface ServiceLevel {
  readonly indicators: Indicators;
  readonly slos: readonly SloResult[];
}

export function evaluateServiceLevel(world: World, application: Application): ServiceLevel {
  const objectives = objectivesOf(application);
  const threshold = objectives.find((objective) => objective.kind === 'latency')?.threshold ?? 0.5;
  const indicators = indicatorsOf(world, application, threshold);
  const slos = objectives.map((objective) => evaluateObjective(world, application, indicators, objective));
  return { indicators, slos };
}

function evaluateObjective(
  world: World,
  application: Application,
  indicators: Indicators,
  objective: Objective,
): SloResult {
  const bad = objective.kind === 'availability' ? indicators.failed : indicators.slow;
  const budget = new RequestBudget(world.grid, indicators.rate, bad);
  const allowed = 1 - objective.share;
  const { lo, hi } = world.window;
  const breaches = findBreaches(
    budget,
    objective.assumed ? Math.max(allowed, usualShare(budget)) : allowed,
  ).filter((breach) => breach.cells.hi > lo);
  const burnRates = BURN_RATE_RULES.map((rule) => burnRateAt(budget, rule, allowed, hi));
  const requests = budget.total(lo, hi);
  const failed = budget.bad(lo, hi);
  const share = budget.badShare(lo, hi);
  const open = breaches.find((breach) => breach.recovered === undefined);
  const fresh = breaches.some((breach) => (breach.recovered ?? Infinity) > world.range.to - AFTERMATH);
  const health = judge(requests, share, allowed, fresh, open !== undefined);
  const since = (open ?? breaches.at(-1))?.onset;
  return {
    kind: objective.kind,
    objective: objective.share,
    ...(objective.threshold === undefined ? {} : { threshold: objective.threshold }),
    compliance: 1 - share,
    health,
    budgetLeft: requests > 0 ? 1 - share / allowed : 1,
    burnRates,
    ...(since === undefined ? {} : { since }),
    requests,
    failed,
    evidence: [evidenceFor(world, application, indicators, objective, requests, failed)],
    breaches,
    badShare: indicators.rate.map((_, i) => budget.badShare(i, i + 1)),
  };
}

/** Cells with requests, calmest first, of which this part tells what is usual. */
const CALMEST = 0.1;
/** What is three times the usual is unusual. */
const UNUSUAL = 3;
/** An objective that nobody set never allows more than this. */
const MOST_ALLOWED = 0.3;

/**
 * What an application that misses an assumed objective even in its calmest time is allowed before an incident opens:
 * nobody promised that, and nobody wants to be woken by it. 0 for all others.
 */
function usualShare(budget: RequestBudget): number {
  const shares: number[] = [];
  for (let i = 0; i < budget.grid.points; i++) {
    const share = budget.badShare(i, i + 1);
    if (share === share) shares.push(share);
  }
  shares.sort((a, b) => a - b);
  const calm = shares[Math.floor(shares.length * CALMEST)] ?? 0;
  return Math.min(MOST_ALLOWED, UNUSUAL * calm);
}

function judge(requests: number, share: number, allowed: number, breached: boolean, open: boolean): Health {
  if (open) return 'critical';
  if (requests === 0) return 'unknown';
  return breached || (requests >= 100 && share > allowed) ? 'warning' : 'ok';
}

function evidenceFor(
  world: World,
  application: Application,
  indicators: Indicators,
  objective: Objective,
  requests: number,
  bad: number,
): Evidence {
  const what =
    objective.kind === 'availability'
      ? 'failed'
      : `took longer than ${formatValue(objective.threshold ?? 0, 'seconds')} or hung`;
  const summary = `${formatValue(Math.round(bad), 'count')} of ${formatValue(Math.round(requests), 'count')} requests ${what}`;
  return promqlEvidence(badShareQuery(world, application, indicators, objective), world.range, summary);
}

/** The share of bad requests as PromQL over the metrics the indicator was made from. */
function badShareQuery(
  world: World,
  application: Application,
  indicators: Indicators,
  objective: Objective,
): string {
  const inbound = indicators.source === 'inbound';
  const client = application.downstreams.find((dependency) => dependency.requests.length > 0);
  const protocol = (inbound ? application.inbound : (client?.requests ?? []))[0]?.protocol ?? 'http';
  const metrics = requestMetrics(protocol);
  const window = rateWindow(world);
  const select = (metric: string, ...more: string[]): string =>
    inbound || !client
      ? selectApplication(application, metric, ...more)
      : selectDependency(client, metric, ...more);
  if (objective.kind === 'availability') {
    const name = inbound ? metrics.inbound.name : metrics.count.name;
    return `sum(rate(${select(name, 'status=~"5..|failed"')}${window})) / sum(rate(${select(name)}${window}))`;
  }
  const name = `${inbound ? metrics.inboundDuration.name : metrics.duration.name}_bucket`;
  const fast = select(name, `le="${objective.threshold ?? 0.5}"`);
  const all = select(name, 'le="+Inf"');
  return `1 - sum(rate(${fast}${window})) / sum(rate(${all}${window}))`;
}
