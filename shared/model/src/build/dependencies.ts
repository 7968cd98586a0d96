import type { Series } from '@gumshoe/base/series';
import { CONTAINER_METRICS as C, PROTOCOLS, REQUEST_METRICS } from '@gumshoe/schema/metrics/container';
import type { Protocol } from '@gumshoe/schema/metrics/container';
import { TRACE_METRICS } from '@gumshoe/schema/metrics/trace';
import type { RequestSource } from '@gumshoe/schema/metrics/requests';
import type { ApplicationId } from '../entities.ts';
import type { Column } from '../world.ts';
import type { Building } from './context.ts';
import {
  newDependency,
  noteEvidence,
  type DependencyDraft,
  type MutableLink,
  ownColumn,
  type TcpColumn,
} from './dependency-draft.ts';
import type { Destinations, Target } from './destinations.ts';
import type { ContainerDraft } from './drafts.ts';
import { FlowReader, type Flow, type FlowPart, type Nature } from './flows.ts';
import { parseEndpoint } from './address.ts';
import { addInto, maxInto } from './resample.ts';
import { isFailedStatus, RequestDraft, requestNames } from './request-draft.ts';
import { calleeOf, servicesWithSpans } from './traces.ts';

export { compareText } from './dependency-draft.ts';

/** Joins what clients say about their peers with who listened there at that time. */
export class DependencyBuilder {
  readonly drafts = new Map<string, DependencyDraft>();
  readonly #building: Building;
  readonly #destinations: Destinations;
  readonly #flows: FlowReader;
  /** Dependencies of a client container by the peer's IP, for metrics that carry no port. */
  readonly #byPeerIp = new Map<string, Set<DependencyDraft>>();

  constructor(building: Building, destinations: Destinations) {
    this.#building = building;
    this.#destinations = destinations;
    this.#flows = new FlowReader(building, destinations);
  }

  /** Metrics of success come first: they tell where traffic goes when the owner of an address is a guess. */
  build(): readonly DependencyDraft[] {
    const { context } = this.#building;
    this.#flows.announce();
    this.#each(C.tcpConnects.name, 'success', 'connects');
    this.#each(C.tcpBytesReceived.name, 'success', 'bytesReceived');
    for (const protocol of PROTOCOLS) this.#buildRequests(protocol);
    this.#each(C.tcpFailedConnects.name, 'failure', 'failedConnects');
    this.#each(C.tcpConnectTime.name, 'either', 'connectTime');
    this.#each(C.tcpRetransmits.name, 'either', 'retransmits');
    this.#each(C.tcpBytesSent.name, 'either', 'bytesSent');
    this.#each(C.tcpActive.name, 'either', 'active');
    this.#each(C.tcpResetsReceived.name, 'either', 'resetsReceived');
    this.#each(C.tcpResetsSent.name, 'either', 'resetsSent');
    this.#each(C.tcpZeroWindows.name, 'either', 'zeroWindows');
    this.#buildConnectErrors();
    for (const series of context.named(C.netLatency)) this.#addRtt(series);
    this.#addCalls();
    return [...this.drafts.values()];
  }

