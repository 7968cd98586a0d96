import { applicationState } from '@gumshoe/analysis/application-state';
import { worstHealth } from '@gumshoe/analysis/finding';
import { clock } from '@gumshoe/analysis/inspections/slo-verdict';
import type { InspectedApplication, InspectedWorld } from '@gumshoe/analysis/inspect';
import { budgetCourse, describeBudget, errorBudget } from '@gumshoe/analysis/slo/error-budget';
import type { SloResult } from '@gumshoe/analysis/slo/evaluate';
import { lastOf } from '@gumshoe/model/columns';
import { countInstances } from '@gumshoe/model/derived/service-map';
import type { World } from '@gumshoe/model/world';
import type { ApplicationRow, BlindSpot, ErrorBudgetState, NodeRow, Overview, SloState } from '../api.ts';
import { cut } from './charts.ts';
import { incidentsOf } from './incidents.ts';

const NODE_CPU_WARNING = 0.8;
const NODE_MEMORY_WARNING = 0.95;
const TIMELINE_POINTS = 60;

export function overviewOf(inspected: InspectedWorld, more: readonly BlindSpot[] = []): Overview {
  const { world } = inspected;
  return {
    range: world.range,
    applications: inspected.applications.map((one) => applicationRow(world, one)),
    incidents: incidentsOf(inspected),
    nodes: world.nodes.map((node) => nodeRow(world, node)),
    blindSpots: [...blindSpotsOf(inspected), ...more],
  };
}

export function applicationRow(world: World, inspected: InspectedApplication): ApplicationRow {
  const { application, serviceLevel, findings, health } = inspected;
  const state = applicationState(world, inspected);
  const fired = findings.filter((finding) => worstHealth([finding.health, 'ok']) !== 'ok');
  return {
    id: application.id,
    name: application.name,
    kind: application.kind,
    ...(application.type === undefined ? {} : { type: application.type }),
    health,
    requestRate: state.requestRate,
    errorRatio: state.errorRatio,
    p99: state.p99,
    slos: serviceLevel.slos.map(sloState),
    instances: countInstances(application),
    findings: fired.length,
    lastSeen: application.lastSeen,
    sparkline: cut(world, serviceLevel.indicators.rate),
  };
}

function budgetState(slo: SloResult): ErrorBudgetState {
  const budget = errorBudget(slo.budget, slo.objective, slo);
  const { period, covered, allowed, spent, left, burnRate, exhaustedAt } = budget;
  return {
    period,
    covered,
    allowed,
    spent,
    left,
    timeline: budgetCourse(budget, slo.budget.grid, TIMELINE_POINTS),
    burnRate,
    ...(exhaustedAt === undefined ? {} : { exhaustedAt }),
    summary: describeBudget(budget),
  };
}

export function sloState(slo: SloResult): SloState {
  return {
    kind: slo.kind,
    objective: slo.objective,
    ...(slo.threshold === undefined ? {} : { threshold: slo.threshold }),
    compliance: slo.compliance,
    health: slo.health,
    budgetLeft: slo.budgetLeft,
    errorBudget: budgetState(slo),
    burnRates: slo.burnRates
      .filter(({ unjudged }) => unjudged === undefined || unjudged === 'traffic')
      .map(({ longWindow, shortWindow, threshold, longRate, shortRate, firing }) => ({
        longWindow,
        shortWindow,
        threshold,
        longRate,
        shortRate,
        firing,
      })),
    ...(slo.since === undefined ? {} : { since: slo.since }),
    requests: slo.requests,
    failed: slo.failed,
    evidence: slo.evidence,
  };
}

function nodeRow(world: World, node: World['nodes'][number]): NodeRow {
  const cpuUsage = lastOf(node.cpuUsage, world.window, 4);
  const memoryUsage =
    1 - lastOf(node.memoryAvailable, world.window, 4) / lastOf(node.memoryTotal, world.window, 4);
  const silent = world.gaps.some((gap) => gap.node === node.id && gap.to === undefined);
  const high = cpuUsage > NODE_CPU_WARNING || memoryUsage > NODE_MEMORY_WARNING;
  return {
    id: node.id,
    hostname: node.hostname,
    health: silent || cpuUsage !== cpuUsage ? 'unknown' : high ? 'warning' : 'ok',
    cpuUsage,
    memoryUsage,
    applications: world.applications.filter((one) => one.instances.some((i) => i.node === node.id)).length,
  };
}

/** What the metrics do not let us see, and what that costs. */
export function blindSpotsOf({ world }: InspectedWorld): readonly BlindSpot[] {
  const spots: BlindSpot[] = world.gaps.map((gap) => ({
    subject: `node ${gap.hostname}`,
    reason: `no metrics from ${clock(gap.from)} UTC ${gap.to === undefined ? 'on' : `to ${clock(gap.to)} UTC`}`,
    cost: 'whether its instances were up, and how busy they were, is unknown for that time',
  }));
  if (world.applications.length === 0) {
    spots.push({
      subject: 'all applications',
      reason: 'no container metrics in the window',
      cost: 'nothing can be judged',
    });
    return spots;
  }
  for (const application of world.applications) {
    const probed = [...application.postgres, ...application.redis].some((t) => t.up.some((v) => v === v));
    const database = application.type === 'postgres' || application.type === 'redis';
    if (!database || probed || application.kind === 'ExternalService') continue;
    spots.push({
      subject: application.name,
      reason: 'no database probe reports on it',
      cost: 'locks, slow commands and connections are judged from its clients only',
    });
  }
  if (world.nodes.every((node) => node.cores === 0)) {
    spots.push({
      subject: 'nodes',
      reason: 'no node metrics',
      cost: 'a busy or full host cannot be told apart from a busy program',
    });
  }
  return spots;
}
