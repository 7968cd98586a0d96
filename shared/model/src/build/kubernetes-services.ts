import type { Series } from '@gumshoe/base/series';
import { KUBERNETES_METRICS as K } from '@gumshoe/schema/metrics/kubernetes';
import { parseEndpoint } from './address.ts';
import type { Building } from './context.ts';
import type { ApplicationDraft, InstanceDraft } from './drafts.ts';
import type { ListenIndex } from './listen-index.ts';
import { exposuresOf } from './service-exposure.ts';
import { timeline, type Claim, type OwnedStretch } from './timeline.ts';

/** A Kubernetes service and the application that answers for it; undefined when there is not just one. */
export interface ServiceState {
  readonly cluster: string;
  readonly namespace: string;
  readonly name: string;
  application?: ApplicationDraft;
}

/** `db.shop.svc.cluster.local`, `db-0.db.shop.svc`: the service and its namespace. */
const SERVICE_NAME = /^(?:.+\.)?([^.]+)\.([^.]+)\.svc(?:\.|$)/;

/** Addresses and names of Kubernetes services. */
export class KubernetesServices {
  readonly #services = new Map<string, ServiceState>();
  readonly #byIp = new Map<string, Claim<ServiceState>[]>();
  readonly #byName = new Map<string, ServiceState>();
  readonly #byNodePort = new Map<string, ServiceState>();
  readonly #workloads = new Map<string, ApplicationDraft | undefined>();
  readonly #tolerance: number;

  constructor(building: Building, listens: ListenIndex<InstanceDraft>) {
    const { context, registry } = building;
    this.#tolerance = context.staleness;
    for (const application of registry.applications.values()) {
      const { cluster, application: name } = application.identity;
      const key = keyOf(cluster, application.namespace, name);
      this.#workloads.set(key, this.#workloads.has(key) ? undefined : application);
    }
    for (const series of context.named(K.serviceInfo)) {
      const service = this.#serviceOf(building, series);
      this.#claim(service, series.labels['cluster_ip'] ?? '', series);
      this.#claim(service, series.labels['load_balancer_ip'] ?? '', series);
    }
    for (const series of context.named(K.serviceExternalIp))
      this.#claim(this.#serviceOf(building, series), series.labels['external_ip'] ?? '', series, true);
    for (const series of context.named(K.serviceIngress)) {
      const service = this.#serviceOf(building, series);
      this.#claim(service, series.labels['ip'] ?? '', series, true);
      const hostname = series.labels['hostname']?.toLowerCase();
      if (hostname) this.#byName.set(hostname, service);
    }
    for (const series of context.named(K.servicePort)) {
      const { node_port: port = '' } = series.labels;
      const service = this.#serviceOf(building, series);
      if (port !== '' && port !== '0') this.#byNodePort.set(`${service.cluster}|${port}`, service);
    }
    this.#findApplications(building, listens);
    for (const [key, exposure] of exposuresOf(context))
      this.#services.get(key)?.application?.exposedBy.push(exposure);
  }

  /** Services behind an address over time; empty when there is none. */
  resolve(host: string, cluster: string): readonly OwnedStretch<ServiceState>[] {
    const claims = this.#byIp.get(`${cluster}|${host}`) ?? this.#byIp.get(`|${host}`) ?? [];
    return timeline(claims, this.#tolerance);
  }

  /** By its name in DNS, or that of its load balancer. A service nobody has reported is known by its workload. */
  byName(host: string, cluster: string): ServiceState | undefined {
    const public_ = this.#byName.get(host);
    if (public_) return public_;
    const [, name, namespace] = SERVICE_NAME.exec(host) ?? [];
    if (name === undefined || namespace === undefined) return undefined;
    const known = this.#services.get(keyOf(cluster, namespace, name));
    if (known) return known;
    const application = this.#workloads.get(keyOf(cluster, namespace, name));
    return { cluster, namespace, name, ...(application ? { application } : {}) };
  }

  byNodePort(port: string, cluster: string): ServiceState | undefined {
    return this.#byNodePort.get(`${cluster}|${port}`);
  }

  #serviceOf({ context }: Building, { labels }: Series): ServiceState {
    const { namespace = '', service: name = '' } = labels;
    const cluster = context.clusterOf(labels);
    const key = keyOf(cluster, namespace, name);
    let service = this.#services.get(key);
    if (service === undefined) this.#services.set(key, (service = { cluster, namespace, name }));
    return service;
  }

  #claim(service: ServiceState, address: string, { timestamps }: Series, everywhere = false): void {
    if (address === '' || address === 'None' || address === '<none>') return;
    const { host } = parseEndpoint(address);
    const claim = { subject: service, from: timestamps[0]!, to: timestamps.at(-1)! + 1 };
    for (const key of [`${service.cluster}|${host}`, ...(everywhere ? [`|${host}`] : [])]) {
      const claims = this.#byIp.get(key);
      if (claims) claims.push(claim);
      else this.#byIp.set(key, [claim]);
    }
  }

  /** The one application that owns all of its endpoints, else the workload of the same name. */
  #findApplications({ context }: Building, listens: ListenIndex<InstanceDraft>): void {
    const behind = new Map<ServiceState, Set<ApplicationDraft>>();
    for (const { labels } of context.named(K.endpointAddress)) {
      const cluster = context.clusterOf(labels);
      const service = this.#services.get(keyOf(cluster, labels['namespace'] ?? '', labels['endpoint'] ?? ''));
      if (!service) continue;
      const address = `[${labels['ip'] ?? ''}]:${labels['port_number'] ?? ''}`;
      const owners = listens.resolve(address, { cluster, node: '', netns: '' });
      const owner = owners.findLast(({ certain }) => certain)?.subject.application;
      if (owner === undefined) continue;
      const set = behind.get(service);
      if (set) set.add(owner);
      else behind.set(service, new Set([owner]));
    }
    for (const service of this.#services.values()) {
      const owners = behind.get(service);
      const named = this.#workloads.get(keyOf(service.cluster, service.namespace, service.name));
      const application = owners?.size === 1 ? [...owners][0] : named;
      if (application) service.application = application;
    }
  }
}

const keyOf = (cluster: string, namespace: string, name: string): string => `${cluster}|${namespace}|${name}`;
