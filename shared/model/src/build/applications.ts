import { milliseconds } from '@gumshoe/base/time';
import { REQUEST_SOURCES } from '@gumshoe/schema/metrics/requests';
import {
  PERIODIC_KINDS,
  type ApplicationId,
  type ApplicationKind,
  type InstanceId,
  type NodeId,
} from '../entities.ts';
import type { Application, Column, Dependency, Instance, InstanceState } from '../world.ts';
import type { Categories } from './categories.ts';
import type { OutsideDatabases } from './attach-databases.ts';
import { sortedLags } from './consumer-lags.ts';
import type { Building } from './context.ts';
import { compareText } from './dependencies.ts';
import type { ExternalDraft } from './destinations.ts';
import { finishDns } from './dns.ts';
import type { ApplicationDraft, InstanceDraft } from './drafts.ts';
import { podFacts, type WantedReplicas } from './pods.ts';
import { applicationType, spokenTo } from './types.ts';
import { downtimesOf, lowerBound, mergeInstants, type Instants } from './presence.ts';

/** Kinds whose instances get new names when they are replaced, or that are meant to end. */
const REPLACEABLE: ReadonlySet<ApplicationKind> = new Set([
  'Deployment',
  'DaemonSet',
  'ReplicaSet',
  'Pod',
  'Job',
  'CronJob',
  'DockerSwarmService',
  'NomadJobGroup',
  'SparkApplication',
  'Workflow',
  'CustomApplication',
]);
/** An instance born this close to another's end has taken its place, ms. */
const REPLACEMENT_WINDOW = 5 * 60_000;
/** Something that never listened and ended within this time was a job, ms. */
const SHORT_LIFE = 10 * 60_000;
/** Fewer open-socket samples than this prove no server. */
const MIN_LISTEN_SAMPLES = 3;

/** What finished applications are made with. */
export interface Finish {
  readonly nameInstance: (instance: InstanceDraft) => InstanceId;
  readonly externals: ReadonlyMap<ApplicationId, ExternalDraft>;
  /** Probed servers of applications outside. */
  readonly outside: OutsideDatabases;
  readonly categories: Categories;
  readonly wanted: WantedReplicas;
}

export function buildApplication(
  building: Building,
  id: ApplicationId,
  upstreams: readonly Dependency[],
  downstreams: readonly Dependency[],
  finish: Finish,
): Application {
  const draft = building.registry.applications.get(id);
  const edges = [...upstreams, ...downstreams];
  const { context } = building;
  const { nameInstance, categories, wanted } = finish;
  if (draft === undefined) return externalService(id, upstreams, downstreams, finish);
  const instances = markReplaced(
    [...draft.instances.values()].map((instance) =>
      buildInstance(building, instance, nameInstance(instance)),
    ),
    draft.identity.kind,
  ).sort((a, b) => compareText(a.id, b.id));
  const type = typeOf(draft, downstreams);
  const { application: name, kind, cluster } = draft.identity;
  const replicas = wanted.of(draft);
  const annotations = annotationsOf(draft);
  return {
    id,
    name,
    namespace: draft.namespace,
    kind,
    ...(cluster === '' ? {} : { cluster }),
    category: draft.category ?? categories.of(draft.namespace, name),
    ...(replicas ? { replicas } : {}),
    ...(annotations ? { annotations } : {}),
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
    consumerLags: sortedLags(draft.consumerLags),
    ...(draft.postgresBackups ? { postgresBackups: draft.postgresBackups } : {}),
    logs: [...draft.logs].sort((a, b) => compareText(a.level + a.pattern, b.level + b.pattern)),
    ...(draft.dns ? { dns: finishDns(draft.dns) } : {}),
    certificates: [...draft.certificates].sort((a, b) => compareText(a.name, b.name)),
    exposedBy: [...draft.exposedBy].sort((a, b) => compareText(a.service, b.service)),
    operations: [...draft.operations.values()].sort((a, b) => compareText(a.name, b.name)),
    serviceNames: [...draft.serviceNames].sort(compareText),
    firstSeen: milliseconds(
      Math.min(
        leastOf(instances, ({ firstSeen }) => firstSeen),
        leastOf(edges, ({ firstSeen }) => firstSeen),
        draft.operations.size > 0 ? context.grid.from : Infinity,
      ),
    ),
    lastSeen: milliseconds(
      Math.max(
        0,
        greatestOf(instances, ({ lastSeen }) => lastSeen),
        instances.length === 0 ? greatestOf(edges, ({ lastSeen }) => lastSeen) : 0,
      ),
    ),
  };
}

function typeOf(draft: ApplicationDraft, downstreams: readonly Dependency[]): string | undefined {
  const probed = (['postgres', 'redis', 'mysql', 'mongodb', 'memcached'] as const).filter(
    (database) => draft[database].length > 0,
  );
  return applicationType({
    types: draft.types,
    serves: draft.inbound.size > 0 ? new Set(draft.inbound.keys()) : spokenTo(downstreams),
    probed,
    images: [...draft.instances.values()].flatMap(({ images }) => images),
  });
}

