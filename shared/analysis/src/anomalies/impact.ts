import { formatValue } from '@gumshoe/base/units';
import { meanOf, ratioColumn, sumOf } from '@gumshoe/model/columns';
import type { ApplicationId, Evidence } from '@gumshoe/model/entities';
import type { Column, World } from '@gumshoe/model/world';
import { promqlEvidence } from '../evidence.ts';
import type { OpenedIncident } from '../incidents.ts';
import type { InspectedApplication, InspectedWorld } from '../inspect.ts';
import { findChange, isSignificant, type Change } from './change.ts';
import { gathered, incidentOver, stretchOf, type Unusual, type UnusualImpact } from './unusual.ts';

/** How far from usual an application must be before it counts as impacted although its objectives hold. */
interface Strictness {
  readonly significance: number;
  readonly latencyRatio: number;
  readonly errorRise: number;
  /** Least length, ms. */
  readonly length: number;
}

/** Asked about one application: what changed there. */
const ASKED: Strictness = { significance: 4, latencyRatio: 1.25, errorRise: 0.003, length: 30_000 };
/** Asked what is wrong: only what nobody would call usual. */
const UNASKED: Strictness = { significance: 5.5, latencyRatio: 1.4, errorRise: 0.02, length: 120_000 };

/** Latency rises below this are nothing to a user, seconds. */
const LEAST_RISE = 0.002;
const LEAST_REQUESTS = 60;
/** Fewer requests in all of the time outside tell nothing of what is usual. */
const LEAST_USUAL = 20;

/**
 * What changed for the users of each application, weightiest first; of `application` only, when one is given. Used
 * when no objective is missed: low latencies can triple and stay within 500 ms.
 */
export function unusualImpact(inspected: InspectedWorld, application?: ApplicationId): UnusualImpact {
  const strictness = application === undefined ? UNASKED : ASKED;
  return gathered(
    inspected.applications
      .filter((one) => application === undefined || one.application.id === application)
      .flatMap((one) => candidatesOf(inspected.world, one, strictness)),
  );
}

function candidatesOf(world: World, one: InspectedApplication, strictness: Strictness): readonly Unusual[] {
  const { indicators } = one.serviceLevel;
  if (indicators.source === 'none' || one.application.kind === 'ExternalService') return [];
  if (sumOf(indicators.rate, world.window) * (world.grid.step / 1000) < LEAST_REQUESTS) return [];
  return [latencyOf(world, one, strictness), errorsOf(world, one, strictness)].flatMap(
    (found) => found ?? [],
  );
}

const whole = (world: World) => ({ lo: 0, hi: world.grid.points });

function latencyOf(world: World, one: InspectedApplication, strictness: Strictness): Unusual | undefined {
  const { durationSum, rate } = one.serviceLevel.indicators;
  const column = ratioColumn(durationSum, rate);
  const change = findChange(column, whole(world), true);
  if (!change || !isSure(world, change, strictness)) return undefined;
  const ratio = change.during / Math.max(change.before, 1e-6);
  if (ratio < strictness.latencyRatio || change.during - change.before < LEAST_RISE) return undefined;
  const { lo, hi } = change.cells;
  const outside = sumOf(rate, whole(world)) - sumOf(rate, { lo, hi });
  if (outside * (world.grid.step / 1000) < LEAST_USUAL) return undefined;
  const what = `mean latency rose from ${formatValue(change.before, 'seconds')} to ${formatValue(change.during, 'seconds')}`;
  const share = 1 - change.before / change.during;
  const figures = { value: change.during, baselineValue: change.before, unit: 'seconds' } as const;
  return candidate(world, one, 'latency', change, what, share, column, Math.log2(ratio), figures);
}

function errorsOf(world: World, one: InspectedApplication, strictness: Strictness): Unusual | undefined {
  const { failed, rate } = one.serviceLevel.indicators;
  const column = ratioColumn(failed, rate);
  const change = findChange(column, whole(world), true);
  if (!change) return undefined;
  const during = meanOf(column, change.cells);
  if (!isSure(world, change, strictness) && !isCounted(world, one, change, strictness)) return undefined;
  const rise = during - change.before;
  if (rise < strictness.errorRise) return undefined;
  const what = `failed requests rose from ${formatValue(change.before, 'ratio')} to ${formatValue(during, 'ratio')}`;
  const figures = { value: during, baselineValue: change.before, unit: 'ratio' } as const;
  return candidate(world, one, 'availability', change, what, during, column, 10 * rise, figures);
}

const isSure = (world: World, change: Change, strictness: Strictness): boolean =>
  isSignificant(change, strictness.significance) && change.shift > 3 && lasts(world, change, strictness);

const lasts = (world: World, { cells }: Change, strictness: Strictness): boolean =>
  (cells.hi - cells.lo) * world.grid.step >= strictness.length && cells.hi > world.window.lo;

/** Failures beyond what chance explains are a change, in however few cells: sure by their number. */
const SURE_BY_COUNT = 10;
const LEAST_SHARE_BY_COUNT = 0.1;

function isCounted(
  world: World,
  { serviceLevel }: InspectedApplication,
  change: Change,
  strictness: Strictness,
): boolean {
  const { cells, before } = change;
  const { failed, rate } = serviceLevel.indicators;
  const seconds = world.grid.step / 1000;
  const requests = sumOf(rate, cells) * seconds;
  const bad = sumOf(failed, cells) * seconds;
  const expected = Math.max(0, before) * requests;
  return (
    bad / requests >= LEAST_SHARE_BY_COUNT &&
    (bad - expected) / Math.sqrt(expected + 1) >= SURE_BY_COUNT &&
    lasts(world, change, strictness)
  );
}

function candidate(
  world: World,
  { application, serviceLevel }: InspectedApplication,
  slo: OpenedIncident['slo'],
  { cells, significance }: Change,
  what: string,
  impact: number,
  column: Column,
  weight: number,
  figures: Pick<Evidence, 'value' | 'baselineValue' | 'unit'>,
): Unusual {
  const incident = incidentOver(world, application, {
    key: `${slo}/unusual`,
    slo,
    cells,
    impact: Math.min(1, Math.max(0, impact)),
    weight: weight * significance,
    says: (when) => `${application.name}: ${what} ${when} UTC; its objectives still hold.`,
  });
  // the objective's own query, about what it measures: the figures are those of the change
  const query = serviceLevel.slos.find((one) => one.kind === slo)?.evidence[0]?.query ?? '';
  const evidence = {
    ...promqlEvidence(query, world.range, incident.summary),
    ...stretchOf(incident, world),
    ...figures,
  };
  return { incident, column, evidence: [evidence] };
}
