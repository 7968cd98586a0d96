import { CONTAINER_METRICS } from '@gumshoe/schema/metrics/container';
import { endpointText, isUnspecified } from '../receivers/ebpf/address.ts';
import type { ListenEvent } from '../receivers/ebpf/process-event.ts';
import type { ContainerOf, ContainerSeries, SampleSink } from './sample-sink.ts';

interface ListenSocket {
  readonly netns: number;
  readonly address: string;
  readonly port: number;
  tgid: number;
  container: ContainerSeries | undefined;
  /** Sockets that share the endpoint (SO_REUSEPORT) and were not seen closing. */
  opened: number;
  /** The kernel's word is not enough: several sockets shared the endpoint, or the process that opened it is gone. */
  doubtful: boolean;
  endpoints: readonly string[];
  seenAt: number;
}

export interface ListenMetricsOptions {
  readonly containerOf: ContainerOf;
  /** Whether an endpoint is a service's (processors/destinations). */
  readonly counts: (netns: number, address: string, port: number) => boolean;
  /** A live process of the container; undefined when there is none. */
  readonly processOf: (container: ContainerSeries, tgid: number) => number | undefined;
  /** Addresses of the network namespace of a process; empty when it is gone. */
  readonly addressesOf: (tgid: number) => readonly string[];
  /** Whether anything listens on the endpoint in the network namespace of a process. */
  readonly isListening: (tgid: number, address: string, port: number) => boolean;
  /** Milliseconds that a closed endpoint is still shown, as 0. */
  readonly expireAfter: number;
}

/** Bounds memory when something opens ports without end. */
const SOCKET_LIMIT = 16384;

/**
 * Where containers listen. A socket bound to any address is shown with each address of its network namespace,
 * so that a destination can be matched with the container that serves it.
 */
export class ListenMetrics {
  readonly #options: ListenMetricsOptions;
  readonly #sockets = new Map<string, ListenSocket>();

  constructor(options: ListenMetricsOptions) {
    this.#options = options;
  }

  onListen({ open, tgid, netns, address, port }: ListenEvent, now: number): void {
    const key = `${netns}/${endpointText(address, port)}`;
    const known = this.#sockets.get(key);
    if (open && known) reopen(known, tgid, now);
    else if (open && this.#sockets.size < SOCKET_LIMIT) {
      const container = this.#options.containerOf(tgid);
      const state = { opened: 1, doubtful: false, endpoints: [], seenAt: now };
      this.#sockets.set(key, { netns, address, port, tgid, container, ...state });
    } else if (!open && known) close(known);
  }

  /** The process may have left its sockets to a child, as daemons do. */
  onExit(tgid: number): void {
    for (const socket of this.#sockets.values()) if (socket.tgid === tgid) socket.doubtful = true;
  }

  update(now: number): void {
    const addresses = new Map<number, readonly string[]>();
    for (const [key, socket] of this.#sockets) {
      socket.container ??= this.#options.containerOf(socket.tgid);
      if (socket.container && socket.opened > 0) this.#refresh(socket, socket.container, addresses);
      if (socket.opened > 0) socket.seenAt = now;
      else if (now - socket.seenAt >= this.#options.expireAfter) this.#sockets.delete(key);
    }
  }

  collect(sink: SampleSink): void {
    const shown = new Map<string, { container: ContainerSeries; endpoint: string; open: boolean }>();
    for (const { container, endpoints, opened } of this.#sockets.values()) {
      if (!container) continue;
      for (const endpoint of endpoints) {
        const key = `${container.containerId}\0${endpoint}`;
        const open = opened > 0 || shown.get(key)?.open === true;
        shown.set(key, { container, endpoint, open });
      }
    }
    for (const { container, endpoint, open } of shown.values()) {
      const labels = { listen_addr: endpoint, proxy: '' };
      sink.sample(CONTAINER_METRICS.tcpListen, container, labels, open ? 1 : 0);
    }
  }

  #refresh(
    socket: ListenSocket,
    container: ContainerSeries,
    addressesByNetns: Map<number, readonly string[]>,
  ): void {
    const { address, port, netns } = socket;
    const alive = this.#options.processOf(container, socket.tgid);
    if (alive === undefined) {
      socket.opened = 0;
      return;
    }
    if (socket.doubtful) {
      socket.doubtful = false;
      socket.tgid = alive;
      socket.opened = this.#options.isListening(alive, address, port) ? 1 : 0;
    }
    if (!isUnspecified(address)) {
      socket.endpoints = this.#shown(netns, [address], port);
      return;
    }
    const addresses = addressesByNetns.get(netns) ?? this.#options.addressesOf(alive);
    addressesByNetns.set(netns, addresses);
    if (addresses.length > 0) socket.endpoints = this.#shown(netns, addresses, port);
  }

  #shown(netns: number, addresses: readonly string[], port: number): readonly string[] {
    return addresses
      .filter((address) => this.#options.counts(netns, address, port))
      .map((address) => endpointText(address, port));
  }
}

function reopen(socket: ListenSocket, tgid: number, now: number): void {
  socket.opened++;
  socket.tgid = tgid;
  socket.seenAt = now;
}

function close(socket: ListenSocket): void {
  if (socket.opened > 0) socket.opened--;
  if (socket.opened > 0) socket.doubtful = true;
}
