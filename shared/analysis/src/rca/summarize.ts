import { formatValue } from '@gumshoe/base/units';
import type { ApplicationId, Evidence } from '@gumshoe/model/entities';
import { CONTAINER_METRICS } from '@gumshoe/schema/metrics/container';
import { promqlEvidence } from '../evidence.ts';
import type { InspectedWorld } from '../inspect.ts';
import { clock } from '../inspections/slo-verdict.ts';
import type { Claim } from './claim.ts';
import type { Propagation } from './reach.ts';
import type { Conclusion, Examined, ImpactedApplication, RankedCause } from './report.ts';

/** Below this the best suspect is a guess. */
export const LEAST_CONVINCING_SCORE = 0.3;

/** Kinds that say where, not why. */
const PLACES: ReadonlySet<string> = new Set(['service-slow', 'self-time', 'error-origin']);

export interface Told {
  readonly conclusion: Conclusion;
  /** Sentence by sentence. */
  readonly claims: readonly Claim[];
}

export interface Findings {
  readonly impacted: readonly ImpactedApplication[];
  readonly causes: readonly RankedCause[];
  readonly examined: Examined;
  readonly propagation: Propagation | undefined;
  readonly asked: ApplicationId | undefined;
}

/** One paragraph a person can act on, each sentence with what it rests on. */
export function summarize(inspected: InspectedWorld, findings: Findings): Told {
  const { impacted, causes, propagation, asked } = findings;
  const nameOf = (id: ApplicationId): string => inspected.world.byId.get(id)?.name ?? id;
  const first = impacted[0];
  if (!first) return calm(inspected, asked, nameOf);
  const elsewhere =
    asked === undefined || impacted.some((one) => one.application === asked)
      ? []
      : [
          measuredOf(
            `Nothing about ${nameOf(asked)} itself is out of the ordinary; this is about what it waits for.`,
            first.evidence,
          ),
        ];
  const impact = [
    ...elsewhere,
    measuredOf(first.message, first.evidence),
    measuredOf(endOf(first), first.evidence),
  ];
  const top = causes[0];
  if (!top || top.score < LEAST_CONVINCING_SCORE) {
    const none = noCause(first, findings.examined, propagation, nameOf);
    return { conclusion: 'no-visible-cause', claims: [...impact, ...none] };
  }
  const via = top.path.length > 1 ? ` (${top.path.map(nameOf).join(' → ')})` : '';
  const place = PLACES.has(top.kind) && !top.application.includes(':ExternalService:');
  const verdict = place
    ? `No cause is visible in the collected signals, but its place is: ${top.title}${via}.`
    : `Most likely cause: ${top.title}${via}.`;
  return {
    conclusion: place ? 'place' : 'cause',
    claims: [
      ...impact,
      { statement: verdict, basis: 'concluded', evidence: top.evidence },
      ...(top.counterfactual
        ? [
            {
              statement: top.counterfactual.statement,
              basis: 'concluded' as const,
              evidence: top.counterfactual.evidence,
            },
          ]
        : []),
      { statement: top.remediation, basis: 'advice', evidence: top.evidence },
    ],
  };
}

function endOf({ until, silent }: ImpactedApplication): string {
  if (until === undefined) return 'It goes on.';
  return silent
    ? `Nothing was seen of it after ${clock(until)} UTC: whether it recovered is not known.`
    : `It recovered at ${clock(until)} UTC.`;
}

const measuredOf = (statement: string, evidence: readonly Evidence[]): Claim => ({
  statement,
  basis: 'measured',
  evidence,
});

function calm(
  inspected: InspectedWorld,
  asked: ApplicationId | undefined,
  nameOf: (id: ApplicationId) => string,
): Told {
  const { world } = inspected;
  const presence = promqlEvidence(
    `count(${CONTAINER_METRICS.info.name}) or vector(0)`,
    world.range,
    `${formatValue(world.applications.length, 'count')} applications are seen in the window.`,
  );
  const seen: readonly Evidence[] = [{ ...presence, value: world.applications.length, unit: 'count' }];
  if (world.applications.length === 0) {
    const statement = 'There is no data in the window, so nothing can be judged.';
    return { conclusion: 'no-data', claims: [measuredOf(statement, seen)] };
  }
  const judged = inspected.applications.filter(
    (one) =>
      (asked === undefined || one.application.id === asked) &&
      one.serviceLevel.slos.some((slo) => slo.requests > 0),
  );
  // the worst ones first: if these hold, all do
  const shown = judged
    .flatMap((one) => one.serviceLevel.slos.filter((slo) => slo.requests > 0))
    .sort((a, b) => a.compliance - b.compliance)
    .slice(0, 2)
    .flatMap((slo) =>
      slo.evidence.map((one) => ({
        ...one,
        value: slo.compliance,
        baselineValue: slo.objective,
        unit: 'ratio' as const,
      })),
    );
  const evidence = shown.length > 0 ? shown : seen;
  if (asked !== undefined) {
    const statement = `The objectives of ${nameOf(asked)} hold in the window.`;
    return { conclusion: 'no-impact', claims: [measuredOf(statement, evidence)] };
  }
  if (judged.length === 0) {
    const statement = 'No application received requests in the window, so no objective could be judged.';
    return { conclusion: 'no-data', claims: [measuredOf(statement, evidence)] };
  }
  const statement = `All objectives of ${formatValue(judged.length, 'count')} applications with traffic hold in the window.`;
  return { conclusion: 'no-impact', claims: [measuredOf(statement, evidence)] };
}

/** That nothing was found, where the trail ends, and how much was looked at. */
function noCause(
  first: ImpactedApplication,
  examined: Examined,
  propagation: Propagation | undefined,
  nameOf: (id: ApplicationId) => string,
): readonly Claim[] {
  const troubled = propagation?.reached.filter((one) => one.direction === 'server' && one.reach > 0.6) ?? [];
  const deepest = [...troubled].sort((a, b) => b.path.length - a.path.length)[0];
  const claim = (statement: string): Claim => ({
    statement,
    basis: 'concluded',
    evidence: first.evidence,
  });
  const count = (value: number, one: string): string =>
    `${formatValue(value, 'count')} ${value === 1 ? one : one === 'dependency' ? 'dependencies' : `${one}s`}`;
  return [
    claim('No cause is visible in the collected signals.'),
    ...(deepest && deepest.application.id !== first.application
      ? [claim(`The trouble can be followed to ${nameOf(deepest.application.id)}.`)]
      : []),
    claim(
      `Examined were ${count(examined.applications, 'application')} with ${count(examined.instances, 'instance')} on ${count(examined.nodes, 'node')}, ${count(examined.dependencies, 'dependency')} and ${count(examined.suspects, 'possible cause')}.`,
    ),
  ];
}
