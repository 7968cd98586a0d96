import { REQUEST_METRICS } from '@gumshoe/schema/metrics/container';
import type { ProtocolDefinition } from '../protocols/define.ts';
import { PROTOCOL_BY_NUMBER } from '../protocols/index.ts';
import { addressText } from '../receivers/ebpf/address.ts';
import { constants, layout } from '../receivers/ebpf/layout.generated.ts';
import { CounterFold } from './counter-fold.ts';
import type { FoldTarget, MapDump } from './counter-fold.ts';
import type { Destination, Destinations } from './destinations.ts';
import { BUCKETS, COUNT, DURATION_SUM_NS, TALLY_FIELDS } from './request-tally.ts';
import type { ContainerOf, ContainerSeries, SampleSink } from './sample-sink.ts';

/** Protocols whose messages nobody answers: the kernel's status is GS_METHOD_*. */
const MESSAGE_PROTOCOLS: ReadonlySet<number> = new Set([
  constants.GS_PROTOCOL_AMQP,
  constants.GS_PROTOCOL_NATS,
]);
const METHODS: Readonly<Record<number, string>> = {
  [constants.GS_METHOD_PRODUCE]: 'produce',
  [constants.GS_METHOD_CONSUME]: 'consume',
};
const WAITING_KEY = layout.gs_waiting_key;
const WAITING = layout.gs_waiting;
const KEY = layout.gs_request_key.fields;
const SOCKET = layout.gs_socket.fields;
const STARTED_NS = SOCKET.first.offset + layout.gs_pending_request.fields.started_ns.offset;
const WAITING_STARTED = WAITING.fields.request.offset + layout.gs_pending_request.fields.started_ns.offset;
const TUPLE = layout.gs_tuple.fields;
const NANOSECONDS = 1e9;

/** Requests of one container over one protocol in one direction, to one destination when outbound. */
interface RequestPeer {
  readonly container: ContainerSeries;
  readonly protocol: ProtocolDefinition;
  readonly destination: Destination | undefined;
  readonly messages: boolean;
  /** By status, for messages by method. */
  readonly byStatus: Map<string, FoldTarget>;
  /** Age in seconds of the oldest request that still waits; 0 when none does. */
  inFlightAge: number;
  seenAt: number;
}

/** One end of requests: whom the process dialled, or where it listens. */
export interface RequestEndpoint {
  readonly tgid: number;
  readonly netns: number;
  readonly address: string;
  readonly port: number;
  readonly inbound: boolean;
  readonly protocol: number;
}

export interface RequestMetricsOptions {
  readonly destinations: Destinations;
  readonly containerOf: ContainerOf;
  /** Milliseconds without a live process or an open request after which a peer's series end. */
  readonly expireAfter: number;
}

function statusLabel(protocol: ProtocolDefinition, status: number): string {
  if (MESSAGE_PROTOCOLS.has(protocol.number)) return METHODS[status] ?? 'unknown';
  return status === constants.GS_STATUS_NO_RESPONSE ? 'failed' : protocol.statusLabel(status);
}

/** HTTP/2 is HTTP in the metrics. */
function protocolOf(number: number): ProtocolDefinition | undefined {
  return PROTOCOL_BY_NUMBER[number === constants.GS_PROTOCOL_HTTP2 ? constants.GS_PROTOCOL_HTTP : number];
}

/** Counters and latency histograms of L7 requests by container, from the kernel's per-process counts. */
export class RequestMetrics {
  readonly #options: RequestMetricsOptions;
  readonly #fold = new CounterFold(TALLY_FIELDS);
  readonly #peers = new Map<string, RequestPeer>();
  #now = 0;

  constructor(options: RequestMetricsOptions) {
    this.#options = options;
  }

  /** Takes in map request_stats. `now` in ms. */
  update(stats: MapDump, now: number): void {
    if (this.#now === 0) this.#startAt(now);
    this.#now = now;
    this.#fold.fold(stats, now, (key, at) => this.#targetOf(key, at));
    this.#expire(now);
  }

  /** What was observed before the first round has no time yet, and would pass for long unseen. */
  #startAt(now: number): void {
    for (const peer of this.#peers.values()) {
      peer.seenAt = now;
      for (const target of peer.byStatus.values()) target.seenAt = now;
    }
  }

