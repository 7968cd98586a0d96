import type { Series } from '@gumshoe/base/series';
import { milliseconds } from '@gumshoe/base/time';
import { CONTAINER_METRICS as C, PROTOCOLS, REQUEST_METRICS } from '@gumshoe/schema/metrics/container';
import type { Protocol } from '@gumshoe/schema/metrics/container';
import { TRACE_METRICS } from '@gumshoe/schema/metrics/trace';
import { REQUEST_SOURCES, type RequestSource } from '@gumshoe/schema/metrics/requests';
import type { ApplicationId, InstanceId } from '../entities.ts';
import type { Call, CellRange, Column, Dependency, Link, TcpColumns } from '../world.ts';
import type { Building } from './context.ts';
import type { ContainerDraft, InstanceDraft } from './drafts.ts';
import { applicationId } from './identity.ts';
import { splitAddress, type ListenIndex } from './listen-index.ts';
import { addInto, maxInto, type Resampler } from './resample.ts';
import { RequestDraft, requestNames } from './request-draft.ts';
import { calleeOf, servicesWithSpans } from './traces.ts';

/** Where one series of a client leads, for a stretch of time. */
interface Route {
  readonly draft: DependencyDraft;
  readonly cells: CellRange | undefined;
}

interface Target {
  readonly id: ApplicationId;
  readonly instance?: InstanceDraft;
  readonly from: number;
  readonly to: number;
}

export interface DependencyDraft {
  readonly client: ApplicationId;
  readonly server: ApplicationId;
  readonly links: Map<string, MutableLink>;
  readonly requests: Map<RequestSource, RequestDraft>;
  /** Callers and callees by the names their spans have, and when. */
  readonly calls: Map<string, MutableCall>;
  readonly tcp: TcpDraft;
}

/** Columns that few links need are made when the first series of them comes. */
type TcpDraft = { -readonly [K in keyof Omit<TcpColumns, 'connectErrors'>]: TcpColumns[K] } & {
  connectErrors?: Map<string, Column>;
};

interface MutableCall {
  readonly clientServiceName: string;
  readonly serverServiceName: string;
  from: number;
  to: number;
}

interface MutableLink {
  readonly client: ContainerDraft;
  readonly server: InstanceDraft | undefined;
  readonly destination: string;
  readonly actualDestination: string;
  from: number;
  to: number;
}

/** Joins what clients say about their peers with who listened there at that time. */
export class DependencyBuilder {
  readonly drafts = new Map<string, DependencyDraft>();
  readonly #building: Building;
  readonly #listens: ListenIndex<InstanceDraft>;
  readonly #names: ReadonlyMap<string, string>;
  readonly #targets = new Map<string, readonly Target[]>();
  /** Dependencies of a client container by the peer's IP, for metrics that carry no port. */
  readonly #byPeerIp = new Map<string, Set<DependencyDraft>>();

  constructor(building: Building, listens: ListenIndex<InstanceDraft>, names: ReadonlyMap<string, string>) {
    this.#building = building;
    this.#listens = listens;
    this.#names = names;
  }

  build(): readonly DependencyDraft[] {
    const { context } = this.#building;
    for (const protocol of PROTOCOLS) this.#buildRequests(protocol);
    this.#each(C.tcpConnects.name, 'events', (tcp) => tcp.connects);
    this.#each(C.tcpFailedConnects.name, 'events', (tcp) => tcp.failedConnects);
    this.#each(C.tcpConnectTime.name, 'events', (tcp) => tcp.connectTime);
    this.#each(C.tcpRetransmits.name, 'events', (tcp) => tcp.retransmits);
    this.#each(C.tcpBytesSent.name, 'events', (tcp) => tcp.bytesSent);
    this.#each(C.tcpBytesReceived.name, 'events', (tcp) => tcp.bytesReceived);
    this.#each(C.tcpActive.name, 'gauge', (tcp) => tcp.active);
    const column = () => context.resampler.column();
    this.#each(C.tcpResetsReceived.name, 'events', (tcp) => (tcp.resetsReceived ??= column()));
    this.#each(C.tcpResetsSent.name, 'events', (tcp) => (tcp.resetsSent ??= column()));
    this.#each(C.tcpZeroWindows.name, 'events', (tcp) => (tcp.zeroWindows ??= column()));
    this.#buildConnectErrors();
    for (const series of context.named(C.netLatency)) this.#addRtt(series);
    this.#addCalls();
    return [...this.drafts.values()];
  }

