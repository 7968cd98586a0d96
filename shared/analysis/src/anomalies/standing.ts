import { milliseconds } from '@gumshoe/base/time';
import { formatValue } from '@gumshoe/base/units';
import { sumOf } from '@gumshoe/model/columns';
import type { ApplicationId, Evidence } from '@gumshoe/model/entities';
import type { RequestColumns, World } from '@gumshoe/model/world';
import { incidentId, type OpenedIncident } from '../incidents.ts';
import type { InspectedApplication, InspectedWorld } from '../inspect.ts';
import type { SloResult } from '../slo/evaluate.ts';
import type { UnusualImpact } from './unusual.ts';

/** With more data than this, what was always so is usual, ms. */
export const MOST_OBSERVED = 30 * 60_000;
/** Shares of failed and of slow requests that nobody lives with. */
const LEAST_SHARE = { availability: 0.025, latency: 0.65 } as const;
const LEAST_REQUESTS = 60;
/** Fewer are a reason when one application takes so many times as long in itself as most, and so many seconds. */
const LEAST_SLOW = 0.15;
const TIMES_MOST = 12;
const LEAST_SECONDS = 0.2;
const LEAST_PEERS = 4;

/**
 * Objectives that are missed from the first sample on, where the data begins with or after the trouble: there is no
 * calm time to open an incident against. Only asked when nothing else is found.
 */
export function standingImpact(inspected: InspectedWorld, application?: ApplicationId): UnusualImpact {
  const { world } = inspected;
  const { observed } = world;
  if (!observed || observed.to - observed.from > MOST_OBSERVED)
    return { incidents: [], columns: new Map(), evidence: new Map() };
  const least = { ...LEAST_SHARE, ...(isOneFarSlower(world) ? { latency: LEAST_SLOW } : {}) };
  const found = inspected.applications
    .filter((one) => application === undefined || one.application.id === application)
    .flatMap((one) => one.serviceLevel.slos.map((slo) => ({ one, slo })))
    .filter(({ slo }) => slo.requests >= LEAST_REQUESTS && 1 - slo.compliance >= least[slo.kind])
    .map(({ one, slo }) => {
      const incident = incidentOf(inspected, one, slo, observed.from);
      return { incident, slo, evidence: evidenceOf(incident, slo) };
    })
    .sort(
      (a, b) => b.incident.breach.bad - a.incident.breach.bad || (a.incident.id < b.incident.id ? -1 : 1),
    );
  return {
    incidents: found.map(({ incident }) => incident),
    columns: new Map(found.map(({ incident, slo }) => [incident.id, slo.badShare])),
    evidence: new Map(found.map(({ incident, evidence }) => [incident.id, evidence])),
  };
}

/** Peers have to do where there is no time before: what an application takes in itself, without those it calls. */
function isOneFarSlower({ applications, dependencies, grid }: World): boolean {
  if (dependencies.length === 0) return false;
  const cells = { lo: 0, hi: grid.points };
  const sum = (requests: readonly RequestColumns[], column: 'rate' | 'durationSum'): number =>
    requests.reduce((all, one) => all + sumOf(one[column], cells), 0);
  const own = applications
    .filter(({ kind }) => kind !== 'ExternalService')
    .map(({ inbound, upstreams }) => {
      const waited = upstreams.flatMap(({ requests }) => requests);
      return (sum(inbound, 'durationSum') - sum(waited, 'durationSum')) / sum(inbound, 'rate');
    })
    .filter((seconds) => seconds >= 0)
    .sort((a, b) => a - b);
  const most = own.at(-1) ?? 0;
  return own.length >= LEAST_PEERS && most >= LEAST_SECONDS && most >= TIMES_MOST * own[own.length >> 1]!;
}

function incidentOf(
  { world }: InspectedWorld,
  { application }: InspectedApplication,
  slo: SloResult,
  since: number,
): OpenedIncident {
  const { grid } = world;
  const lo = Math.max(0, Math.ceil((since - grid.from) / grid.step));
  const share = 1 - slo.compliance;
  const what =
    slo.kind === 'availability'
      ? 'failed'
      : `took longer than ${formatValue(slo.threshold ?? 0, 'seconds')} or hung`;
  const onset = milliseconds(Math.max(since, world.range.from));
  return {
    id: incidentId(`${application.id}/${slo.kind}/standing`),
    application: application.id,
    name: application.name,
    severity: 'warning',
    openedAt: onset,
    slo: slo.kind,
    impact: share,
    budgetSpent: 0,
    summary: `${formatValue(share, 'ratio')} of requests to ${application.name} ${what} in all of the data, which does not reach back to the beginning.`,
    breach: { cells: { lo, hi: grid.points }, onset, impact: share, requests: slo.requests, bad: slo.failed },
  };
}

const evidenceOf = (incident: OpenedIncident, slo: SloResult): readonly Evidence[] =>
  slo.evidence.map((one) => ({
    ...one,
    value: incident.impact,
    baselineValue: 1 - slo.objective,
    unit: 'ratio' as const,
    onset: incident.openedAt,
  }));
