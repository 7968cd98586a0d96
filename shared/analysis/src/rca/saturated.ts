import { milliseconds } from '@gumshoe/base/time';
import type { ApplicationId } from '@gumshoe/model/entities';
import type { Application, Column } from '@gumshoe/model/world';
import { incidentId, type OpenedIncident } from '../incidents.ts';
import type { InspectedWorld } from '../inspect.ts';
import { MOST_OBSERVED } from '../anomalies/standing.ts';
import type { UnusualImpact } from '../anomalies/unusual.ts';
import type { CandidateDefinition, Suspicion } from './candidates/define.ts';
import { diskFull } from './candidates/disk-full.ts';
import { LEVELS } from './candidates/levels.ts';
import { networkLoss } from './candidates/network-loss.ts';
import { nodeDisk } from './candidates/node-disk.ts';
import { postgresLock } from './candidates/postgres-lock.ts';
import { redisSlow } from './candidates/redis-slow.ts';
import { NO_EXTRA_EVIDENCE } from './evidence-store.ts';
import { frameOf } from './frame.ts';
import { requestsTo } from './own-trouble.ts';

/** Kinds that are bad by themselves, whatever was before. Not the CPU: some programs use all they get, and do well. */
const ABSOLUTE: readonly CandidateDefinition[] = [
  ...LEVELS,
  diskFull,
  networkLoss,
  nodeDisk,
  postgresLock,
  redisSlow,
];
/** Without a time before, a level counts half: this is most of that. */
const LEAST_MAGNITUDE = 0.28;

/**
 * Applications that serve requests with something used up, in data that is too short to tell what is usual, while no
 * objective is missed. Only asked when nothing else is found.
 */
export function saturatedImpact(inspected: InspectedWorld, application?: ApplicationId): UnusualImpact {
  const { observed, applications } = inspected.world;
  const isShort = observed !== undefined && observed.to - observed.from <= MOST_OBSERVED;
  const found = !isShort
    ? []
    : applications
        .filter((one) => application === undefined || one.id === application)
        .filter((one) => one.kind !== 'ExternalService' && requestsTo(one).length > 0)
        .flatMap((one) => worstOf(inspected, one))
        .sort((a, b) => b.worst.magnitude - a.worst.magnitude || (a.incident.id < b.incident.id ? -1 : 1))
        .slice(0, 1);
  return {
    incidents: found.map(({ incident }) => incident),
    columns: new Map(found.map(({ incident, column }) => [incident.id, column])),
    evidence: new Map(found.map(({ incident, worst }) => [incident.id, worst.evidence])),
  };
}

function worstOf(inspected: InspectedWorld, application: Application) {
  const { world } = inspected;
  const since = world.observed?.from ?? world.range.from;
  const lo = Math.max(0, Math.ceil((since - world.grid.from) / world.grid.step));
  const unknown: Column = new Float64Array(world.grid.points).fill(NaN);
  const whole = incidentOf(application, Math.max(since, world.range.from), { lo, hi: world.grid.points });
  const frame = frameOf(world, application, [whole], unknown);
  const subject = { application, inspected, frame, extra: NO_EXTRA_EVIDENCE };
  const [worst] = ABSOLUTE.flatMap((one) => one.examine(subject)?.suspicions ?? [])
    .filter(({ magnitude }) => magnitude >= LEAST_MAGNITUDE)
    .sort((a, b) => b.magnitude - a.magnitude || (a.title < b.title ? -1 : 1));
  if (!worst) return [];
  return [{ incident: { ...whole, summary: summaryOf(worst) }, worst, column: worst.column ?? unknown }];
}

const summaryOf = ({ title }: Suspicion): string =>
  `${title}, in all of the data; no objective is missed, and there is no time before to compare with.`;

function incidentOf(
  { id, name }: Application,
  since: number,
  cells: OpenedIncident['breach']['cells'],
): OpenedIncident {
  const openedAt = milliseconds(since);
  return {
    id: incidentId(`${id}/saturated`),
    application: id,
    name,
    severity: 'warning',
    openedAt,
    slo: 'latency',
    impact: 0,
    budgetSpent: 0,
    summary: '',
    breach: { cells, onset: openedAt, impact: 0, requests: 0, bad: 0 },
  };
}
