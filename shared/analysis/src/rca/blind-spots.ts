import { formatValue } from '@gumshoe/base/units';
import { sumOf } from '@gumshoe/model/columns';
import { nameInId } from '@gumshoe/model/entities';
import type { Application, World } from '@gumshoe/model/world';
import { clock } from '../inspections/slo-verdict.ts';
import type { EvidenceStore } from './evidence-store.ts';
import type { Frame } from './frame.ts';
import type { ApplicationSight } from './report.ts';

type Blind = ApplicationSight['blind'][number];

/** What a missing signal takes from the confidence in an answer about its application. */
const COST: Readonly<Record<string, number>> = {
  requests: 0.3,
  'all but its clients’ view': 0.15,
  samples: 0.2,
  resources: 0.15,
  probe: 0.15,
  calls: 0.1,
  logs: 0.03,
  spans: 0.02,
};
const MOST_COST = 0.5;

const hasValues = (column: Float64Array): boolean => column.some((value) => value === value);

/** Which signals of an application exist and which do not, or not entirely. */
export function sightOf(application: Application, { world }: Frame, extra: EvidenceStore): ApplicationSight {
  const seen: string[] = [];
  const blind: Blind[] = [];
  const note = (there: boolean, kind: string, missing: () => Omit<Blind, 'signal'>): void => {
    if (there) seen.push(kind);
    else blind.push({ signal: kind, ...missing() });
  };
  const served = application.inbound.length > 0;
  const asked = application.downstreams.some((one) => one.requests.length > 0);
  note(served || asked, 'requests', () => requestsBlind(application));
  if (application.kind === 'ExternalService') {
    blind.push({
      signal: 'all but its clients’ view',
      state: 'opaque',
      reason: 'it runs outside of what the collectors see',
      enable: 'a collector on its host, or spans sent by it',
    });
    return { application: application.id, seen, blind };
  }
  const fromSpansOnly = application.kind === 'Service';
  note(
    application.instances.some((one) => hasValues(one.cpuUsage)),
    'resources',
    () => ({
      state: 'absent',
      reason: fromSpansOnly
        ? 'it is known from its own spans and log records only'
        : 'no samples of its containers',
      enable: 'the node collector where it runs',
    }),
  );
  note(application.logs.length > 0, 'logs', () => ({
    state: 'absent',
    reason: 'it reports no log messages',
    enable: 'its standard output or log files in the collector, or OTLP logs',
  }));
  note(application.operations.length > 0, 'spans', () => ({
    state: 'absent',
    reason: 'no spans of its own',
    enable: 'an OpenTelemetry SDK, or the collector’s spans',
  }));
  if (application.type === 'postgres' || application.type === 'redis')
    note(isProbed(application), 'probe', () => ({
      state: 'absent',
      reason: 'no database probe reports on it: locks, queries and commands are hidden',
      enable: `a ${application.type} probe of the cluster agent`,
    }));
  if (extra.frames.has(application.id)) seen.push('profile');
  blind.push(
    ...sampledSpans(application, world),
    ...opaqueCalls(application),
    ...lostSamples(application, world),
  );
  return { application: application.id, seen, blind };
}

function requestsBlind(application: Application): Omit<Blind, 'signal'> {
  const connected = application.downstreams.length > 0;
  return connected
    ? {
        state: 'opaque',
        reason:
          'its clients’ connections are seen, but not the requests in them (encrypted, or a protocol that is not parsed)',
        enable: 'TLS tracing in the collector, or spans',
      }
    : { state: 'absent', reason: 'nobody counts its requests', enable: 'the node collector, or spans' };
}

/** Below this part of the requests that were counted on the wire, spans are a sample. */
const ALL_SPANS = 0.8;

function sampledSpans({ inbound, operations }: Application, { window }: World): readonly Blind[] {
  const counted = inbound.filter(({ protocol }) => protocol !== 'otel');
  const requests = counted.reduce((sum, { rate }) => sum + sumOf(rate, window), 0);
  const spans = operations.reduce((sum, { rate }) => sum + sumOf(rate, window), 0);
  if (operations.length === 0 || !(requests > 0) || spans >= ALL_SPANS * requests) return [];
  return [
    {
      signal: 'spans',
      state: 'sampled',
      reason: `there are spans for at most ${formatValue(spans / requests, 'ratio')} of its requests`,
      enable: 'a higher share of sampled traces, or tail sampling that keeps slow and failed ones',
    },
  ];
}

/** Connections of its own in which no requests were recognised. */
function opaqueCalls(application: Application): readonly Blind[] {
  const opaque = application.upstreams.filter(
    (one) => one.requests.length === 0 && hasValues(one.tcp.active),
  );
  if (opaque.length === 0) return [];
  return [
    {
      signal: 'calls',
      state: 'opaque',
      reason: `requests to ${opaque.length === 1 ? nameInId(opaque[0]!.server) : `${opaque.length} of its servers`} are seen as connections only`,
      enable: 'TLS tracing in the collector, or spans',
    },
  ];
}

function lostSamples(application: Application, world: World): readonly Blind[] {
  const nodes = new Set<string>(application.instances.map((one) => one.node));
  return world.gaps
    .filter((gap) => nodes.has(gap.node))
    .slice(0, 1)
    .map((gap) => ({
      signal: 'samples',
      state: 'lost',
      reason: `node ${gap.hostname} was silent from ${clock(gap.from)} UTC ${gap.to === undefined ? 'on' : `to ${clock(gap.to)} UTC`}`,
      enable: 'look why its collector or the way to the store failed',
    }));
}

const isProbed = (application: Application): boolean =>
  [...application.postgres, ...application.redis].some((one) => hasValues(one.up));

/** 0..1: what is left of the confidence after what these applications hide. */
export function clarity(sights: readonly ApplicationSight[]): number {
  const cost = sights
    .flatMap((one) => one.blind)
    .reduce((sum, { signal }) => sum + (COST[signal] ?? 0.05), 0);
  return 1 - Math.min(MOST_COST, cost);
}
