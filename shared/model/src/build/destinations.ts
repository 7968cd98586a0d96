import { NODE_METRICS as N } from '@gumshoe/schema/metrics/node';
import type { ApplicationId } from '../entities.ts';
import type { ModelSettings } from '../settings.ts';
import { isBridge, isIp, isLoopback, isPublic, parseEndpoint } from './address.ts';
import type { Building } from './context.ts';
import type { ApplicationDraft, InstanceDraft } from './drafts.ts';
import { ExternalServices } from './external-services.ts';
import { applicationId } from './identity.ts';
import { KubernetesServices, type ServiceState } from './kubernetes-services.ts';
import type { ListenIndex, Place } from './listen-index.ts';
import type { ManagedDatabase } from './managed-databases.ts';
import { hostnamesOf } from './nodes.ts';

/** Where an address leads for a stretch of time. The stretches of an address cover all time. */
export interface Target {
  readonly id: ApplicationId;
  readonly instance?: InstanceDraft;
  readonly from: number;
  readonly to: number;
  /** False where the owner is a guess: attempts that fail are laid to it, success is not. */
  readonly certain: boolean;
}

/** Something outside, or a service of Kubernetes without one application behind it. */
export interface ExternalDraft {
  readonly id: ApplicationId;
  readonly name: string;
  readonly namespace: string;
  readonly cluster: string;
}

type Stretch = Omit<Target, 'id'> & { readonly application: ApplicationDraft };

/**
 * Finds who is meant by an address, in the order: listening sockets (the translated address before the one dialled),
 * Kubernetes services by address, names that DNS told, services by name, external services.
 */
export class Destinations {
  readonly externals = new Map<ApplicationId, ExternalDraft>();
  readonly #listens: ListenIndex<InstanceDraft>;
  readonly #services: KubernetesServices;
  readonly #outside: ExternalServices;
  readonly #names: ReadonlyMap<string, string>;
  readonly #hostnames: ReadonlyMap<string, string>;
  /** Managed databases by host name. */
  readonly #endpoints = new Map<string, ApplicationDraft>();
  readonly #stretches = new Map<string, readonly Stretch[]>();
  readonly #peers = new Map<string, ApplicationId>();
  readonly #targets = new Map<string, readonly Target[]>();

  constructor(
    building: Building,
    listens: ListenIndex<InstanceDraft>,
    settings: ModelSettings,
    managed: readonly ManagedDatabase[],
  ) {
    this.#listens = listens;
    this.#services = new KubernetesServices(building, listens);
    this.#outside = new ExternalServices(settings);
    this.#names = namesOf(building);
    this.#hostnames = hostnamesOf(building.context);
    for (const { endpoint, instance } of managed)
      if (endpoint !== '') this.#endpoints.set(endpoint, instance.application);
  }

  /** Makes an address known before the first is resolved; see `ExternalServices`. */
  announce(destination: string, actual: string, from: Place): void {
    if (settled(this.#ownersOf(destination, actual, from))) return;
    const { host, port } = this.#named(destination || actual, from.cluster);
    if (ofOneMachine(host) || this.#serviceAt(host, from.cluster) !== undefined) return;
    this.#outside.count(host, port);
  }

  resolve(destination: string, actual: string, from: Place): readonly Target[] {
    const key = keyOf(destination, actual, from);
    let targets = this.#targets.get(key);
    if (targets === undefined) {
      const owned = this.#ownersOf(destination, actual, from);
      targets = withoutGaps(
        owned.map(({ application, ...rest }) => ({ id: application.id, ...rest })),
        () => this.external(destination || actual, from),
      );
      this.#targets.set(key, targets);
    }
    return targets;
  }

  /** What an address is called when nobody who is watched answers there. */
  external(address: string, from: Place): ApplicationId {
    const { host, port } = this.#named(address, from.cluster);
    const managed = this.#endpoints.get(host);
    if (managed) return managed.id;
    const service = this.#serviceAt(host, from.cluster);
    if (service?.application) return service.application.id;
    if (service) return this.#add(serviceName(service, port), service.namespace, service.cluster);
    if (ofOneMachine(host)) return this.#add(this.#onMachine(host, port, from), '_', from.cluster);
    const name = this.#outside.nameOf(host, port);
    // private addresses mean another machine in every cluster
    const shared = !isIp(host) || isPublic(host);
    return this.#add(name, '_', shared ? '' : from.cluster);
  }

  /** Somebody unseen in the pods or containers of an application themselves. */
  within(address: string, { identity }: ApplicationDraft): ApplicationId {
    return this.#add(`${address}@${identity.application}`, '_', identity.cluster);
  }

  /** As spans name a peer: a host name or an address, with or without a port, or just a name. */
  ofPeer(name: string, cluster: string): ApplicationId {
    const key = `${cluster}\u0000${name}`;
    let id = this.#peers.get(key);
    if (id === undefined) this.#peers.set(key, (id = this.#findPeer(name, cluster)));
    return id;
  }

  #findPeer(name: string, cluster: string): ApplicationId {
    const { host, port } = parseEndpoint(name);
    const from = { cluster, node: '', netns: '' };
    if (isIp(host)) {
      const owner = this.#ownersOf(name, '', from).findLast(({ certain }) => certain);
      return (
        owner?.application.id ??
        this.#known(this.#named(name, cluster).host, port) ??
        this.#add(name, '_', '')
      );
    }
    const service = this.#endpoints.get(host) ?? this.#services.byName(host, cluster)?.application;
    return service?.id ?? this.#known(host, port) ?? this.#add(name, '_', '');
  }

  /** The one service outside of that name that connections lead to. */
  #known(host: string, port: string): ApplicationId | undefined {
    const [first, ...more] = [...this.externals.values()].filter((one) => {
      const endpoint = parseEndpoint(one.name);
      return endpoint.host === host && (port === '' || endpoint.port === port);
    });
    return more.length === 0 ? first?.id : undefined;
  }

  #add(name: string, namespace: string, cluster: string): ApplicationId {
    const id = applicationId(namespace, 'ExternalService', name, cluster);
    if (!this.externals.has(id)) this.externals.set(id, { id, name, namespace, cluster });
    return id;
  }

