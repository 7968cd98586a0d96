import { CONTAINER_METRICS } from '@gumshoe/schema/metrics/container';
import { addressText } from '../receivers/ebpf/address.ts';
import { constants, layout } from '../receivers/ebpf/layout.generated.ts';
import { CounterFold } from './counter-fold.ts';
import type { FoldTarget, MapDump } from './counter-fold.ts';
import type { Destination, Destinations } from './destinations.ts';
import type { ContainerOf, ContainerSeries, SampleSink } from './sample-sink.ts';

const KEY = layout.gs_peer_key.fields;
const STATS = layout.gs_tcp_stats.fields;
const FIELDS = layout.gs_tcp_stats.size / 8;
const index = (field: keyof typeof STATS): number => STATS[field].offset / 8;
const CONNECTS = index('connects');
const CONNECT_TIME_NS = index('connect_time_ns');
const FAILED_CONNECTS = index('failed_connects');
const CLOSED = index('closed');
const ADOPTED = index('adopted');
const BYTES_SENT = index('bytes_sent');
const BYTES_RECEIVED = index('bytes_received');
const RETRANSMITS = index('retransmits');
const RTT_SUM_US = index('rtt_sum_us');
const RTT_SAMPLES = index('rtt_samples');
const RESETS_RECEIVED = index('resets_received');
const RESETS_SENT = index('resets_sent');
const ZERO_WINDOWS = index('zero_windows');
const ZERO_WINDOWS_OVER = index('zero_windows_over');
/** Label error_type of failed connects; the rest is `other`. */
const CONNECT_ERRORS: readonly (readonly [string, number])[] = [
  ['refused', index('refused')],
  ['timed_out', index('timed_out')],
  ['unreachable', index('unreachable')],
  ['cancelled', index('cancelled')],
];

interface TcpPeer extends FoldTarget {
  readonly container: ContainerSeries;
  readonly destination: Destination;
  /** Sums at the last update, to tell the mean round trip of one interval. */
  rttSumUs: number;
  rttSamples: number;
  roundTripSeconds: number | undefined;
}

export interface TcpMetricsOptions {
  readonly destinations: Destinations;
  readonly containerOf: ContainerOf;
  /** Milliseconds without a live process after which a peer's series end. */
  readonly expireAfter: number;
}

/** Outbound TCP by container and destination, from the kernel's per-process counts. */
export class TcpMetrics {
  readonly #options: TcpMetricsOptions;
  readonly #fold = new CounterFold(FIELDS);
  readonly #peers = new Map<string, TcpPeer>();

  constructor(options: TcpMetricsOptions) {
    this.#options = options;
  }

