import { milliseconds } from '@gumshoe/base/time';
import { REQUEST_SOURCES } from '@gumshoe/schema/metrics/requests';
import type { ApplicationId, ApplicationKind, InstanceId, NodeId } from '../entities.ts';
import type { Application, Column, Dependency, Instance, InstanceState } from '../world.ts';
import type { Building } from './context.ts';
import { compareText } from './dependencies.ts';
import { finishDns } from './dns.ts';
import type { ApplicationDraft, InstanceDraft } from './drafts.ts';
import { downtimesOf, mergeInstants, type Instants } from './presence.ts';

/** Kinds whose instances get new names when they are replaced, or that are meant to end. */
const REPLACEABLE: ReadonlySet<ApplicationKind> = new Set([
  'Deployment',
  'DaemonSet',
  'Pod',
  'Job',
  'CronJob',
]);
const PERIODIC: ReadonlySet<ApplicationKind> = new Set(['Job', 'CronJob']);
/** An instance born this close to another's end has taken its place, ms. */
const REPLACEMENT_WINDOW = 5 * 60_000;
/** Something that never listened and ended within this time was a job, ms. */
const SHORT_LIFE = 10 * 60_000;
/** Fewer open-socket samples than this prove no server. */
const MIN_LISTEN_SAMPLES = 3;
/** Where several programs run in one container, the most telling type comes first. */
const TYPE_ORDER = ['postgres', 'redis', 'mysql', 'mongodb', 'memcached', 'nginx', 'nodejs', 'python'];

export function buildApplication(
  building: Building,
  id: ApplicationId,
  upstreams: readonly Dependency[],
  downstreams: readonly Dependency[],
  nameInstance: (instance: InstanceDraft) => InstanceId,
): Application {
  const draft = building.registry.applications.get(id);
  const edges = [...upstreams, ...downstreams];
  const { context } = building;
  if (draft === undefined) return externalService(id, upstreams, downstreams);
  const instances = markReplaced(
    [...draft.instances.values()].map((instance) =>
      buildInstance(building, instance, nameInstance(instance)),
    ),
    draft.identity.kind,
  ).sort((a, b) => compareText(a.id, b.id));
  const type = typeOf(draft);
  return {
    id,
    name: draft.identity.application,
    namespace: draft.namespace,
    kind: draft.identity.kind,
    ...(type === undefined ? {} : { type }),
    instances,
    inbound: REQUEST_SOURCES.flatMap((protocol) => draft.inbound.get(protocol)?.finish() ?? []),
    upstreams,
    downstreams,
    postgres: draft.postgres,
    redis: draft.redis,
    mysql: draft.mysql,
    mongodb: draft.mongodb,
    memcached: draft.memcached,
    ...(draft.postgresBackups ? { postgresBackups: draft.postgresBackups } : {}),
    logs: [...draft.logs].sort((a, b) => compareText(a.level + a.pattern, b.level + b.pattern)),
    ...(draft.dns ? { dns: finishDns(draft.dns) } : {}),
    operations: [...draft.operations.values()].sort((a, b) => compareText(a.name, b.name)),
    serviceNames: [...draft.serviceNames].sort(compareText),
    firstSeen: milliseconds(
      Math.min(
        ...instances.map((instance) => instance.firstSeen),
        ...edges.map((edge) => edge.firstSeen),
        ...(draft.operations.size > 0 ? [context.grid.from] : []),
      ),
    ),
    lastSeen: milliseconds(
      Math.max(
        0,
        ...instances.map((instance) => instance.lastSeen),
        ...(instances.length === 0 ? edges.map((edge) => edge.lastSeen) : []),
      ),
    ),
  };
}

function typeOf(draft: ApplicationDraft): string | undefined {
  const known = TYPE_ORDER.find((type) => draft.types.has(type));
  if (known) return known;
  if (draft.postgres.length > 0 || draft.inbound.has('postgres')) return 'postgres';
  if (draft.redis.length > 0 || draft.inbound.has('redis')) return 'redis';
  if (draft.mysql.length > 0) return 'mysql';
  if (draft.mongodb.length > 0) return 'mongodb';
  if (draft.memcached.length > 0) return 'memcached';
  return [...draft.types].sort(compareText)[0];
}