  /** Adds requests that user space told apart, of one status. `status` is the label. */
  add(endpoint: RequestEndpoint, status: string, totals: Float64Array): void {
    const peer = this.#peerOf(endpoint);
    if (!peer) return;
    const target = this.#statusOf(peer, status);
    target.seenAt = this.#now;
    totals.forEach((value, field) => (target.totals[field]! += value));
  }

  /** Takes in maps sockets and pipelines: requests that wait for their response at `monotonicNs`. */
  updateInFlight(sockets: MapDump, waiting: MapDump, monotonicNs: bigint): void {
    for (const peer of this.#peers.values()) peer.inFlightAge = 0;
    const view = new DataView(
      sockets.values.buffer,
      sockets.values.byteOffset,
      sockets.count * sockets.valueSize,
    );
    const oldest = oldestByConnection(waiting);
    const keys = new DataView(sockets.keys.buffer, sockets.keys.byteOffset, sockets.count * sockets.keySize);
    for (let i = 0; i < sockets.count; i++) {
      const at = i * sockets.valueSize;
      const first = view.getBigUint64(at + STARTED_NS, true);
      const keyed = oldest.size === 0 ? undefined : oldest.get(keys.getBigUint64(i * sockets.keySize, true));
      const started = keyed !== undefined && (first === 0n || keyed < first) ? keyed : first;
      if (started > 0n) this.#inFlight(view, at, Number(monotonicNs - started) / NANOSECONDS);
    }
  }

  collect(sink: SampleSink): void {
    for (const peer of this.#peers.values()) {
      if (peer.destination) collectOutbound(sink, peer, peer.destination);
      else collectInbound(sink, peer);
    }
  }

  #targetOf(key: DataView, at: number): FoldTarget | undefined {
    const peer = this.#peerOf({
      tgid: key.getUint32(at + KEY.tgid.offset, true),
      netns: key.getUint32(at + KEY.netns.offset, true),
      address: addressText(key, at + KEY.address.offset),
      port: key.getUint16(at + KEY.port.offset, true),
      inbound: key.getUint16(at + KEY.direction.offset, true) === constants.GS_INBOUND,
      protocol: key.getUint16(at + KEY.protocol.offset, true),
    });
    if (!peer) return undefined;
    const status = statusLabel(peer.protocol, key.getUint16(at + KEY.status.offset, true));
    return this.#statusOf(peer, status);
  }

  #statusOf(peer: RequestPeer, status: string): FoldTarget {
    const known = peer.byStatus.get(status);
    if (known) return known;
    const made = { totals: new Float64Array(TALLY_FIELDS), seenAt: this.#now };
    peer.byStatus.set(status, made);
    return made;
  }

  #peerOf(endpoint: RequestEndpoint): RequestPeer | undefined {
    const { destinations, containerOf } = this.#options;
    const protocol = protocolOf(endpoint.protocol);
    if (!protocol || !destinations.counts(endpoint.netns, endpoint.address, endpoint.port)) return undefined;
    const container = containerOf(endpoint.tgid);
    if (!container) return undefined;
    const destination = endpoint.inbound
      ? undefined
      : destinations.of(container.containerId, endpoint.address, endpoint.port);
    const key = `${container.containerId}\0${protocol.id}\0${destination?.destination ?? ''}`;
    const known = this.#peers.get(key);
    if (known) return known;
    const made = {
      container,
      protocol,
      destination,
      messages: MESSAGE_PROTOCOLS.has(protocol.number),
      byStatus: new Map(),
      inFlightAge: 0,
      seenAt: this.#now,
    };
    this.#peers.set(key, made);
    return made;
  }

  #inFlight(view: DataView, at: number, age: number): void {
    const inbound = view.getUint16(at + SOCKET.direction.offset, true) === constants.GS_INBOUND;
    const tuple = at + SOCKET.tuple.offset;
    const address = inbound ? TUPLE.local_address : TUPLE.remote_address;
    const port = inbound ? TUPLE.local_port : TUPLE.remote_port;
    const peer = this.#peerOf({
      tgid: view.getUint32(at + SOCKET.tgid.offset, true),
      netns: view.getUint32(tuple + TUPLE.netns.offset, true),
      address: addressText(view, tuple + address.offset),
      port: view.getUint16(tuple + port.offset, true),
      inbound,
      protocol: view.getUint16(at + SOCKET.protocol.offset, true),
    });
    if (!peer) return;
    peer.seenAt = this.#now;
    peer.inFlightAge = Math.max(peer.inFlightAge, age);
  }

  #expire(now: number): void {
    for (const [key, peer] of this.#peers) {
      for (const { seenAt } of peer.byStatus.values()) peer.seenAt = Math.max(peer.seenAt, seenAt);
      // observed before the first update told the time
      if (peer.seenAt === 0) peer.seenAt = now;
      if (now - peer.seenAt < this.#options.expireAfter) continue;
      this.#peers.delete(key);
      if (peer.destination) this.#options.destinations.forget(peer.container.containerId, peer.destination);
    }
  }
}

