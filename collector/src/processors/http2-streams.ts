import type { Http2Request } from '../protocols/http2/connection.ts';

/** ns within which an answer of one message ends once it has begun. */
const AT_ONCE = 100_000_000;
/** ns that sending one message hardly takes: 4 MiB, the most that gRPC allows by default, at 34 Mbit/s. */
const LONG = 1_000_000_000;
/** Methods remembered; calls of further ones count as ordinary. */
const MOST_METHODS = 1000;
/** Statuses below: the server has answered. */
const ANSWERED = 100;

/**
 * Tells calls that stream: their duration is how long both sides wanted to talk, and says nothing about latency. A call
 * that streams in both directions shows that itself, and so does an event stream. One of gRPC that streams its answer
 * alone looks like a large answer on a slow network; it is one when it lasts and its method never answered at once.
 */
export class StreamingCalls {
  /** By path: did it ever answer at once? */
  readonly #methods = new Map<string, boolean>();

  /** Is this one? Learns from it. */
  isStreaming(request: Http2Request): boolean {
    if (request.duplex || request.eventStream) return true;
    if (!request.isGrpc || request.path === '' || request.status < ANSWERED) return false;
    const known = this.#methods.get(request.path);
    if (known === undefined && this.#methods.size >= MOST_METHODS) return false;
    const took = request.ended - request.answered;
    // a stream that is refused ends at once, too
    const atOnce = known === true || (took < AT_ONCE && request.grpcStatus === 0);
    if (atOnce !== known) this.#methods.set(request.path, atOnce);
    return !atOnce && took >= LONG;
  }
}