  /** By its name, or by an address behind which nobody is. */
  #serviceAt(host: string, cluster: string): ServiceState | undefined {
    const named = this.#services.byName(host, cluster);
    if (named) return named;
    const idle = this.#services.resolve(host, cluster).at(-1)?.subject;
    return idle?.application ? undefined : idle;
  }

  /** `host:port` for loopback of a machine; other addresses that each machine has, with its name. */
  #onMachine(host: string, port: string, { node }: Place): string {
    const machine = this.#hostnames.get(node) ?? node.slice(0, 12);
    const address = port === '' ? host : `${host}:${port}`;
    if (machine === '') return address;
    return isLoopback(host) && port !== '' ? `${machine}:${port}` : `${address}@${machine}`;
  }

  #named(address: string, cluster: string): { readonly host: string; readonly port: string } {
    const { host, port } = parseEndpoint(address);
    return { host: this.#names.get(`${cluster}|${host}`) ?? host, port };
  }

  #ownersOf(destination: string, actual: string, from: Place): readonly Stretch[] {
    const key = keyOf(destination, actual, from);
    let stretches = this.#stretches.get(key);
    if (stretches === undefined) {
      stretches = actual === '' ? [] : this.#listening(actual, from);
      if (stretches.length === 0 && destination !== '') stretches = this.#listening(destination, from);
      if (stretches.length === 0) stretches = this.#service(destination || actual, from);
      this.#stretches.set(key, stretches);
    }
    return stretches;
  }

  #listening(address: string, from: Place): readonly Stretch[] {
    return this.#listens.resolve(address, from).map(({ subject, certain, ...rest }) => ({
      application: subject.application,
      instance: subject,
      certain: certain || keepsAddress(subject),
      ...rest,
    }));
  }

  #service(address: string, from: Place): readonly Stretch[] {
    const { host, port } = parseEndpoint(address);
    if (isLoopback(host)) return [];
    const byIp = this.#services
      .resolve(host, from.cluster)
      .flatMap(({ subject, ...rest }) =>
        subject.application ? [{ application: subject.application, ...rest }] : [],
      );
    if (byIp.length > 0) return byIp;
    const nodePort = this.#listens.isNodeIp(host, from.cluster)
      ? this.#services.byNodePort(port, from.cluster)?.application
      : undefined;
    return nodePort ? [{ application: nodePort, from: -Infinity, to: Infinity, certain: true }] : [];
  }
}

/** Addresses that mean something else on every machine. */
const ofOneMachine = (host: string): boolean => isLoopback(host) || isBridge(host);

/** Equal for callers to whom the address means the same. */
const keyOf = (destination: string, actual: string, { cluster, node, netns }: Place): string =>
  `${destination}\u0000${actual}\u0000${cluster}\u0000${node}\u0000${netns}`;

const serviceName = ({ name, namespace }: ServiceState, port: string): string =>
  `${name}.${namespace}.svc${port === '' ? '' : `:${port}`}`;

/** The address of a machine is not handed to somebody else when a server on it is gone, as that of a pod is. */
function keepsAddress({ application, pod }: InstanceDraft): boolean {
  const { kind } = application.identity;
  return kind === 'SystemdUnit' || kind === 'Process' || pod?.hostNetwork === true;
}

/** Whether somebody is known to own the address at all times. */
function settled(stretches: readonly Stretch[]): boolean {
  let reached = -Infinity;
  for (const { from, to, certain } of stretches) {
    if (!certain || from > reached) return false;
    reached = to;
  }
  return reached === Infinity;
}

function withoutGaps(targets: readonly Target[], external: () => ApplicationId): readonly Target[] {
  const out: Target[] = [];
  let reached = -Infinity;
  const fill = (to: number): void => {
    if (to > reached) out.push({ id: external(), from: reached, to, certain: true });
  };
  for (const target of targets) {
    fill(target.from);
    out.push(target);
    reached = target.to;
  }
  fill(Infinity);
  return out;
}

/** Names by address: of several, the one most nodes know, then the shorter, then the first in the alphabet. */
function namesOf({ context }: Building): ReadonlyMap<string, string> {
  const counts = new Map<string, Map<string, number>>();
  for (const { labels } of context.named(N.ipToFqdn)) {
    const { ip = '', fqdn = '' } = labels;
    if (ip === '' || fqdn === '') continue;
    const key = `${context.clusterOf(labels)}|${parseEndpoint(ip).host}`;
    const names = counts.get(key) ?? new Map<string, number>();
    counts.set(key, names);
    const name = fqdn.toLowerCase().replace(/\.$/, '');
    names.set(name, (names.get(name) ?? 0) + 1);
  }
  const best = (names: ReadonlyMap<string, number>): string =>
    [...names].sort(([a, m], [b, n]) => n - m || a.length - b.length || (a < b ? -1 : a > b ? 1 : 0))[0]![0];
  return new Map([...counts].map(([key, names]) => [key, best(names)]));
}
