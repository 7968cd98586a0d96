import { formatValue } from '@gumshoe/base/units';
import { meanOf, sumColumns, sumOf } from '@gumshoe/model/columns';
import type { ApplicationId, Evidence } from '@gumshoe/model/entities';
import type { Application, World } from '@gumshoe/model/world';
import { CONTAINER_METRICS } from '@gumshoe/schema/metrics/container';
import { TRACE_METRICS } from '@gumshoe/schema/metrics/trace';
import { promqlEvidence, rateWindow, selectApplication } from '../evidence.ts';
import type { OpenedIncident } from '../incidents.ts';
import type { InspectedWorld } from '../inspect.ts';
import { ERROR_LEVELS } from '../inspections/log-errors.ts';
import { findChange } from './change.ts';
import { gathered, incidentOver, stretchOf, type UnusualImpact } from './unusual.ts';

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
        .flatMap((one) => impactOf(inspected.world, one));
  // one program that grumbles is no incident: others must suffer too, or it must be a flood
  const isFelt = application !== undefined || found.length > 1 || found.some(({ during }) => during >= FLOOD);
  return gathered(isFelt ? found : []);
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
  const rate = (value: number): string => formatValue(value, 'per-second');
  const incident = incidentOver(world, application, {
    key: 'logs',
    slo: 'availability',
    cells,
    impact: 0,
    weight: bad,
    says: (when) =>
      `${application.name} logs ${rate(during)} errors ${when} UTC, ${rate(change.before)} before.`,
  });
  return [
    { incident, column, during, evidence: [evidenceOf(world, application, incident, during, change.before)] },
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
    ...stretchOf(incident, world),
    value,
    baselineValue,
    unit: 'per-second',
  };
}
