import { maxColumns } from '@gumshoe/model/columns';
import type { ApplicationId, Evidence } from '@gumshoe/model/entities';
import type { Application, Column } from '@gumshoe/model/world';
import { absentImpact } from '../anomalies/absent-impact.ts';
import { logImpact } from '../anomalies/log-impact.ts';
import { unusualImpact } from '../anomalies/impact.ts';
import { resourceImpact } from '../anomalies/resource-impact.ts';
import { standingImpact } from '../anomalies/standing.ts';
import { stoppedImpact } from '../anomalies/stopped-impact.ts';
import type { UnusualImpact } from '../anomalies/unusual.ts';
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
  /** Which look saw it: further ones see what is less than it. */
  readonly look: number;
}

/**
 * Missed objectives; when there are none, requests that became far slower or fail far more than usual; when there is
 * no usual, those that fail or have something used up from the beginning; then what no longer runs or happens, and what
 * is used far more than usual. Of one application only, when one is given; and when nothing is wrong with that one itself, of
 * what it waits for.
 */
export function impactsOf(inspected: InspectedWorld, application?: ApplicationId): Impacts {
  const found = foundIn(inspected, application);
  if (found || application === undefined) return impactsFrom(inspected, found);
  const below = serversBelow(inspected.world, application);
  return impactsFrom(inspected, foundIn(inspected, undefined, below));
}

/** What else is out of the ordinary, by looks that come after the one that saw the first. */
export const furtherImpactsOf = (inspected: InspectedWorld, { look }: Impacts): Impacts =>
  impactsFrom(inspected, foundIn(inspected, undefined, undefined, look + 1));

/** What is out of the ordinary, by the first look that sees something. */
interface Found extends UnusualImpact {
  /** Without calls there is one walk only: from who logs most, or uses most, to everybody. */
  readonly isUncounted?: boolean;
  /** Requests are slow or fail; else it is something else that is out of the ordinary. */
  readonly isOfRequests: boolean;
}

const NO_IMPACTS: Impacts = { incidents: [], points: [], evidence: new Map(), look: Infinity };

function impactsFrom(inspected: InspectedWorld, found: Seen | undefined): Impacts {
  if (!found) return NO_IMPACTS;
  const { incidents, columns, evidence, isUncounted, isOfRequests, look } = found;
  const starts = isUncounted ? incidents.slice(0, 1) : incidents;
  return { incidents, points: startingPoints(inspected, starts, columns, isOfRequests), evidence, look };
}

interface Seen extends Found {
  readonly look: number;
}

/** `within`: only these applications; `from`: the first look to take. */
function foundIn(
  inspected: InspectedWorld,
  application: ApplicationId | undefined,
  within?: ReadonlySet<ApplicationId>,
  from = 0,
): Seen | undefined {
  const looks: readonly (() => Found)[] = [
    () => missedObjectives(inspected, application),
    ...[unusualImpact, standingImpact].map((look) => () => ({
      ...look(inspected, application),
      isOfRequests: true,
    })),
    ...[saturatedImpact, absentImpact, stoppedImpact].map((look) => () => ({
      ...look(inspected, application),
      isOfRequests: false,
    })),
    ...[logImpact, resourceImpact].map((look) => () => ({
      ...look(inspected, application),
      isUncounted: true,
      isOfRequests: false,
    })),
  ];
  for (let look = from; look < looks.length; look++) {
    const found = looks[look]!();
    const incidents = found.incidents.filter((one) => within === undefined || within.has(one.application));
    if (incidents.length > 0) return { ...found, incidents, look };
  }
  return undefined;
}

function missedObjectives(inspected: InspectedWorld, application: ApplicationId | undefined): Found {
  const incidents = findIncidents(inspected).filter(
    (one) => application === undefined || one.application === application,
  );
  const evidence = new Map(incidents.map((one) => [one.id, impactEvidence(inspected, one)]));
  return { incidents, columns: new Map(), evidence, isOfRequests: true };
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
  isOfRequests = true,
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
    return root ? [startAt(inspected, root, first, incidents, columns, isOfRequests)] : [];
  });
}

function startAt(
  inspected: InspectedWorld,
  root: Application,
  first: OpenedIncident,
  incidents: readonly OpenedIncident[],
  columns: ReadonlyMap<string, Column>,
  isOfRequests: boolean,
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
  const frame = frameOf(world, root, together, columns.get(first.id) ?? badShare, isOfRequests);
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