const ANNOTATION = 'annotation_coroot_com_';

/** What its pods are annotated with under coroot.com/. */
function annotationsOf({ instances }: ApplicationDraft): Application['annotations'] {
  const found = [...instances.values()]
    .flatMap(({ pod }) => (pod ? [pod] : []))
    .sort((a, b) => compareText(a.name, b.name))
    .flatMap((pod) => Object.entries(pod.annotations))
    .filter(([name]) => name.startsWith(ANNOTATION))
    .map(([name, value]) => [name.slice(ANNOTATION.length), value] as const);
  return found.length > 0 ? Object.fromEntries(found) : undefined;
}

const NO_SIGNS = { types: new Set<string>(), probed: [], images: [] };

function externalService(
  id: ApplicationId,
  upstreams: readonly Dependency[],
  downstreams: readonly Dependency[],
  { externals, outside, categories }: Finish,
): Application {
  const { name = id, namespace = '_', cluster = '' } = externals.get(id) ?? {};
  const edges = [...upstreams, ...downstreams];
  const type = applicationType({ ...NO_SIGNS, serves: spokenTo(downstreams) });
  return {
    id,
    name,
    namespace,
    kind: 'ExternalService',
    ...(type === undefined ? {} : { type }),
    ...(cluster === '' ? {} : { cluster }),
    category: categories.of(namespace, name),
    instances: [],
    inbound: [],
    upstreams,
    downstreams,
    ...outside.behind(downstreams, cluster),
    consumerLags: [],
    exposedBy: [],
    certificates: [],
    logs: [],
    operations: [],
    serviceNames: [],
    firstSeen: milliseconds(leastOf(edges, ({ firstSeen }) => firstSeen)),
    lastSeen: milliseconds(greatestOf(edges, ({ lastSeen }) => lastSeen)),
  };
}

const leastOf = <T>(list: readonly T[], of: (one: T) => number): number =>
  list.reduce((least, one) => Math.min(least, of(one)), Infinity);
const greatestOf = <T>(list: readonly T[], of: (one: T) => number): number =>
  list.reduce((greatest, one) => Math.max(greatest, of(one)), -Infinity);

function buildInstance(building: Building, draft: InstanceDraft, id: InstanceId): Instance {
  const { context } = building;
  const seen = mergeInstants(draft.seen.length > 0 ? draft.seen : draft.listening);
  const listening = mergeInstants(draft.listening);
  const source = draft.reported?.source ?? context.heartbeat(draft.node);
  const alive = listening.length >= MIN_LISTEN_SAMPLES ? listening : seen;
  const downtimes = downtimesOf(alive, source, context.stalenessOf({ timestamps: alive }));
  const lastSeen = Math.max(seen.at(-1) ?? 0, listening.at(-1) ?? 0);
  const column = (name: Parameters<typeof draft.columns.get>[0]): Column =>
    draft.columns.get(name) ?? context.resampler.empty;
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
    ...(draft.role === undefined ? {} : { role: draft.role }),
    ...(draft.pod ? { pod: podFacts(building, draft.pod) } : {}),
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
    exposed: draft.exposed,
  };

  function stateOf(end: number, heartbeat: Instants, stops: Instance['downtimes']): InstanceState {
    const sourceLast = heartbeat.at(-1);
    const silence = 1.6 * context.stalenessOf({ timestamps: heartbeat });
    if (sourceLast === undefined || end - sourceLast > silence) return 'unknown';
    const last = stops.at(-1);
    if (last === undefined || last.to !== undefined) return draft.reported?.up === false ? 'down' : 'up';
    const { pod, application } = draft;
    if (pod && REPLACEABLE.has(application.identity.kind) && building.kubernetes.isDeleted(pod))
      return 'replaced';
    if (draft.reported) return 'down';
    const served = listening.length > 0 || draft.application.inbound.size > 0;
    return !served && lastSeen - (seen[0] ?? 0) < SHORT_LIFE ? 'finished' : 'down';
  }
}

/** An ended instance whose place another has taken is no outage; neither is a job that finished. */
function markReplaced(instances: Instance[], kind: ApplicationKind): Instance[] {
  if (!REPLACEABLE.has(kind)) return instances;
  const births = Float64Array.from(instances, ({ firstSeen }) => firstSeen).sort();
  return instances.map((instance) => {
    const end = instance.downtimes.at(-1)?.from;
    if ((instance.state !== 'down' && instance.state !== 'finished') || end === undefined) return instance;
    const near = countWithin(births, end - REPLACEMENT_WINDOW, end + REPLACEMENT_WINDOW);
    const own = Math.abs(instance.firstSeen - end) <= REPLACEMENT_WINDOW ? 1 : 0;
    return PERIODIC_KINDS.has(kind) || near > own ? { ...instance, state: 'replaced' } : instance;
  });
}

function countWithin(sorted: Float64Array, from: number, to: number): number {
  let n = 0;
  for (let i = lowerBound(sorted, from); i < sorted.length && sorted[i]! <= to && n < 2; i++) n++;
  return n;
}
