import type { Evidence } from '@gumshoe/model/entities';
import { maxOf, meanOf, sumOf } from '@gumshoe/model/columns';
import type { Application, CellRange, Dependency } from '@gumshoe/model/world';
import { CONTAINER_METRICS, REQUEST_METRICS } from '@gumshoe/schema/metrics/container';
import { promqlEvidence, rateWindow, selectDependency } from '../evidence.ts';
import type { OpenedIncident } from '../incidents.ts';
import type { InspectedApplication, InspectedWorld } from '../inspect.ts';
import { countBad } from '../slo/count-bad.ts';

/** Part of the bad requests that only clients can tell of, from which on their view is shown. */
const MOSTLY = 0.5;

/**
 * What shows an impact. An application's own counters know neither of connections that nobody took nor of requests that
 * never ended: where these make up most of it, the clients' series are the evidence.
 */
export function impactEvidence(inspected: InspectedWorld, incident: OpenedIncident): readonly Evidence[] {
  const one = inspected.byId.get(incident.application);
  const slo = one?.serviceLevel.slos.find(({ kind }) => kind === incident.slo);
  if (!one || !slo) return [];
  const window = { from: incident.openedAt, to: incident.resolvedAt ?? inspected.world.range.to };
  const unseen = refusedEvidence(inspected, one, incident) ?? hangingEvidence(inspected, one, incident);
  if (unseen) return [{ ...unseen, window, onset: incident.openedAt }];
  const { bad, requests, cells } = incident.breach;
  const { budget } = slo;
  const before = budget.badShare(budget.firstCell, cells.lo);
  return slo.evidence.map((evidence) => ({
    ...evidence,
    summary: countBad(slo, bad, requests),
    window,
    value: incident.impact,
    ...(Number.isFinite(before) ? { baselineValue: before } : {}),
    unit: 'ratio',
    onset: incident.openedAt,
  }));
}

function refusedEvidence(
  { world }: InspectedWorld,
  { application, serviceLevel }: InspectedApplication,
  { slo, breach, summary }: OpenedIncident,
): Evidence | undefined {
  const { failedConnects, failed } = serviceLevel.indicators;
  const { cells } = breach;
  if (slo !== 'availability' || !(sumOf(failedConnects, cells) > MOSTLY * sumOf(failed, cells)))
    return undefined;
  const query = ofLinks(application)
    .map(
      (edge) =>
        `(sum(rate(${selectDependency(edge, CONTAINER_METRICS.tcpFailedConnects.name)}${rateWindow(world)})) or vector(0))`,
    )
    .join(' + ');
  return {
    ...promqlEvidence(query, world.range, summary),
    value: meanOf(failedConnects, cells),
    unit: 'per-second',
  };
}

function hangingEvidence(
  { world }: InspectedWorld,
  { application, serviceLevel }: InspectedApplication,
  { slo, breach, summary }: OpenedIncident,
): Evidence | undefined {
  const { stuck, slow, inFlightAge } = serviceLevel.indicators;
  const { cells } = breach;
  if (slo !== 'latency' || !(sumOf(stuck, cells) > MOSTLY * sumOf(slow, cells))) return undefined;
  // whose open requests they are: the clients', or where nobody observes those its own to others
  const clients = ofLinks(application).filter((edge) => hasAge(edge, cells));
  const edges = clients.length > 0 ? clients : application.upstreams.filter((edge) => hasAge(edge, cells));
  const ages = edges.flatMap((edge) =>
    edge.requests.flatMap(({ protocol }) =>
      protocol === 'otel' ? [] : [selectDependency(edge, REQUEST_METRICS[protocol].inFlightAge.name)],
    ),
  );
  if (ages.length === 0) return undefined;
  return {
    ...promqlEvidence(`max(${ages.join(' or ')})`, world.range, summary),
    value: maxOf(inFlightAge, cells),
    unit: 'seconds',
  };
}

const ofLinks = ({ downstreams }: Application): readonly Dependency[] =>
  downstreams.filter((one) => one.links.length > 0);

const hasAge = ({ requests }: Dependency, cells: CellRange): boolean =>
  requests.some(({ inFlightAge }) => inFlightAge !== undefined && maxOf(inFlightAge, cells) > 0);
