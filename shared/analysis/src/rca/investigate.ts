import { maxColumns } from '@gumshoe/model/columns';
import type { ApplicationId, Evidence } from '@gumshoe/model/entities';
import type { Application, Column, World } from '@gumshoe/model/world';
import { unusualImpact } from '../anomalies/impact.ts';
import { findIncidents, type OpenedIncident } from '../incidents.ts';
import type { InspectedWorld } from '../inspect.ts';
import { CANDIDATES } from './candidates/index.ts';
import { NO_EXTRA_EVIDENCE, type EvidenceStore } from './evidence-store.ts';
import { compareWeighed, explainAway } from './explain-away.ts';
import { frameOf, type Frame } from './frame.ts';
import { notExamined } from './not-examined.ts';
import { propagate, type Propagation } from './reach.ts';
import type { ClearedSuspect, ImpactedApplication, Investigation, RankedCause } from './report.ts';
import { weigh, type Weighed } from './score.ts';
import { summarize } from './summarize.ts';

export interface InvestigateOptions {
  /** Start from this application; without it from whatever breaks its objective. */
  readonly application?: ApplicationId;
  readonly extra?: EvidenceStore;
}

/** Suspects below this score are not worth a line. */
const LEAST_SCORE = 0.12;
const MAX_CAUSES = 10;
const MAX_CLEARED = 40;
/** Incidents this close belong together, ms. */
const TOGETHER = 60_000;
/** Unconnected impacts that are followed. */
const MAX_STARTS = 4;

/**
 * Ranked causes of what is broken in the window. Pure: the same world gives the same answer, whatever the
 * order of its series.
 */
export function investigate(inspected: InspectedWorld, options: InvestigateOptions = {}): Investigation {
  const { world } = inspected;
  const extra = options.extra ?? NO_EXTRA_EVIDENCE;
  const { incidents, points } = impactsOf(inspected, options.application);
  const found = points.map((point) => searchCauses(inspected, point, extra));
  const causes = mergeWeighed(found.flatMap(({ weighed }) => weighed))
    .filter((one) => one.score >= LEAST_SCORE)
    .slice(0, MAX_CAUSES)
    .map((one, index) => rankedCause(one, index, extra));
  const suspects = new Set(causes.map((cause) => `${cause.application} ${cause.signal}`));
  const cleared = distinctCleared(found.flatMap((one) => one.cleared)).filter(
    (one) => !suspects.has(`${one.application} ${one.signal}`),
  );
  const started = points[0];
  const impacted = orderImpacted(incidents, started?.root).map(impactOf);
  return {
    window: { from: world.range.from, to: world.range.to },
    impacted,
    causes,
    cleared: cleared.slice(0, MAX_CLEARED),
    notExamined: notExamined(inspected, started, extra),
    summary: summarize(inspected, impacted, causes, started?.propagation, options.application),
  };
}

/** What is impacted, and from where to look for causes. */
export interface Impacts {
  readonly incidents: readonly OpenedIncident[];
  readonly points: readonly StartingPoint[];
}

/**
 * Missed objectives; when there are none, requests that became far slower or fail far more than usual. Of one
 * application only, when one is given.
 */
