import { formatValue } from '@gumshoe/base/units';
import type { ApplicationId } from '@gumshoe/model/entities';
import type { InspectedWorld } from '../inspect.ts';
import { clock } from '../inspections/slo-verdict.ts';
import type { Propagation } from './reach.ts';
import type { ImpactedApplication, RankedCause } from './report.ts';

/** Below this the best suspect is a guess. */
export const LEAST_CONVINCING_SCORE = 0.3;

/** Kinds that say where, not why. */
const PLACES: ReadonlySet<string> = new Set(['service-slow', 'self-time', 'error-origin']);

/** One paragraph a person can act on. */
export function summarize(
  inspected: InspectedWorld,
  impacted: readonly ImpactedApplication[],
  causes: readonly RankedCause[],
  propagation: Propagation | undefined,
  asked?: ApplicationId,
): string {
  const nameOf = (id: ApplicationId): string => inspected.world.byId.get(id)?.name ?? id;
  if (inspected.world.applications.length === 0)
    return 'There is no data in the window, so nothing can be judged.';
  const first = impacted[0];
  if (!first && asked !== undefined) return `The objectives of ${nameOf(asked)} hold in the window.`;
  if (!first) {
    const judged = inspected.applications.filter((one) =>
      one.serviceLevel.slos.some((slo) => slo.requests > 0),
    );
    if (judged.length === 0)
      return 'No application received requests in the window, so no objective could be judged.';
    return `All objectives of ${formatValue(judged.length, 'count')} applications with traffic hold in the window.`;
  }
  const end = first.until === undefined ? 'It goes on.' : `It recovered at ${clock(first.until)} UTC.`;
  const impact = `${first.message} ${end}`;
  const top = causes[0];
  if (!top || top.score < LEAST_CONVINCING_SCORE) return `${impact} ${noCause(first, propagation, nameOf)}`;
  const via = top.path.length > 1 ? ` (${top.path.map(nameOf).join(' → ')})` : '';
  if (PLACES.has(top.kind) && !top.application.includes(':ExternalService:')) {
    return `${impact} No cause is visible in the collected signals, but its place is: ${top.title}${via}. ${top.remediation}`;
  }
  return `${impact} Most likely cause: ${top.title}${via}. ${top.remediation}`;
}

function noCause(
  first: ImpactedApplication,
  propagation: Propagation | undefined,
  nameOf: (id: ApplicationId) => string,
): string {
  const troubled = propagation?.reached.filter((one) => one.direction === 'server' && one.reach > 0.6) ?? [];
  const deepest = [...troubled].sort((a, b) => b.path.length - a.path.length)[0];
  const where =
    deepest && deepest.application.id !== first.application
      ? ` The trouble can be followed to ${nameOf(deepest.application.id)}.`
      : '';
  return `No cause is visible in the collected signals.${where}`;
}