  /** Takes in map tcp_stats. `now` in ms. */
  update(stats: MapDump, now: number): void {
    this.#fold.fold(stats, now, (key, at) => this.#targetOf(key, at, now));
    for (const [key, peer] of this.#peers) {
      updateRoundTrip(peer);
      if (now - peer.seenAt < this.#options.expireAfter) continue;
      this.#peers.delete(key);
      this.#options.destinations.forget(peer.container.containerId, peer.destination);
    }
  }

  collect(sink: SampleSink): void {
    for (const peer of this.#peers.values()) collectPeer(sink, peer);
    for (const { container, ip, seconds } of meanRoundTrips(this.#peers.values())) {
      sink.sample(CONTAINER_METRICS.netLatency, container, { destination_ip: ip }, seconds);
    }
  }

  #targetOf(key: DataView, at: number, now: number): FoldTarget | undefined {
    if (key.getUint16(at + KEY.direction.offset, true) !== constants.GS_OUTBOUND) return undefined;
    const address = addressText(key, at + KEY.address.offset);
    const port = key.getUint16(at + KEY.port.offset, true);
    const { destinations, containerOf } = this.#options;
    if (!destinations.counts(key.getUint32(at + KEY.netns.offset, true), address, port)) return undefined;
    const container = containerOf(key.getUint32(at + KEY.tgid.offset, true));
    if (!container) return undefined;
    const destination = destinations.of(container.containerId, address, port);
    const id = `${container.containerId}\0${destination.destination}`;
    const known = this.#peers.get(id);
    if (known) return known;
    const made: TcpPeer = {
      container,
      destination,
      totals: new Float64Array(FIELDS),
      seenAt: now,
      rttSumUs: 0,
      rttSamples: 0,
      roundTripSeconds: undefined,
    };
    this.#peers.set(id, made);
    return made;
  }
}

/** The mean round trip of the interval that just ended; a silent peer keeps what it last had. */
function updateRoundTrip(peer: TcpPeer): void {
  const sumUs = peer.totals[RTT_SUM_US]! - peer.rttSumUs;
  const samples = peer.totals[RTT_SAMPLES]! - peer.rttSamples;
  peer.rttSumUs += sumUs;
  peer.rttSamples += samples;
  if (samples > 0) peer.roundTripSeconds = sumUs / samples / 1e6;
}

interface RoundTrip {
  readonly container: ContainerSeries;
  readonly ip: string;
  readonly seconds: number;
}

/** By container and address: the mean over the ports of one host. */
function meanRoundTrips(peers: Iterable<TcpPeer>): readonly RoundTrip[] {
  const groups = new Map<string, TcpPeer[]>();
  for (const peer of peers) {
    if (peer.roundTripSeconds === undefined || !peer.destination.ip) continue;
    const key = `${peer.container.containerId}\0${peer.destination.ip}`;
    const group = groups.get(key);
    if (group) group.push(peer);
    else groups.set(key, [peer]);
  }
  return [...groups.values()].map((group) => ({
    container: group[0]!.container,
    ip: group[0]!.destination.ip,
    seconds: group.reduce((sum, peer) => sum + peer.roundTripSeconds!, 0) / group.length,
  }));
}

function collectPeer(sink: SampleSink, { container, destination: peer, totals }: TcpPeer): void {
  const { destination } = peer;
  const labels = { destination, actual_destination: peer.actualDestination };
  const sample = (metric: (typeof CONTAINER_METRICS)[keyof typeof CONTAINER_METRICS], value: number): void =>
    sink.sample(metric, container, labels, value);
  sample(CONTAINER_METRICS.tcpConnects, totals[CONNECTS]!);
  sample(CONTAINER_METRICS.tcpConnectTime, totals[CONNECT_TIME_NS]! / 1e9);
  sample(CONTAINER_METRICS.tcpActive, Math.max(0, totals[CONNECTS]! + totals[ADOPTED]! - totals[CLOSED]!));
  sample(CONTAINER_METRICS.tcpRetransmits, totals[RETRANSMITS]!);
  sample(CONTAINER_METRICS.tcpResetsReceived, totals[RESETS_RECEIVED]!);
  sample(CONTAINER_METRICS.tcpResetsSent, totals[RESETS_SENT]!);
  const zeroWindows = totals[ZERO_WINDOWS]!;
  sample(CONTAINER_METRICS.tcpZeroWindows, zeroWindows);
  sample(CONTAINER_METRICS.tcpZeroWindowConnections, Math.max(0, zeroWindows - totals[ZERO_WINDOWS_OVER]!));
  sample(CONTAINER_METRICS.tcpBytesSent, totals[BYTES_SENT]!);
  sample(CONTAINER_METRICS.tcpBytesReceived, totals[BYTES_RECEIVED]!);
  sink.sample(CONTAINER_METRICS.tcpFailedConnects, container, { destination }, totals[FAILED_CONNECTS]!);
  collectConnectErrors(sink, container, destination, totals);
}

/** Only reasons that were seen: most peers never fail. */
function collectConnectErrors(
  sink: SampleSink,
  container: ContainerSeries,
  destination: string,
  totals: Float64Array,
): void {
  let other = totals[FAILED_CONNECTS]!;
  if (other === 0) return;
  const sample = (error: string, value: number): void => {
    if (value > 0) {
      sink.sample(CONTAINER_METRICS.tcpConnectErrors, container, { destination, error_type: error }, value);
    }
  };
  for (const [error, field] of CONNECT_ERRORS) {
    sample(error, totals[field]!);
    other -= totals[field]!;
  }
  sample('other', other);
}