function externalService(
  id: ApplicationId,
  upstreams: readonly Dependency[],
  downstreams: readonly Dependency[],
): Application {
  const [namespace = '_', , ...name] = id.split(':');
  const edges = [...upstreams, ...downstreams];
  return {
    id,
    name: name.join(':'),
    namespace,
    kind: 'ExternalService',
    instances: [],
    inbound: [],
    upstreams,
    downstreams,
    postgres: [],
    redis: [],
    mysql: [],
    mongodb: [],
    memcached: [],
    logs: [],
    operations: [],
    serviceNames: [],
    firstSeen: milliseconds(Math.min(...edges.map((edge) => edge.firstSeen))),
    lastSeen: milliseconds(Math.max(...edges.map((edge) => edge.lastSeen))),
  };
}

function buildInstance({ context }: Building, draft: InstanceDraft, id: InstanceId): Instance {
  const seen = mergeInstants(draft.seen.length > 0 ? draft.seen : draft.listening);
  const listening = mergeInstants(draft.listening);
  const source = context.heartbeat(draft.node);
  const alive = listening.length >= MIN_LISTEN_SAMPLES ? listening : seen;
  const downtimes = downtimesOf(alive, source, context.staleness);
  const lastSeen = Math.max(seen.at(-1) ?? 0, listening.at(-1) ?? 0);
  const column = (name: Parameters<typeof draft.columns.get>[0]): Column =>
    draft.columns.get(name) ?? context.resampler.column();
  const optional = <K extends 'cpuLimit' | 'cpuThrottled' | 'cpuDelay' | 'memoryLimit' | 'memoryPressure'>(
    name: K,
  ): { [P in K]?: Column } => {
    const found = draft.columns.get(name);
    return (found ? { [name]: found } : {}) as { [P in K]?: Column };
  };
  return {
    id,
    node: draft.node as NodeId,
    containerIds: [...draft.containerIds].sort(compareText),
    state: stateOf(context.grid.from + (context.grid.points - 1) * context.grid.step, source, downtimes),
    firstSeen: milliseconds(Math.min(seen[0] ?? Infinity, listening[0] ?? Infinity, lastSeen)),
    lastSeen: milliseconds(lastSeen),
    downtimes,
    addresses: [...draft.addresses.keys()].sort(compareText),
    cpuUsage: column('cpuUsage'),
    ...optional('cpuLimit'),
    ...optional('cpuThrottled'),
    ...optional('cpuDelay'),
    memoryRss: column('memoryRss'),
    ...optional('memoryLimit'),
    ...optional('memoryPressure'),
    oomKills: column('oomKills'),
    restarts: column('restarts'),
    images: [...draft.images].sort((a, b) => a.at - b.at || compareText(a.image, b.image)),
    disks: [...draft.disks.values()],
    ...(draft.served ? { served: draft.served } : {}),
    signals: draft.signals,
  };

  function stateOf(end: number, heartbeat: Instants, stops: Instance['downtimes']): InstanceState {
    const sourceLast = heartbeat.at(-1);
    if (sourceLast === undefined || end - sourceLast > 1.6 * context.staleness) return 'unknown';
    const last = stops.at(-1);
    if (last === undefined || last.to !== undefined) return 'up';
    const served = listening.length > 0 || draft.application.inbound.size > 0;
    return !served && lastSeen - (seen[0] ?? 0) < SHORT_LIFE ? 'finished' : 'down';
  }
}

/** An ended instance whose place another has taken is no outage; neither is a job that finished. */
function markReplaced(instances: readonly Instance[], kind: ApplicationKind): Instance[] {
  if (!REPLACEABLE.has(kind)) return [...instances];
  return instances.map((instance) => {
    const end = instance.downtimes.at(-1)?.from;
    if ((instance.state !== 'down' && instance.state !== 'finished') || end === undefined) return instance;
    const successor = instances.some(
      (other) => other !== instance && Math.abs(other.firstSeen - end) <= REPLACEMENT_WINDOW,
    );
    return PERIODIC.has(kind) || successor ? { ...instance, state: 'replaced' } : instance;
  });
}
