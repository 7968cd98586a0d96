import { formatValue } from '@gumshoe/base/units';
import { meanOf, sumColumns, sumOf } from '@gumshoe/model/columns';
import type { ApplicationId, Evidence } from '@gumshoe/model/entities';
import type { Application, Column, World } from '@gumshoe/model/world';
import { CONTAINER_METRICS } from '@gumshoe/schema/metrics/container';
import { TRACE_METRICS } from '@gumshoe/schema/metrics/trace';
import { matchLabel, promqlEvidence, rateWindow, selectApplication } from '../evidence.ts';
import type { OpenedIncident } from '../incidents.ts';
import type { InspectedWorld } from '../inspect.ts';
import { ERROR_LEVELS, ERRORS_ONLY } from '../inspections/log-query.ts';
import { findChange } from './change.ts';
import { errorsMentioning } from './log-mentions.ts';
import { gathered, incidentOver, stretchOf, type Unusual, type UnusualImpact } from './unusual.ts';

/** Standard deviations by which errors must be more than usual, if they come at random. */
const SURE = 8;
/** Times as many as usual, at least, and so many per second. */
const LEAST_GROWTH = 3;
const LEAST_RATE = 0.1;
/** Of those that speak of calls to one other, which are more telling. */
const LEAST_RATE_OF_CALLS = 0.04;
/** Times the usual up to which it is the usual. */
const NEAR = 2;
/** Errors per second that need no second witness. */
const FLOOD = 1;
/** ms */
const LEAST_LENGTH = 120_000;

interface LogUnusual extends Unusual {
  /** Errors per second. */
  readonly during: number;
  /** They speak of another one: that is two who suffer. */
  readonly isOfCalls: boolean;
}

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
  const isFelt =
    application !== undefined ||
    found.length > 1 ||
    found.some((one) => one.isOfCalls || one.during >= FLOOD);
  return gathered(isFelt ? found : []);
}

/** Error messages of an application that are looked at together, and what they are about. */
interface Errors {
  readonly rates: readonly Column[];
  /** Matches their patterns. */
  readonly matchers: readonly string[];
  /** The one they speak of, where only such were taken. */
  readonly about?: Application;
}

function impactOf(world: World, application: Application): readonly LogUnusual[] {
  const patterns = application.logs.filter(({ level }) => ERROR_LEVELS.has(level));
  if (patterns.length === 0) return [];
  const all: Errors = { rates: patterns.map(({ rate }) => rate), matchers: [ERRORS_ONLY] };
  const found = riseOf(world, application, all);
  if (found) return [found];
  // a few calls that fail are lost among other errors
  const about = [...errorsMentioning(application, world)].map(([id, rates]): Errors => {
    const hashes = patterns.filter(({ rate }) => rates.includes(rate)).map(({ pattern }) => pattern);
    return { rates, about: world.byId.get(id)!, matchers: [ERRORS_ONLY, matchLabel('pattern_hash', hashes)] };
  });
  return about.flatMap((one) => riseOf(world, application, one) ?? []).slice(0, 1);
}

function riseOf(world: World, application: Application, errors: Errors): LogUnusual | undefined {
  const { grid } = world;
  const rates = errors.rates.map((rate) => rate.map((value) => (value === value ? value : 0)));
  const column = sumColumns(rates, grid.points);
  const whole = { lo: 0, hi: grid.points };
  const change = findChange(prominent(column), whole, true) ?? findChange(column, whole, true);
  if (!change || change.cells.hi <= world.window.lo) return undefined;
  const { cells } = change;
  const during = meanOf(column, cells);
  const outside = grid.points - (cells.hi - cells.lo);
  const before = Math.max(0, (sumOf(column, whole) - sumOf(column, cells)) / outside);
  const seconds = grid.step / 1000;
  const bad = sumOf(column, cells) * seconds;
  const expected = before * (cells.hi - cells.lo) * seconds;
  const isSure =
    (bad - expected) / Math.sqrt(expected + 1) >= SURE &&
    during >= LEAST_GROWTH * before &&
    during >= (errors.about ? LEAST_RATE_OF_CALLS : LEAST_RATE) &&
    (cells.hi - cells.lo) * grid.step >= LEAST_LENGTH;
  if (!isSure) return undefined;
  const rate = (value: number): string => formatValue(value, 'per-second');
  const of = errors.about ? ` of ${errors.about.name}` : '';
  const incident = incidentOver(world, application, {
    key: 'logs',
    slo: 'availability',
    cells,
    impact: 0,
    weight: bad,
    says: (when) =>
      `${application.name} logs ${rate(during)} errors${of} ${when} UTC, ${rate(before)} before.`,
  });
  const evidence = [evidenceOf(world, application, incident, errors.matchers, during, before)];
  return { incident, column, during, isOfCalls: errors.about !== undefined, evidence };
}

/** A short burst of many is not to be lost in a long stretch of slightly more: what is near the usual is the usual. */
function prominent(column: Column): Column {
  const sorted = column.toSorted();
  const usual = sorted[sorted.length >> 2] ?? 0;
  return column.map((value) => (value <= NEAR * usual ? usual : value));
}

function evidenceOf(
  world: World,
  application: Application,
  incident: OpenedIncident,
  matchers: readonly string[],
  value: number,
  baselineValue: number,
): Evidence {
  const recorded = application.instances.length === 0;
  const metric = recorded ? TRACE_METRICS.logMessages.name : CONTAINER_METRICS.logMessages.name;
  const query = `sum(rate(${selectApplication(application, metric, ...matchers)}${rateWindow(world)}))`;
  return {
    ...promqlEvidence(query, world.range, incident.summary),
    ...stretchOf(incident, world),
    value,
    baselineValue,
    unit: 'per-second',
  };
}