  #buildRequests(protocol: Protocol): void {
    const { context } = this.#building;
    const names = requestNames(protocol, 'outbound');
    const into = (route: Route) => this.#requestsOf(route.draft, protocol);
    this.#walk(names.count, (series) => {
      const rate = context.eventRate(series);
      return (route) => into(route).addCount(series.labels.status ?? '', rate, route.cells);
    });
    this.#walk(names.bucket, (series) => {
      const rate = context.eventRate(series);
      return (route) => into(route).addBucket(series.labels.le ?? '', rate, route.cells);
    });
    this.#walk(names.sum, (series) => {
      const rate = context.eventRate(series);
      return (route) => into(route).addSum(rate, route.cells);
    });
    this.#walk(REQUEST_METRICS[protocol].inFlightAge.name, (series) => {
      const age = context.resampler.highest(series, context.staleness);
      return (route) => into(route).addInFlight(age, route.cells);
    });
  }

  #buildConnectErrors(): void {
    const { context } = this.#building;
    this.#walk(C.tcpConnectErrors.name, (series) => {
      const rate = context.eventRate(series);
      const reason = series.labels.error_type ?? 'other';
      return ({ draft: { tcp }, cells }) => {
        const reasons = (tcp.connectErrors ??= new Map<string, Column>());
        let column = reasons.get(reason);
        if (column === undefined) reasons.set(reason, (column = context.resampler.column()));
        addInto(column, rate, cells);
      };
    });
  }

  #each(metric: string, kind: 'events' | 'gauge', column: (tcp: TcpDraft) => Column): void {
    const { context } = this.#building;
    this.#walk(metric, (series) => {
      const values = kind === 'events' ? context.eventRate(series) : context.gauge(series);
      return (route) => addInto(column(route.draft.tcp), values, route.cells);
    });
  }

  /** Resamples each series of a metric once and hands it to every dependency it contributes to. */
  #walk(metric: string, prepare: (series: Series) => (route: Route) => void): void {
    for (const series of this.#building.context.named(metric)) {
      const routes = this.#routesOf(series);
      if (routes.length === 0) continue;
      const apply = prepare(series);
      for (const route of routes) apply(route);
    }
  }

  #requestsOf(draft: DependencyDraft, protocol: RequestSource): RequestDraft {
    let requests = draft.requests.get(protocol);
    if (requests === undefined) {
      requests = new RequestDraft(protocol, this.#building.context.resampler);
      draft.requests.set(protocol, requests);
    }
    return requests;
  }

  #routesOf(series: Series): readonly Route[] {
    const client = this.#building.registry.containerOf(series);
    const { destination = '', actual_destination: actual = '' } = series.labels;
    if (!client || (destination === '' && actual === '')) return [];
    const targets = this.#targetsOf(destination, actual, client.node);
    const routes: Route[] = [];
    const first = series.timestamps[0]!;
    const last = series.timestamps.at(-1)!;
    for (const target of targets) {
      if (target.id === client.instance.application.id) continue;
      if (targets.length > 1 && (target.to <= first || target.from > last)) continue;
      const draft = this.#draftFor(client.instance.application.id, target.id);
      this.#note(draft, client, target, destination, actual, first, last);
      routes.push({ draft, cells: targets.length === 1 ? undefined : this.#cellsOf(target) });
    }
    return routes;
  }

  #targetsOf(destination: string, actual: string, node: string): readonly Target[] {
    const key = `${destination}\u0000${actual}\u0000${node}`;
    const known = this.#targets.get(key);
    if (known) return known;
    let owned = actual === '' ? [] : this.#listens.resolve(actual, node);
    if (owned.length === 0) owned = this.#listens.resolve(destination, node);
    const targets: readonly Target[] =
      owned.length === 0
        ? [{ id: this.#external(destination || actual), from: -Infinity, to: Infinity }]
        : owned.map((owner) => ({
            id: owner.subject.application.id,
            instance: owner.subject,
            from: owner.from,
            to: owner.to,
          }));
    this.#targets.set(key, targets);
    return targets;
  }

  #external(address: string): ApplicationId {
    const { ip, port } = splitAddress(address);
    const name = this.#names.get(ip) ?? ip;
    return applicationId('_', 'ExternalService', port === '' ? name : `${name}:${port}`);
  }

  #cellsOf(target: Target): CellRange {
    const { grid } = this.#building.context;
    const cell = (at: number) => Math.min(grid.points, Math.max(0, Math.ceil((at - grid.from) / grid.step)));
    return { lo: cell(target.from), hi: cell(target.to) };
  }

  #draftFor(client: ApplicationId, server: ApplicationId): DependencyDraft {
    const key = `${client}\u0000${server}`;
    let draft = this.drafts.get(key);
    if (draft === undefined) {
      const tcp = emptyTcp(this.#building.context.resampler);
      draft = { client, server, links: new Map(), requests: new Map(), calls: new Map(), tcp };
      this.drafts.set(key, draft);
    }
    return draft;
  }

  #note(
    draft: DependencyDraft,
    client: ContainerDraft,
    target: Target,
    destination: string,
    actual: string,
    first: number,
    last: number,
  ): void {
    const actualDestination = actual || destination;
    const server = target.instance ? `${target.instance.name}\u0000${target.instance.node}` : '';
    const key = `${client.node}\u0000${client.containerId}\u0000${actualDestination}\u0000${server}`;
    const from = Math.max(first, target.from);
    const to = Math.min(last, target.to);
    const link = draft.links.get(key);
    if (link) {
      link.from = Math.min(link.from, from);
      link.to = Math.max(link.to, to);
      return;
    }
    draft.links.set(key, { client, server: target.instance, destination, actualDestination, from, to });
    for (const address of new Set([destination, actualDestination])) {
      const peer = `${client.node}\u0000${client.containerId}\u0000${splitAddress(address).ip}`;
      const set = this.#byPeerIp.get(peer);
      if (set) set.add(draft);
      else this.#byPeerIp.set(peer, new Set([draft]));
    }
  }

  /** What spans say of callers, where the wire says nothing. */
  #addCalls(): void {
    const { context, registry } = this.#building;
    const services = servicesWithSpans(this.#building);
    const onTheWire = new Set([...this.drafts.values()].filter((draft) => draft.requests.size > 0));
    const each = (metric: string, add: (requests: RequestDraft, series: Series) => void): void => {
      for (const series of context.named(metric)) {
        const { service_name: server = '', client_service_name: client = '' } = series.labels;
        if (client === '') continue;
        const from = registry.serviceOf(client).id;
        const to = calleeOf(this.#building, services, server);
        if (from === to) continue;
        const draft = this.#draftFor(from, to);
        noteCall(draft, client, server, series);
        if (!onTheWire.has(draft)) add(this.#requestsOf(draft, 'otel'), series);
      }
    };
    each(TRACE_METRICS.requests.name, (draft, s) =>
      draft.addCount(s.labels.status ?? '', context.counterRate(s)),
    );
    const { name } = TRACE_METRICS.duration;
    each(`${name}_bucket`, (draft, s) => draft.addBucket(s.labels.le ?? '', context.counterRate(s)));
    each(`${name}_sum`, (draft, s) => draft.addSum(context.counterRate(s)));
  }

  #addRtt(series: Series): void {
    const client = this.#building.registry.containerOf(series);
    if (!client) return;
    const peer = `${client.node}\u0000${client.containerId}\u0000${series.labels.destination_ip}`;
    const drafts = this.#byPeerIp.get(peer);
    if (!drafts) return;
    const { context } = this.#building;
    const rtt = context.resampler.highest(series, context.staleness);
    for (const draft of drafts) maxInto(draft.tcp.rtt, rtt);
  }
}

