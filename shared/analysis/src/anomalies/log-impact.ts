import { gridTime, milliseconds } from '@gumshoe/base/time';
import { formatValue } from '@gumshoe/base/units';
import { meanOf, sumColumns, sumOf } from '@gumshoe/model/columns';
import type { ApplicationId, Evidence } from '@gumshoe/model/entities';
import type { Application, World } from '@gumshoe/model/world';
import { CONTAINER_METRICS } from '@gumshoe/schema/metrics/container';
import { TRACE_METRICS } from '@gumshoe/schema/metrics/trace';
import { promqlEvidence, rateWindow, selectApplication } from '../evidence.ts';
import { incidentId, type OpenedIncident } from '../incidents.ts';
import type { InspectedWorld } from '../inspect.ts';
import { ERROR_LEVELS } from '../inspections/log-errors.ts';
import { clock } from '../inspections/slo-verdict.ts';
import { findChange } from './change.ts';
import type { UnusualImpact } from './impact.ts';

/** Standard deviations by which errors must be more than usual, if they come at random. */
const SURE = 8;
/** Times as many as usual, at least, and so many per second. */
const LEAST_GROWTH = 3;
const LEAST_RATE = 0.1;
/** Errors per second that need no second witness. */
const FLOOD = 1;
/** ms */
const LEAST_LENGTH = 120_000;

/**
 * Applications that log far more errors than usual. Only asked where nobody counts any request: then logs are all that
 * tells of an impact.
 */
export function logImpact(inspected: InspectedWorld, application?: ApplicationId): UnusualImpact {
  const counted = inspected.applications.some((one) => one.serviceLevel.indicators.source !== 'none');
  const found = counted
    ? []
    : inspected.world.applications
        .filter((one) => application === undefined || one.id === application)
        .flatMap((one) => impactOf(inspected.world, one))
        .sort(
          (a, b) => b.incident.breach.bad - a.incident.breach.bad || (a.incident.id < b.incident.id ? -1 : 1),
        );
  // one program that grumbles is no incident: others must suffer too, or it must be a flood
  const isFelt = application !== undefined || found.length > 1 || (found[0]?.during ?? 0) >= FLOOD;
  if (!isFelt) return { incidents: [], columns: new Map(), evidence: new Map() };
  return {
    incidents: found.map(({ incident }) => incident),
    columns: new Map(found.map(({ incident, column }) => [incident.id, column])),
    evidence: new Map(found.map(({ incident, evidence }) => [incident.id, [evidence]])),
  };
}

function impactOf(world: World, application: Application) {
  const { grid } = world;
  const patterns = application.logs.filter(({ level }) => ERROR_LEVELS.has(level));
  if (patterns.length === 0) return [];
  const rates = patterns.map(({ rate }) => rate.map((value) => (value === value ? value : 0)));
  const column = sumColumns(rates, grid.points);
  const change = findChange(column, { lo: 0, hi: grid.points }, true);
  if (!change || change.cells.hi <= world.window.lo) return [];
  const { cells } = change;
  const during = meanOf(column, cells);
  const seconds = grid.step / 1000;
  const bad = sumOf(column, cells) * seconds;
  const expected = change.before * (cells.hi - cells.lo) * seconds;
  const isSure =
    (bad - expected) / Math.sqrt(expected + 1) >= SURE &&
    during >= LEAST_GROWTH * change.before &&
    during >= LEAST_RATE &&
    (cells.hi - cells.lo) * grid.step >= LEAST_LENGTH;
  if (!isSure) return [];
  const onset = milliseconds(gridTime(grid, cells.lo) - grid.step);
  const until = gridTime(grid, cells.hi - 1);
  const over = cells.hi < grid.points - 2;
  const summary = `${application.name} logs ${formatValue(during, 'per-second')} errors ${over ? `from ${clock(onset)} to ${clock(until)}` : `since ${clock(onset)}`} UTC, ${formatValue(change.before, 'per-second')} before.`;
  const incident: OpenedIncident = {
    id: incidentId(`${application.id}/logs/${Math.round(onset / 1000)}`),
    application: application.id,
    name: application.name,
    severity: 'warning',
    openedAt: onset,
    ...(over ? { resolvedAt: until } : {}),
    slo: 'availability',
    impact: 0,
    budgetSpent: 0,
    summary,
    breach: { cells, onset, ...(over ? { recovered: until } : {}), impact: 0, requests: 0, bad },
  };
  return [
    { incident, column, during, evidence: evidenceOf(world, application, incident, during, change.before) },
  ];
}

function evidenceOf(
  world: World,
  application: Application,
  incident: OpenedIncident,
  value: number,
  baselineValue: number,
): Evidence {
  const recorded = application.instances.length === 0;
  const metric = recorded ? TRACE_METRICS.logMessages.name : CONTAINER_METRICS.logMessages.name;
  const matcher = `level=~"${[...ERROR_LEVELS].join('|')}"`;
  const query = `sum(rate(${selectApplication(application, metric, matcher)}${rateWindow(world)}))`;
  return {
    ...promqlEvidence(query, world.range, incident.summary),
    window: { from: incident.openedAt, to: incident.resolvedAt ?? world.range.to },
    value,
    baselineValue,
    unit: 'per-second',
    onset: incident.openedAt,
  };
}