/** Start of the oldest waiting request by connection, CLOCK_MONOTONIC ns. */
function oldestByConnection(waiting: MapDump): ReadonlyMap<bigint, bigint> {
  const oldest = new Map<bigint, bigint>();
  const keys = new DataView(waiting.keys.buffer, waiting.keys.byteOffset, waiting.count * waiting.keySize);
  const values = new DataView(
    waiting.values.buffer,
    waiting.values.byteOffset,
    waiting.count * waiting.valueSize,
  );
  for (let i = 0; i < waiting.count; i++) {
    const id = keys.getBigUint64(i * waiting.keySize + WAITING_KEY.fields.id.offset, true);
    const started = values.getBigUint64(i * waiting.valueSize + WAITING_STARTED, true);
    const known = oldest.get(id);
    if (started > 0n && (known === undefined || started < known)) oldest.set(id, started);
  }
  return oldest;
}

/** All statuses of a peer as one, since a histogram has no status label. */
function sumOf(peer: RequestPeer): Float64Array {
  const sum = new Float64Array(TALLY_FIELDS);
  for (const { totals } of peer.byStatus.values()) {
    for (let field = 0; field < TALLY_FIELDS; field++) sum[field]! += totals[field]!;
  }
  return sum;
}

/** Of the requests that were timed, which need not be all. */
function histogramOf(sum: Float64Array) {
  const buckets = sum.subarray(BUCKETS);
  const count = buckets.reduce((total, one) => total + one, 0);
  return { buckets, count, sum: sum[DURATION_SUM_NS]! / NANOSECONDS };
}

/** Labels of one count: a message has a method, and no answer that could fail. */
const statusLabels = (peer: RequestPeer, status: string): Record<string, string> =>
  peer.messages ? { status: 'ok', method: status } : { status };

function collectOutbound(
  sink: SampleSink,
  peer: RequestPeer,
  { destination, actualDestination }: Destination,
): void {
  const metrics = REQUEST_METRICS[peer.protocol.id];
  const labels = { destination, actual_destination: actualDestination };
  for (const [status, { totals }] of peer.byStatus) {
    sink.sample(metrics.count, peer.container, { ...labels, ...statusLabels(peer, status) }, totals[COUNT]!);
  }
  if (peer.messages) return;
  if (peer.byStatus.size > 0)
    sink.histogram(metrics.duration, peer.container, labels, histogramOf(sumOf(peer)));
  sink.sample(metrics.inFlightAge, peer.container, labels, peer.inFlightAge);
}

function collectInbound(sink: SampleSink, peer: RequestPeer): void {
  const metrics = REQUEST_METRICS[peer.protocol.id];
  for (const [status, { totals }] of peer.byStatus) {
    sink.sample(metrics.inbound, peer.container, statusLabels(peer, status), totals[COUNT]!);
  }
  if (peer.messages) return;
  if (peer.byStatus.size > 0)
    sink.histogram(metrics.inboundDuration, peer.container, {}, histogramOf(sumOf(peer)));
  sink.sample(metrics.inboundInFlightAge, peer.container, {}, peer.inFlightAge);
}