function noteCall(
  draft: DependencyDraft,
  client: string,
  server: string,
  { timestamps, values }: Series,
): void {
  const key = `${client}\u0000${server}`;
  const first = values.findIndex((value) => value > 0);
  const from = timestamps[Math.max(0, first)]!;
  const to = timestamps.at(-1)!;
  const known = draft.calls.get(key);
  if (known === undefined)
    draft.calls.set(key, { clientServiceName: client, serverServiceName: server, from, to });
  else {
    known.from = Math.min(known.from, from);
    known.to = Math.max(known.to, to);
  }
}

function emptyTcp(resampler: Resampler): TcpDraft {
  return {
    connects: resampler.column(),
    failedConnects: resampler.column(),
    retransmits: resampler.column(),
    bytesSent: resampler.column(),
    bytesReceived: resampler.column(),
    connectTime: resampler.column(),
    active: resampler.column(),
    rtt: resampler.column(),
  };
}

/** Freezes a draft; `instanceId` gives an instance's final name. */
export function finishDependency(
  draft: DependencyDraft,
  instanceId: (instance: InstanceDraft) => InstanceId,
): Dependency {
  const links = [...draft.links.values()].map((link): Link => ({
    clientInstance: instanceId(link.client.instance),
    clientContainerId: link.client.containerId,
    ...(link.server ? { serverInstance: instanceId(link.server) } : {}),
    destination: link.destination,
    actualDestination: link.actualDestination,
    from: milliseconds(link.from),
    to: milliseconds(link.to),
  }));
  links.sort((a, b) => compareText(linkKey(a), linkKey(b)));
  const calls = [...draft.calls.values()]
    .map(({ from, to, ...names }): Call => ({ ...names, from: milliseconds(from), to: milliseconds(to) }))
    .sort((a, b) => compareText(callKey(a), callKey(b)));
  return {
    client: draft.client,
    server: draft.server,
    links,
    calls,
    requests: REQUEST_SOURCES.flatMap((protocol) => draft.requests.get(protocol)?.finish() ?? []),
    tcp: draft.tcp,
    firstSeen: milliseconds(Math.min(...links.map(({ from }) => from), ...calls.map(({ from }) => from))),
    lastSeen: milliseconds(Math.max(...links.map(({ to }) => to), ...calls.map(({ to }) => to))),
  };
}

const callKey = (call: Call) => `${call.clientServiceName}\u0000${call.serverServiceName}`;
const linkKey = (link: Link) => `${link.clientInstance} ${link.actualDestination} ${link.serverInstance}`;

export const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
