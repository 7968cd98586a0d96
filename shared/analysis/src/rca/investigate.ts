import type { ApplicationId, Evidence } from '@gumshoe/model/entities';
import type { Application } from '@gumshoe/model/world';
import type { OpenedIncident } from '../incidents.ts';
import type { InspectedWorld } from '../inspect.ts';
import { describeCause, type Suspect } from './describe-cause.ts';
import { NO_EXTRA_EVIDENCE, type EvidenceStore } from './evidence-store.ts';
import { compareWeighed, explainAway } from './explain-away.ts';
import { impactsOf, type StartingPoint } from './impacts.ts';
import { notExamined } from './not-examined.ts';
import type { ClearedSuspect, Examined, ImpactedApplication, Investigation } from './report.ts';
import { searchCauses, type Found } from './search.ts';
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

/**
 * Ranked causes of what is broken in the window. Pure: the same world gives the same answer, whatever the
 * order of its series.
 */
export function investigate(inspected: InspectedWorld, options: InvestigateOptions = {}): Investigation {
  const { world } = inspected;
  const extra = options.extra ?? NO_EXTRA_EVIDENCE;
  const { incidents, points, evidence } = impactsOf(inspected, options.application);
  const found = points.map((point) => searchCauses(inspected, point, extra));
  const ranked = explainAway(mergeWeighed(found.flatMap(({ suspects }) => suspects))).filter(
    (one) => one.score >= LEAST_SCORE,
  );
  const causes = ranked
    .slice(0, MAX_CAUSES)
    .map((one, index) => describeCause(one, index + 1, rivalOf(ranked, one), extra));
  const suspects = new Set(causes.map((cause) => `${cause.application} ${cause.signal}`));
  const cleared = distinctCleared(found.flatMap((one) => one.cleared)).filter(
    (one) => !suspects.has(`${one.application} ${one.signal}`),
  );
  const started = points[0];
  const impacted = orderImpacted(incidents, started?.root).map((one) =>
    impactOf(one, evidence.get(one.id) ?? []),
  );
  const examined = countExamined(inspected, points, found);
  const told = summarize(inspected, {
    impacted,
    causes,
    examined,
    propagation: started?.propagation,
    asked: options.application,
  });
  return {
    window: { from: world.range.from, to: world.range.to },
    impacted,
    causes,
    cleared: cleared.slice(0, MAX_CLEARED),
    notExamined: notExamined(inspected, started, extra),
    summary: told.claims.map(({ statement }) => statement).join(' '),
    conclusion: told.conclusion,
    claims: told.claims,
    examined,
  };
}

/** One entry per kind and application, the weightiest; best first. */
function mergeWeighed(weighed: readonly Suspect[]): readonly Suspect[] {
  const best = new Map<string, Suspect>();
  for (const one of [...weighed].sort(compareWeighed)) {
    const key = `${one.kind} ${one.reached.application.id}`;
    if (!best.has(key)) best.set(key, one);
  }
  return [...best.values()];
}

/** The best suspect in another place: what is said of one place does not compete with itself. */
const rivalOf = (ranked: readonly Suspect[], one: Suspect): number =>
  ranked.find((other) => other.reached.application !== one.reached.application)?.score ?? 0;

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

function countExamined(
  { world }: InspectedWorld,
  points: readonly StartingPoint[],
  found: readonly Found[],
): Examined {
  const reached = new Set(
    points.flatMap((one) => one.propagation.reached.map(({ application }) => application)),
  );
  const looked = [...reached];
  const nodes = new Set(looked.flatMap((one) => one.instances.map((instance) => instance.node)));
  return {
    applications: reached.size,
    instances: looked.reduce((sum, one) => sum + one.instances.length, 0),
    nodes: world.nodes.filter((one) => nodes.has(one.id)).length,
    dependencies: looked.reduce((sum, one) => sum + one.upstreams.length, 0),
    suspects: found.reduce((sum, one) => sum + one.looked, 0),
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

function impactOf(incident: OpenedIncident, evidence: readonly Evidence[]): ImpactedApplication {
  return {
    application: incident.application,
    slo: incident.slo,
    since: incident.openedAt,
    ...(incident.resolvedAt === undefined ? {} : { until: incident.resolvedAt }),
    impact: Math.round(incident.impact * 10_000) / 10_000,
    severity: incident.severity,
    message: incident.summary,
    evidence,
  };
}
