import type { Series } from '@gumshoe/base/series';
import type { RequestSource } from '@gumshoe/schema/metrics/requests';
import type { DatabaseTarget, MongodbTarget, PostgresBackups } from '../database-target.ts';
import type { ApplicationId } from '../entities.ts';
import type {
  Column,
  DiskColumns,
  DnsQuestion,
  ImageChange,
  LogPatternColumns,
  OperationColumns,
  PostgresTarget,
  RedisTarget,
  ServedColumns,
} from '../world.ts';
import { applicationId, identifyContainer, type ContainerIdentity } from './identity.ts';
import type { Resampler } from './resample.ts';
import type { RequestDraft } from './request-draft.ts';

/** An application while its series are being read. */
export interface ApplicationDraft {
  readonly id: ApplicationId;
  readonly identity: ContainerIdentity;
  readonly namespace: string;
  readonly instances: Map<string, InstanceDraft>;
  readonly inbound: Map<RequestSource, RequestDraft>;
  readonly types: Set<string>;
  readonly serviceNames: Set<string>;
  readonly postgres: PostgresTarget[];
  readonly redis: RedisTarget[];
  readonly mysql: DatabaseTarget[];
  readonly mongodb: MongodbTarget[];
  readonly memcached: DatabaseTarget[];
  postgresBackups?: PostgresBackups;
  readonly logs: LogPatternColumns[];
  dns?: DnsDraft;
  readonly operations: Map<string, OperationColumns>;
}

export interface DnsDraft {
  readonly questions: Map<string, DnsQuestion & { readonly byStatus: Map<string, Column> }>;
  readonly buckets: Map<number, Column>;
}

export interface InstanceDraft {
  readonly application: ApplicationDraft;
  readonly name: string;
  readonly node: string;
  readonly containerIds: Set<string>;
  readonly addresses: Map<string, number>;
  readonly columns: Map<ResourceColumn, Column>;
  readonly images: ImageChange[];
  readonly disks: Map<string, DiskColumns>;
  readonly signals: Map<string, Column>;
  served: ServedColumns | undefined;
  /** Sample times of its containers, and of its open listening sockets. */
  readonly seen: Float64Array[];
  readonly listening: Float64Array[];
}

export type ResourceColumn =
  | 'cpuUsage'
  | 'cpuLimit'
  | 'cpuThrottled'
  | 'cpuDelay'
  | 'memoryRss'
  | 'memoryLimit'
  | 'memoryPressure'
  | 'oomKills'
  | 'restarts';

/** One container on one node. */
export interface ContainerDraft {
  readonly containerId: string;
  readonly node: string;
  readonly instance: InstanceDraft;
}

/** Containers, instances and applications by the labels of their series. */
export class DraftRegistry {
  readonly applications = new Map<ApplicationId, ApplicationDraft>();
  readonly containers = new Map<string, ContainerDraft>();
  readonly #hostnames: ReadonlyMap<string, string>;
  readonly #services = new Map<string, ApplicationDraft>();

  constructor(hostnames: ReadonlyMap<string, string>) {
    this.#hostnames = hostnames;
  }

  /** The container a series belongs to, created at first sight; undefined for series of other scopes. */
  containerOf(series: Series): ContainerDraft | undefined {
    const { container_id: containerId, machine_id: node = '' } = series.labels;
    if (!containerId) return undefined;
    const key = `${node}\u0000${containerId}`;
    const known = this.containers.get(key);
    if (known) return known;
    const instance = this.#instanceFor(identifyContainer(containerId), node);
    instance.containerIds.add(containerId);
    const { serviceNames } = instance.application;
    serviceNames.add(containerId);
    if (series.labels.app_id) serviceNames.add(series.labels.app_id);
    const draft = { containerId, node, instance };
    this.containers.set(key, draft);
    return draft;
  }

  /** The application that calls itself so in spans and log records, created at first sight when none does. */
  serviceOf(name: string): ApplicationDraft {
    const known = this.findService(name);
    if (known) return known;
    const id = applicationId('_', 'Service', name);
    const identity = {
      namespace: '_',
      kind: 'Service',
      application: name,
      instance: name,
      hostBound: false,
    } as const;
    const made = newApplication(id, identity, '_');
    made.serviceNames.add(name);
    this.applications.set(id, made);
    this.#services.set(name, made);
    return made;
  }

  /** As `serviceOf`, without creating. */
  findService(name: string): ApplicationDraft | undefined {
    const known = this.#services.get(name) ?? this.#guess(name);
    if (!known) return undefined;
    this.#services.set(name, known);
    known.serviceNames.add(name);
    return known;
  }

  /** By a name under which its collector stores spans, else by its own name where just one has that. */
  #guess(name: string): ApplicationDraft | undefined {
    const all = [...this.applications.values()];
    const named = all.filter((one) => one.serviceNames.has(name));
    if (named.length > 0) return named.length === 1 ? named[0] : undefined;
    const plain = name.toLowerCase();
    const same = all.filter((one) => one.identity.application.toLowerCase() === plain);
    if (same.length > 0) return same.length === 1 ? same[0] : undefined;
    // names of pods that follow no known scheme still begin with what they belong to
    const owned = all.filter((one) => one.identity.application.toLowerCase().startsWith(`${plain}-`));
    return owned.length === 1 ? owned[0] : undefined;
  }

  #instanceFor(identity: ContainerIdentity, node: string): InstanceDraft {
    const host = this.#hostnames.get(node) ?? node.slice(0, 12);
    const namespace = identity.hostBound ? host || '_' : identity.namespace;
    const id = applicationId(namespace, identity.kind, identity.application);
    let application = this.applications.get(id);
    if (application === undefined) {
      application = newApplication(id, identity, namespace);
      this.applications.set(id, application);
    }
    const key = `${identity.instance}\u0000${node}`;
    let instance = application.instances.get(key);
    if (instance === undefined) {
      instance = newInstance(application, identity.instance, node);
      application.instances.set(key, instance);
    }
    return instance;
  }
}

function newApplication(id: ApplicationId, identity: ContainerIdentity, namespace: string): ApplicationDraft {
  return {
    id,
    identity,
    namespace,
    instances: new Map(),
    inbound: new Map(),
    types: new Set(),
    serviceNames: new Set(),
    postgres: [],
    redis: [],
    mysql: [],
    mongodb: [],
    memcached: [],
    logs: [],
    operations: new Map(),
  };
}

function newInstance(application: ApplicationDraft, name: string, node: string): InstanceDraft {
  return {
    application,
    name,
    node,
    containerIds: new Set(),
    addresses: new Map(),
    columns: new Map(),
    images: [],
    disks: new Map(),
    signals: new Map(),
    served: undefined,
    seen: [],
    listening: [],
  };
}

/** The instance's column of that name, created empty. */
export function columnFor(instance: InstanceDraft, name: ResourceColumn, resampler: Resampler): Column {
  let column = instance.columns.get(name);
  if (column === undefined) instance.columns.set(name, (column = resampler.column()));
  return column;
}
