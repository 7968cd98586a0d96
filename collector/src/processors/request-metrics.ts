import { REQUEST_METRICS } from '@gumshoe/schema/metrics/container';
import type { ProtocolDefinition } from '../protocols/define.ts';
import { PROTOCOL_BY_NUMBER } from '../protocols/index.ts';
import { addressText } from '../receivers/ebpf/address.ts';
import { constants, layout } from '../receivers/ebpf/layout.generated.ts';
import { CounterFold } from './counter-fold.ts';
import type { FoldTarget, MapDump } from './counter-fold.ts';
import type { Destination, Destinations } from './destinations.ts';
import type { ContainerOf, ContainerSeries, SampleSink } from './sample-sink.ts';

const KEY = layout.gs_request_key.fields;
const SOCKET = layout.gs_socket.fields;
const STARTED_NS = SOCKET.first.offset + layout.gs_pending_request.fields.started_ns.offset;
const TUPLE = layout.gs_tuple.fields;
const COUNT = 0;
const DURATION_SUM_NS = 1;
const BUCKETS = 2;
const FIELDS = layout.gs_request_stats.size / 8;
const NANOSECONDS = 1e9;

/** Requests of one container over one protocol in one direction, to one destination when outbound. */
interface RequestPeer {
  readonly container: ContainerSeries;
  readonly protocol: ProtocolDefinition;
  readonly destination: Destination | undefined;
  readonly byStatus: Map<string, FoldTarget>;
  /** Age in seconds of the oldest request that still waits; 0 when none does. */
  inFlightAge: number;
  seenAt: number;
}

interface Endpoint {
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
  return status === constants.GS_STATUS_NO_RESPONSE ? 'failed' : protocol.statusLabel(status);
}

/** Counters and latency histograms of L7 requests by container, from the kernel's per-process counts. */
export class RequestMetrics {
  readonly #options: RequestMetricsOptions;
  readonly #fold = new CounterFold(FIELDS);
  readonly #peers = new Map<string, RequestPeer>();
  #now = 0;

  constructor(options: RequestMetricsOptions) {
    this.#options = options;
  }

  /** Takes in map request_stats. `now` in ms. */
  update(stats: MapDump, now: number): void {
    this.#now = now;
    this.#fold.fold(stats, now, (key, at) => this.#targetOf(key, at));
    this.#expire(now);
  }

  /** Takes in map sockets: requests that wait for their response at `monotonicNs`. */
  updateInFlight(sockets: MapDump, monotonicNs: bigint): void {
    for (const peer of this.#peers.values()) peer.inFlightAge = 0;
    const view = new DataView(
      sockets.values.buffer,
      sockets.values.byteOffset,
      sockets.count * sockets.valueSize,
    );
    for (let i = 0; i < sockets.count; i++) this.#inFlight(view, i * sockets.valueSize, monotonicNs);
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
    const known = peer.byStatus.get(status);
    if (known) return known;
    const made = { totals: new Float64Array(FIELDS), seenAt: this.#now };
    peer.byStatus.set(status, made);
    return made;
  }

  #peerOf(endpoint: Endpoint): RequestPeer | undefined {
    const { destinations, containerOf } = this.#options;
    const protocol = PROTOCOL_BY_NUMBER[endpoint.protocol];
    if (!protocol || !destinations.counts(endpoint.netns, endpoint.address, endpoint.port)) return undefined;
    const container = containerOf(endpoint.tgid);
    if (!container) return undefined;
    const destination = endpoint.inbound
      ? undefined
      : destinations.of(container.containerId, endpoint.address, endpoint.port);
    const key = `${container.containerId}\0${protocol.id}\0${destination?.destination ?? ''}`;
    const known = this.#peers.get(key);
    if (known) return known;
    const made = { container, protocol, destination, byStatus: new Map(), inFlightAge: 0, seenAt: this.#now };
    this.#peers.set(key, made);
    return made;
  }

  #inFlight(view: DataView, at: number, monotonicNs: bigint): void {
    const started = view.getBigUint64(at + STARTED_NS, true);
    const direction = view.getUint16(at + SOCKET.direction.offset, true);
    if (started === 0n || direction !== constants.GS_OUTBOUND) return;
    const tuple = at + SOCKET.tuple.offset;
    const peer = this.#peerOf({
      tgid: view.getUint32(at + SOCKET.tgid.offset, true),
      netns: view.getUint32(tuple + TUPLE.netns.offset, true),
      address: addressText(view, tuple + TUPLE.remote_address.offset),
      port: view.getUint16(tuple + TUPLE.remote_port.offset, true),
      inbound: false,
      protocol: view.getUint16(at + SOCKET.protocol.offset, true),
    });
    if (!peer) return;
    peer.seenAt = this.#now;
    peer.inFlightAge = Math.max(peer.inFlightAge, Number(monotonicNs - started) / NANOSECONDS);
  }

  #expire(now: number): void {
    for (const [key, peer] of this.#peers) {
      for (const { seenAt } of peer.byStatus.values()) peer.seenAt = Math.max(peer.seenAt, seenAt);
      if (now - peer.seenAt < this.#options.expireAfter) continue;
      this.#peers.delete(key);
      if (peer.destination) this.#options.destinations.forget(peer.container.containerId, peer.destination);
    }
  }
}

/** All statuses of a peer as one, since a histogram has no status label. */
function sumOf(peer: RequestPeer): Float64Array {
  const sum = new Float64Array(FIELDS);
  for (const { totals } of peer.byStatus.values()) {
    for (let field = 0; field < FIELDS; field++) sum[field]! += totals[field]!;
  }
  return sum;
}

function histogramOf(sum: Float64Array) {
  return { buckets: sum.subarray(BUCKETS), count: sum[COUNT]!, sum: sum[DURATION_SUM_NS]! / NANOSECONDS };
}

function collectOutbound(
  sink: SampleSink,
  peer: RequestPeer,
  { destination, actualDestination }: Destination,
): void {
  const metrics = REQUEST_METRICS[peer.protocol.id];
  const labels = { destination, actual_destination: actualDestination };
  for (const [status, { totals }] of peer.byStatus) {
    sink.sample(metrics.count, peer.container, { ...labels, status }, totals[COUNT]!);
  }
  if (peer.byStatus.size > 0)
    sink.histogram(metrics.duration, peer.container, labels, histogramOf(sumOf(peer)));
  sink.sample(metrics.inFlightAge, peer.container, labels, peer.inFlightAge);
}

function collectInbound(sink: SampleSink, peer: RequestPeer): void {
  const metrics = REQUEST_METRICS[peer.protocol.id];
  for (const [status, { totals }] of peer.byStatus) {
    sink.sample(metrics.inbound, peer.container, { status }, totals[COUNT]!);
  }
  sink.histogram(metrics.inboundDuration, peer.container, {}, histogramOf(sumOf(peer)));
}
