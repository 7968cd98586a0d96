import type { Labels, Series } from '@gumshoe/base/series';
import type { RequestSource } from '@gumshoe/schema/metrics/requests';
import type { DatabaseTarget, LabelledColumn, MongodbTarget, PostgresBackups } from '../database-target.ts';
import type { ApplicationId } from '../entities.ts';
import type {
  CertificateColumns,
  Column,
  ConsumerLagColumns,
  DiskColumns,
  DnsQuestion,
  ImageChange,
  LogPatternColumns,
  OperationColumns,
  PostgresTarget,
  RedisTarget,
  ServedColumns,
  ServiceExposure,
} from '../world.ts';
import { applicationId } from './identity.ts';
import type { PodState } from './kubernetes.ts';
import type { Place } from './listen-index.ts';
import type { Resampler } from './resample.ts';
import type { RequestDraft } from './request-draft.ts';
import { ServiceNames } from './service-names.ts';
import type { WorkloadIdentity, Workloads } from './workloads.ts';

/** An application while its series are being read. */
export interface ApplicationDraft {
  readonly id: ApplicationId;
  readonly identity: WorkloadIdentity;
  readonly namespace: string;
  /** Said by an annotation of its pods. */
  category: string | undefined;
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
  readonly consumerLags: ConsumerLagColumns[];
  readonly logs: LogPatternColumns[];
  dns?: DnsDraft;
  readonly exposedBy: ServiceExposure[];
  readonly certificates: CertificateColumns[];
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
  role: string | undefined;
  pod: PodState | undefined;
  /** Of an instance without containers: who tells of it, and whether it serves. */
  reported: { readonly source: Float64Array; readonly up: boolean } | undefined;
  readonly containerIds: Set<string>;
  readonly addresses: Map<string, number>;
  readonly columns: Map<ResourceColumn, Column>;
  readonly images: ImageChange[];
  readonly disks: Map<string, DiskColumns>;
  readonly signals: Map<string, Column>;
  readonly exposed: Map<string, LabelledColumn>;
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
  /** Changes once it is known who is on the network of the host. */
  place: Place;
}

/** What the registry has to know of the world before it can name anything. */
export interface Naming {
  readonly hostnames: ReadonlyMap<string, string>;
  readonly workloads: Workloads;
  readonly clusterOf: (labels: Labels) => string;
}

/** Containers, instances and applications by the labels of their series. */
export class DraftRegistry {
  readonly applications = new Map<ApplicationId, ApplicationDraft>();
  readonly containers = new Map<string, ContainerDraft>();
  readonly #naming: Naming;
  readonly #services: ServiceNames;
  /** Series of one container come one after the other. */
  #last: { readonly id: string; readonly node: string; readonly container: ContainerDraft } | undefined;

  constructor(naming: Naming) {
    this.#naming = naming;
    this.#services = new ServiceNames(this.applications);
  }

  /** The container a series belongs to, created at first sight; undefined for series of other scopes. */
  containerOf({ labels }: Series): ContainerDraft | undefined {
    const { container_id: id, machine_id: node = '' } = labels;
    if (!id) return undefined;
    const last = this.#last;
    const cluster = this.#naming.clusterOf(labels);
    if (last?.id === id && last.node === node && last.container.place.cluster === cluster)
      return last.container;
    const key = `${cluster}\u0000${node}\u0000${id}`;
    const known = this.containers.get(key);
    const container = known ?? this.#newContainer(id, node, cluster);
    if (known === undefined) this.containers.set(key, container);
    if (labels.app_id) container.instance.application.serviceNames.add(labels.app_id);
    this.#last = { id, node, container };
    return container;
  }

  #newContainer(containerId: string, node: string, cluster: string): ContainerDraft {
    const identity = this.#naming.workloads.ofContainer(containerId, cluster);
    const instance = this.instanceOf(identity, node);
    instance.containerIds.add(containerId);
    instance.application.serviceNames.add(containerId);
    return { containerId, node, instance, place: { cluster, node, netns: netnsOf(containerId, instance) } };
  }

  /** As `ServiceNames.find`, created at first sight. */
  serviceOf(name: string, cluster: string): ApplicationDraft {
    return this.#services.find(name, cluster) ?? this.#services.add(newService(name, cluster));
  }

  /** The application that calls itself so in spans and log records. */
  findService(name: string, cluster: string): ApplicationDraft | undefined {
    return this.#services.find(name, cluster);
  }

  /** Lays down who calls itself so, before anybody has to guess. */
  nameService(name: string, application: ApplicationDraft): void {
    this.#services.name(name, application);
  }

  instanceOf(identity: WorkloadIdentity, node: string): InstanceDraft {
    const application = this.applicationOf(identity, node);
    if (identity.category) application.category = identity.category;
    if (identity.type) application.types.add(identity.type);
    const key = `${identity.instance}\u0000${node}`;
    let instance = application.instances.get(key);
    if (instance === undefined) {
      instance = newInstance(application, identity.instance, node);
      application.instances.set(key, instance);
    }
    instance.role ??= identity.role;
    instance.pod ??= identity.pod;
    return instance;
  }

  applicationOf(identity: WorkloadIdentity, node: string): ApplicationDraft {
    const host = this.#naming.hostnames.get(node) ?? node.slice(0, 12);
    const namespace = identity.hostBound ? host || '_' : identity.namespace;
    const id = applicationId(namespace, identity.kind, identity.application, identity.cluster);
    let application = this.applications.get(id);
    if (application === undefined) {
      application = newApplication(id, identity, namespace);
      this.applications.set(id, application);
    }
    return application;
  }
}

/** Containers of a pod share a network namespace, and what runs in no container has its host's. */
function netnsOf(containerId: string, instance: InstanceDraft): string {
  const { node, pod, name } = instance;
  if (pod?.hostNetwork) return node;
  if (containerId.startsWith('/k8s/')) return `${node} pod ${instance.application.namespace}/${name}`;
  return /^\/(docker|containerd|crio|podman|lxc|nspawn|swarm|nomad|k8s-cronjob|sandbox)\//.test(containerId)
    ? `${node} ${containerId}`
    : node;
}

function newService(name: string, cluster: string): ApplicationDraft {
  const identity = {
    namespace: '_',
    kind: 'Service',
    application: name,
    instance: name,
    hostBound: false,
    cluster,
  } as const;
  const made = newApplication(applicationId('_', 'Service', name, cluster), identity, '_');
  made.serviceNames.add(name);
  return made;
}

function newApplication(id: ApplicationId, identity: WorkloadIdentity, namespace: string): ApplicationDraft {
  return {
    id,
    identity,
    namespace,
    category: undefined,
    instances: new Map(),
    inbound: new Map(),
    types: new Set(),
    serviceNames: new Set(),
    postgres: [],
    redis: [],
    mysql: [],
    mongodb: [],
    memcached: [],
    consumerLags: [],
    exposedBy: [],
    certificates: [],
    logs: [],
    operations: new Map(),
  };
}

function newInstance(application: ApplicationDraft, name: string, node: string): InstanceDraft {
  return {
    application,
    name,
    node,
    role: undefined,
    pod: undefined,
    reported: undefined,
    containerIds: new Set(),
    addresses: new Map(),
    columns: new Map(),
    images: [],
    disks: new Map(),
    signals: new Map(),
    exposed: new Map(),
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