  #buildRequests(protocol: Protocol): void {
    const { context } = this.#building;
    const names = requestNames(protocol, 'outbound');
    const into = (draft: DependencyDraft) => this.#requestsOf(draft, protocol);
    const rate = (series: Series) => context.eventRate(series);
    const outcome = ({ labels }: Series): Nature =>
      isFailedStatus(labels.status ?? '') ? 'failure' : 'success';
    this.#walk(names.count, outcome, rate, true, (draft, series, values) =>
      into(draft).addCount(series.labels.status ?? '', values),
    );
    this.#walk(names.bucket, either, rate, false, (draft, series, values) =>
      into(draft).addBucket(series.labels.le ?? '', values),
    );
    this.#walk(names.sum, either, rate, false, (draft, _, values) => into(draft).addSum(values));
    const { name } = REQUEST_METRICS[protocol].inFlightAge;
    const age = (series: Series) => context.peak(series);
    this.#walk(
      name,
      () => 'failure',
      age,
      false,
      (draft, _, values) => into(draft).addInFlight(values),
    );
  }

  #buildConnectErrors(): void {
    const { context } = this.#building;
    const rate = (series: Series) => context.eventRate(series);
    this.#walk(
      C.tcpConnectErrors.name,
      () => 'failure',
      rate,
      true,
      ({ tcp }, series, values) => {
        const reason = series.labels.error_type ?? 'other';
        const reasons = (tcp.connectErrors ??= new Map<string, Column>());
        let column = reasons.get(reason);
        if (column === undefined) reasons.set(reason, (column = context.resampler.column()));
        addInto(column, values);
      },
    );
  }

  #each(metric: string, nature: Nature, column: TcpColumn): void {
    const { context } = this.#building;
    const gauge = metric === C.tcpActive.name;
    const values = (series: Series) => (gauge ? context.gauge(series) : context.eventRate(series));
    this.#walk(
      metric,
      () => nature,
      values,
      true,
      ({ tcp }, _, part) => addInto(ownColumn(tcp, column, context.resampler), part),
    );
  }

  /** Resamples each series of a metric once and hands each dependency its part. */
  #walk(
    metric: string,
    nature: (series: Series) => Nature,
    resample: (series: Series) => Column,
    evident: boolean,
    add: (draft: DependencyDraft, series: Series, values: Column) => void,
  ): void {
    for (const series of this.#building.context.named(metric)) {
      const flow = this.#flows.of(series);
      if (flow === undefined) continue;
      const values = resample(series);
      for (const part of this.#flows.split(flow, series, values, nature(series))) {
        const draft = this.#draftOf(flow, part);
        if (evident) noteEvidence(draft, metric, series.labels);
        add(draft, series, part.values);
      }
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

  #draftFor(client: ApplicationId, server: ApplicationId): DependencyDraft {
    const key = `${client}\u0000${server}`;
    let draft = this.drafts.get(key);
    if (draft === undefined)
      this.drafts.set(key, (draft = newDependency(client, server, this.#building.context.resampler)));
    return draft;
  }

  /** The dependency that a part of a flow belongs to, with the part noted among its links. */
  #draftOf(flow: Flow, { target, from, to }: FlowPart): DependencyDraft {
    let noted = flow.noted.get(target);
    if (noted === undefined) {
      const draft = this.#draftFor(flow.client.instance.application.id, target.id);
      flow.noted.set(target, (noted = { draft, link: this.#linkOf(draft, flow, target) }));
    }
    const { draft, link } = noted;
    if (from < link.from) link.from = from;
    if (to > link.to) link.to = to;
    return draft;
  }

  #linkOf(draft: DependencyDraft, { client, destination, actual }: Flow, target: Target): MutableLink {
    const actualDestination = actual || destination;
    const server = target.instance ? `${target.instance.name}\u0000${target.instance.node}` : '';
    const key = `${client.node}\u0000${client.containerId}\u0000${actualDestination}\u0000${server}`;
    let link = draft.links.get(key);
    if (link === undefined) {
      const life = { from: Infinity, to: -Infinity };
      link = { client, server: target.instance, destination, actualDestination, ...life };
      draft.links.set(key, link);
      for (const address of new Set([destination, actualDestination]))
        this.#notePeer(draft, peerKey(client, parseEndpoint(address).host));
    }
    return link;
  }

  #notePeer(draft: DependencyDraft, peer: string): void {
    const set = this.#byPeerIp.get(peer);
    if (set) set.add(draft);
    else this.#byPeerIp.set(peer, new Set([draft]));
  }

  /** What spans say of callers, where the wire says nothing. */
  #addCalls(): void {
    const { context, registry } = this.#building;
    const services = servicesWithSpans(this.#building);
    const onTheWire = new Set([...this.drafts.values()].filter((draft) => draft.requests.size > 0));
    // whoever calls is a service of its own, also where others call it
    for (const { labels } of context.named(TRACE_METRICS.requests)) {
      const { client_service_name: client = '' } = labels;
      if (client !== '') registry.serviceOf(client, context.clusterOf(labels));
    }
    const draftOf = ({ labels }: Series): DependencyDraft | undefined => {
      const { service_name: server = '', client_service_name: client = '' } = labels;
      if (client === '') return undefined;
      const cluster = context.clusterOf(labels);
      const from = registry.serviceOf(client, cluster).id;
      const to = calleeOf(this.#building, services, this.#destinations, server, cluster);
      return from === to ? undefined : this.#draftFor(from, to);
    };
    const each = (metric: string, add: (requests: RequestDraft, series: Series) => void): void => {
      for (const series of context.named(metric)) {
        const draft = draftOf(series);
        if (!draft) continue;
        const { service_name: server = '', client_service_name: client = '' } = series.labels;
        noteCall(draft, client, server, series);
        if (metric === TRACE_METRICS.requests.name) noteEvidence(draft, metric, series.labels);
        if (!onTheWire.has(draft)) add(this.#requestsOf(draft, 'otel'), series);
      }
    };
    for (const series of context.named(TRACE_METRICS.calls)) {
      const { spoken } = draftOf(series) ?? {};
      const { protocol = '' } = series.labels;
      const grown = series.values.at(-1)! - series.values[0]!;
      if (protocol !== '') spoken?.set(protocol, (spoken.get(protocol) ?? 0) + grown);
    }
    each(TRACE_METRICS.requests.name, (draft, s) =>
      draft.addCount(s.labels.status ?? '', context.counterRate(s)),
    );
    const { name } = TRACE_METRICS.duration;
    each(`${name}_bucket`, (draft, s) => draft.addBucket(s.labels.le ?? '', context.counterRate(s)));
    each(`${name}_sum`, (draft, s) => draft.addSum(context.counterRate(s)));
    each(TRACE_METRICS.callFailures.name, (draft, s) => draft.addClientFailures(context.counterRate(s)));
    each(TRACE_METRICS.callTime.name, (draft, s) => draft.addClientTime(context.counterRate(s)));
  }

  #addRtt(series: Series): void {
    const client = this.#building.registry.containerOf(series);
    if (!client) return;
    const host = parseEndpoint(series.labels.destination_ip ?? '').host;
    const drafts = this.#byPeerIp.get(peerKey(client, host));
    if (!drafts) return;
    const { context } = this.#building;
    const rtt = context.peak(series);
    for (const draft of drafts) {
      maxInto(ownColumn(draft.tcp, 'rtt', context.resampler), rtt);
      noteEvidence(draft, C.netLatency.name, series.labels);
    }
  }
}

const either = (): Nature => 'either';

const peerKey = (client: ContainerDraft, ip: string): string =>
  `${client.place.cluster}\u0000${client.node}\u0000${client.containerId}\u0000${ip}`;

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
