import { endpointText, isLinkLocal, isLoopback } from '../receivers/ebpf/address.ts';

/** Where a container's connections go, as the labels say it. */
export interface Destination {
  /** `ip:port` as the process dialled it. */
  readonly destination: string;
  /** `ip:port` after address translation; equal to `destination` without one. */
  readonly actualDestination: string;
  readonly ip: string;
}

/** All destinations of a container beyond its limit, as one. */
export const OTHER_DESTINATION: Destination = {
  destination: '~other',
  actualDestination: '~other',
  ip: '',
};

export interface DestinationOptions {
  /** Inode of the network namespace whose loopback traffic counts: the host's. */
  readonly hostNetns: number;
  /** Distinct destinations per container; the rest is `~other`. */
  readonly perContainer: number;
  /** First and last port that are taken for client ports, never for services. */
  readonly ephemeralPorts: readonly [number, number];
  /** `ip:port` behind an address translation; its argument when there is none. */
  readonly resolve: (endpoint: string) => string;
}

export const DEFAULT_DESTINATION_OPTIONS = {
  perContainer: 256,
  ephemeralPorts: [32768, 60999],
} as const satisfies Partial<DestinationOptions>;

/** In the ephemeral range and yet a service's: the conventional port of gRPC. */
const GRPC_PORT = 50051;

/** Decides which endpoints become labels, and bounds how many per container. */
export class Destinations {
  readonly #options: DestinationOptions;
  readonly #byContainer = new Map<string, Map<string, Destination>>();
  #folded = 0;

  constructor(options: DestinationOptions) {
    this.#options = options;
  }

  /** Times that an endpoint became `~other` so far. */
  get folded(): number {
    return this.#folded;
  }

  /** Whether this endpoint, dialled or listened on in `netns`, is a service worth a label. */
  counts(netns: number, address: string, port: number): boolean {
    if (isLinkLocal(address)) return false;
    if (isLoopback(address) && netns !== this.#options.hostNetns) return false;
    const [first, last] = this.#options.ephemeralPorts;
    return port < first || port > last || port === GRPC_PORT;
  }

  /** The labels of an endpoint that counts. */
  of(containerId: string, address: string, port: number): Destination {
    const known = this.#byContainer.get(containerId) ?? new Map<string, Destination>();
    this.#byContainer.set(containerId, known);
    const destination = endpointText(address, port);
    const found = known.get(destination);
    if (found) return found;
    if (known.size >= this.#options.perContainer) {
      this.#folded++;
      return OTHER_DESTINATION;
    }
    const made = { destination, actualDestination: this.#options.resolve(destination), ip: address };
    known.set(destination, made);
    return made;
  }

  /** Makes room once no series of the destination is left. */
  forget(containerId: string, destination: Destination): void {
    const known = this.#byContainer.get(containerId);
    known?.delete(destination.destination);
    if (known?.size === 0) this.#byContainer.delete(containerId);
  }
}
