import type { Http2Socket } from '../receivers/ebpf/http2-event.ts';
import { constants } from '../receivers/ebpf/layout.generated.ts';
import type { RequestEndpoint } from './request-metrics.ts';
import { tally, TALLY_FIELDS } from './request-tally.ts';

/** Requests of one connection by the label of their status, until somebody takes them. */
export class Http2Counts {
  readonly endpoint: RequestEndpoint;
  readonly #byStatus = new Map<string, Float64Array>();
  /** Somebody knows that there is something to take. */
  noted = false;

  constructor(socket: Http2Socket) {
    const { tgid, netns, inbound } = socket;
    const address = inbound ? socket.localAddress : socket.remoteAddress;
    const port = inbound ? socket.localPort : socket.remotePort;
    this.endpoint = { tgid, netns, address, port, inbound, protocol: constants.GS_PROTOCOL_HTTP2 };
  }

  /** Without a duration it is not timed. */
  add(status: string, durationNs: number | undefined): void {
    let totals = this.#byStatus.get(status);
    if (!totals) this.#byStatus.set(status, (totals = new Float64Array(TALLY_FIELDS)));
    tally(totals, durationNs);
  }

  /** Hands over what was added since the last time. */
  take(to: (endpoint: RequestEndpoint, status: string, totals: Float64Array) => void): void {
    this.noted = false;
    for (const [status, totals] of this.#byStatus) {
      if (totals[0] === 0) continue;
      to(this.endpoint, status, totals);
      totals.fill(0);
    }
  }
}
