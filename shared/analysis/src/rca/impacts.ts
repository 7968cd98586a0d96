import { maxColumns } from '@gumshoe/model/columns';
import type { ApplicationId, Evidence } from '@gumshoe/model/entities';
import type { Application, Column } from '@gumshoe/model/world';
import { logImpact } from '../anomalies/log-impact.ts';
import { unusualImpact } from '../anomalies/impact.ts';
import { resourceImpact } from '../anomalies/resource-impact.ts';
import { standingImpact } from '../anomalies/standing.ts';
import { stoppedImpact } from '../anomalies/stopped-impact.ts';
import { findIncidents, type OpenedIncident } from '../incidents.ts';
import { serversBelow } from '../incidents/separate.ts';
import type { InspectedWorld } from '../inspect.ts';
import { impactEvidence } from './impact-evidence.ts';
import { frameOf, type Frame } from './frame.ts';
import { propagate, type Propagation } from './reach.ts';
import { saturatedImpact } from './saturated.ts';

/** Incidents this close belong together, ms. */
const TOGETHER = 60_000;
/** What comes back within so many times that is the same trouble. */
const AGAIN = 5;
/** Unconnected impacts that are followed. */
const MAX_STARTS = 4;

/** What is impacted, and from where to look for causes. */
export interface Impacts {
  readonly incidents: readonly OpenedIncident[];
  readonly points: readonly StartingPoint[];
  /** What shows an impact, by incident. */
  readonly evidence: ReadonlyMap<string, readonly Evidence[]>;
}

/**
 * Missed objectives; when there are none, requests that became far slower or fail far more than usual; when there is
 * no usual, those that fail or have something used up from the beginning; then what no longer happens, and what is used
 * far more than usual. Of one application only, when one is given.
 */
export function impactsOf(inspected: InspectedWorld, application?: ApplicationId): Impacts {
  const all = findIncidents(inspected);
  const missed = application === undefined ? all : all.filter((one) => one.application === application);
  if (missed.length > 0) {
    const evidence = new Map(missed.map((one) => [one.id, impactEvidence(inspected, one)]));
    return { incidents: missed, points: startingPoints(inspected, missed), evidence };
  }
  for (const look of [unusualImpact, standingImpact, saturatedImpact, stoppedImpact]) {
    const { incidents, columns, evidence } = look(inspected, application);
    if (incidents.length > 0)
      return { incidents, points: startingPoints(inspected, incidents, columns), evidence };
  }
  return impactUncounted(inspected, application);
}

/** Without calls there is one walk only: from who logs most, or uses most, to everybody. */
function impactUncounted(inspected: InspectedWorld, application?: ApplicationId): Impacts {
  const inLogs = logImpact(inspected, application);
  const { incidents, columns, evidence } =
    inLogs.incidents.length > 0 ? inLogs : resourceImpact(inspected, application);
  return {
    incidents,
    points: startingPoints(inspected, incidents.slice(0, 1), columns),
    evidence,
  };
}

export interface StartingPoint {
  readonly root: Application;
  readonly frame: Frame;
  readonly propagation: Propagation;
}

/**
 * Where the walks begin: the impacted applications closest to the users, that is without an impacted client;
 * the hardest hit first. Each looks at the incidents of what it waits for, as far as they belong together.
 */
export function startingPoints(
  inspected: InspectedWorld,
  incidents: readonly OpenedIncident[],
  columns: ReadonlyMap<string, Column> = new Map(),
): readonly StartingPoint[] {
  const { world } = inspected;
  const hit = new Set(incidents.map((incident) => incident.application));
  const sorted = [...incidents].sort(compareImpact);
  const entries = sorted.filter(({ application }) => !hasImpactedClient(inspected, application, hit));
  const firsts = (entries.length > 0 ? entries : sorted.slice(0, 1)).filter(
    (one, i, all) => all.findIndex((other) => other.application === one.application) === i,
  );
  return firsts.slice(0, MAX_STARTS).flatMap((first) => {
    const root = world.byId.get(first.application);
    return root ? [startAt(inspected, root, first, incidents, columns)] : [];
  });
}

function startAt(
  inspected: InspectedWorld,
  root: Application,
  first: OpenedIncident,
  incidents: readonly OpenedIncident[],
  columns: ReadonlyMap<string, Column>,
): StartingPoint {
  const { world } = inspected;
  const below = serversBelow(world, root.id);
  const own = incidents.filter((incident) => below.has(incident.application));
  const together = incidentsAround(first, own, Math.round(TOGETHER / world.grid.step));
  const kinds = new Set(
    together.filter((incident) => incident.application === root.id).map((incident) => incident.slo),
  );
  const slos = inspected.byId.get(root.id)?.serviceLevel.slos ?? [];
  const badShare = maxColumns(
    slos.filter((slo) => kinds.has(slo.kind)).map((slo) => slo.badShare),
    world.grid.points,
  );
  const frame = frameOf(world, root, together, columns.get(first.id) ?? badShare);
  return { root, frame, propagation: propagate(frame, root) };
}

/** The incidents that touch the first one, or one another, give or take `slack` cells. */
function incidentsAround(
  first: OpenedIncident,
  incidents: readonly OpenedIncident[],
  slack: number,
): readonly OpenedIncident[] {
  let { lo, hi } = first.breach.cells;
  const candidates = incidents.filter((one) => !isAnotherStory(one, first, slack));
  for (let grown = true; grown;) {
    grown = false;
    for (const one of candidates) {
      const { cells } = one.breach;
      const near = isSame(one, first) ? AGAIN * slack : slack;
      const touches = cells.lo <= hi + near && cells.hi >= lo - near;
      if (!touches || (cells.lo >= lo && cells.hi <= hi)) continue;
      lo = Math.min(lo, cells.lo);
      hi = Math.max(hi, cells.hi);
      grown = true;
    }
  }
  return candidates.filter(({ breach }) => breach.cells.lo >= lo && breach.cells.hi <= hi);
}

const isSame = (one: OpenedIncident, first: OpenedIncident): boolean =>
  one.application === first.application && one.slo === first.slo;

/** What ended when the first one began is what was usual until then, unless the same comes again and again. */
const isAnotherStory = (one: OpenedIncident, first: OpenedIncident, slack: number): boolean =>
  !isSame(one, first) &&
  one.breach.cells.lo < first.breach.cells.lo &&
  one.breach.cells.hi <= first.breach.cells.lo + Math.min(slack, 2);

const compareImpact = (a: OpenedIncident, b: OpenedIncident): number =>
  Number(a.resolvedAt !== undefined) - Number(b.resolvedAt !== undefined) ||
  b.breach.bad - a.breach.bad ||
  (a.id < b.id ? -1 : 1);

function hasImpactedClient(
  inspected: InspectedWorld,
  id: ApplicationId,
  hit: ReadonlySet<ApplicationId>,
): boolean {
  const clients = inspected.world.byId.get(id)?.downstreams ?? [];
  return clients.some(({ client }) => client !== id && hit.has(client));
}
