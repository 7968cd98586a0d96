import type { ApplicationId, Evidence } from '@gumshoe/model/entities';
import type { Application } from '@gumshoe/model/world';
import type { OpenedIncident } from '../incidents.ts';
import type { InspectedWorld } from '../inspect.ts';
import { describeCause, type Suspect } from './describe-cause.ts';
import { NO_EXTRA_EVIDENCE, type EvidenceStore } from './evidence-store.ts';
import { compareWeighed, explainAway } from './explain-away.ts';
import { furtherImpactsOf, impactsOf, type Impacts, type StartingPoint } from './impacts.ts';
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
/** Below this hardly anything is explained. */
const EXPLAINING = 0.25;
const MAX_CAUSES = 10;
const MAX_CLEARED = 40;

/**
 * Ranked causes of what is broken in the window. Pure: the same world gives the same answer, whatever the
 * order of its series.
 */
export function investigate(inspected: InspectedWorld, options: InvestigateOptions = {}): Investigation {
  const { world } = inspected;
  const extra = options.extra ?? NO_EXTRA_EVIDENCE;
  const { impacts, found, ranked } = explained(inspected, options.application, extra);
  const { incidents, points, evidence } = impacts;
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

/** Found from several starts, what weighs so much of the best counts as much. */
const AS_GOOD = 0.8;

interface Explained {
  readonly impacts: Impacts;
  readonly found: readonly Found[];
  readonly ranked: readonly Suspect[];
}

/**
 * What is out of the ordinary, and what explains it. Where next to nothing does, it may be as it always is: then what
 * else is out of the ordinary comes first, if that can be explained.
 */
function explained(
  inspected: InspectedWorld,
  application: ApplicationId | undefined,
  extra: EvidenceStore,
): Explained {
  const first = explain(inspected, impactsOf(inspected, application), extra);
  if (application !== undefined || (first.ranked[0]?.score ?? 0) >= EXPLAINING) return first;
  const further = explain(inspected, furtherImpactsOf(inspected, first.impacts), extra);
  if (!((further.ranked[0]?.score ?? 0) >= EXPLAINING)) return first;
  const { impacts } = first;
  const found = [...further.found, ...first.found];
  return {
    impacts: {
      ...further.impacts,
      incidents: [...further.impacts.incidents, ...impacts.incidents],
      points: [...further.impacts.points, ...impacts.points],
      evidence: new Map([...impacts.evidence, ...further.impacts.evidence]),
    },
    found,
    ranked: rank(found),
  };
}

function explain(inspected: InspectedWorld, impacts: Impacts, extra: EvidenceStore): Explained {
  const found = impacts.points.map((point) => searchCauses(inspected, point, extra));
  return { impacts, found, ranked: rank(found) };
}

const rank = (found: readonly Found[]): readonly Suspect[] =>
  explainAway(mergeWeighed(found.flatMap(({ suspects }) => suspects))).filter(
    (one) => one.score >= LEAST_SCORE,
  );

/**
 * One entry per kind and application, best first. Of those found from several starts it is the one that says how users
 * are hit: with the longest way to it among the weightiest.
 */
function mergeWeighed(weighed: readonly Suspect[]): readonly Suspect[] {
  const same = Map.groupBy(
    [...weighed].sort(compareWeighed),
    ({ kind, reached }) => `${kind} ${reached.application.id}`,
  );
  return [...same.values()]
    .map((all) => {
      const good = all.filter(({ score }) => score >= AS_GOOD * all[0]!.score);
      const [chosen] = good.toSorted((a, b) => b.reached.path.length - a.reached.path.length);
      return { ...chosen!, score: all[0]!.score };
    })
    .sort(compareWeighed);
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
    ...(incident.silent ? { silent: incident.silent } : {}),
    impact: Math.round(incident.impact * 10_000) / 10_000,
    severity: incident.severity,
    message: incident.summary,
    evidence,
  };
}