export function impactsOf(inspected: InspectedWorld, application?: ApplicationId): Impacts {
  const all = findIncidents(inspected);
  const missed = application === undefined ? all : all.filter((one) => one.application === application);
  if (missed.length > 0) return { incidents: missed, points: startingPoints(inspected, missed) };
  const unusual = unusualImpact(inspected, application);
  return {
    incidents: unusual.incidents,
    points: startingPoints(inspected, unusual.incidents, unusual.columns),
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
  const below = serversBelow(world, root);
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

/** The application and everything it waits for, directly or not. */
function serversBelow(world: World, root: Application): ReadonlySet<ApplicationId> {
  const seen = new Set<ApplicationId>([root.id]);
  for (const id of seen) {
    for (const { server } of world.byId.get(id)?.upstreams ?? []) seen.add(server);
  }
  return seen;
}

/** One entry per kind and application, the weightiest; best first. */
function mergeWeighed(weighed: readonly Weighed[]): readonly Weighed[] {
  const best = new Map<string, Weighed>();
  for (const one of [...weighed].sort(compareWeighed)) {
    const key = `${one.kind} ${one.reached.application.id}`;
    if (!best.has(key)) best.set(key, one);
  }
  return [...best.values()];
}

/** What is said of a node is said once, not for each application on it. */
function distinctCleared(cleared: readonly ClearedSuspect[]): readonly ClearedSuspect[] {
  const seen = new Map<string, ClearedSuspect>();
  for (const one of cleared) {
    const ofNode = one.signal.startsWith('node_');
    const key = ofNode ? `${one.signal} ${one.reason}` : `${one.application} ${one.signal}`;
    if (!seen.has(key)) seen.set(key, one);
  }
  return [...seen.values()];
}

/** The incidents that touch the first one, or one another, give or take `slack` cells. */
function incidentsAround(
  first: OpenedIncident,
  incidents: readonly OpenedIncident[],
  slack: number,
): readonly OpenedIncident[] {
  let { lo, hi } = first.breach.cells;
  for (let grown = true; grown;) {
    grown = false;
    for (const { breach } of incidents) {
      const { cells } = breach;
      const touches = cells.lo <= hi + slack && cells.hi >= lo - slack;
      if (!touches || (cells.lo >= lo && cells.hi <= hi)) continue;
      lo = Math.min(lo, cells.lo);
      hi = Math.max(hi, cells.hi);
      grown = true;
    }
  }
  return incidents.filter(({ breach }) => breach.cells.lo >= lo && breach.cells.hi <= hi);
}

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

function searchCauses(
  inspected: InspectedWorld,
  { frame, propagation }: StartingPoint,
  extra: EvidenceStore,
): { readonly weighed: readonly Weighed[]; readonly cleared: readonly ClearedSuspect[] } {
  const weighed: Weighed[] = [];
  const cleared: ClearedSuspect[] = [];
  for (const reached of propagation.reached) {
    const { application } = reached;
    for (const candidate of CANDIDATES) {
      const examination = candidate.examine({ application, inspected, frame, extra });
      if (!examination) continue;
      for (const one of examination.suspicions) weighed.push(weigh(candidate.kind, one, reached, frame));
      if (reached.direction !== 'server') continue;
      for (const one of examination.cleared) cleared.push({ application: application.id, ...one });
    }
  }
  return { weighed: explainAway(weighed, propagation), cleared };
}

/** Examples of the impact itself go with the first cause. */
function examplesFor(weighed: Weighed, index: number, extra: EvidenceStore): readonly Evidence[] {
  const { application, path } = weighed.reached;
  const root = path[0];
  const own = extra.examples.get(application.id) ?? [];
  const impact = index === 0 && root && root !== application.id ? (extra.examples.get(root) ?? []) : [];
  return [...own, ...impact];
}

function rankedCause(weighed: Weighed, index: number, extra: EvidenceStore): RankedCause {
  const { suspicion, reached } = weighed;
  return {
    rank: index + 1,
    application: reached.application.id,
    ...(suspicion.instance === undefined ? {} : { instance: suspicion.instance }),
    kind: weighed.kind,
    title: suspicion.title,
    signal: suspicion.signal,
    score: Math.round(weighed.score * 1000) / 1000,
    ...(suspicion.onset === undefined ? {} : { onset: suspicion.onset }),
    path: reached.path,
    evidence: [...suspicion.evidence, ...examplesFor(weighed, index, extra)],
    remediation: suspicion.remediation,
  };
}

function orderImpacted(
  incidents: readonly OpenedIncident[],
  root: Application | undefined,
): readonly OpenedIncident[] {
  return [...incidents].sort(
    (a, b) => Number(b.application === root?.id) - Number(a.application === root?.id),
  );
}

function impactOf(incident: OpenedIncident): ImpactedApplication {
  return {
    application: incident.application,
    slo: incident.slo,
    since: incident.openedAt,
    ...(incident.resolvedAt === undefined ? {} : { until: incident.resolvedAt }),
    impact: Math.round(incident.impact * 10_000) / 10_000,
    severity: incident.severity,
    message: incident.summary,
  };
}
