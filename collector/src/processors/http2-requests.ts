import { Http2Connection } from '../protocols/http2/connection.ts';
import type { Http2Request } from '../protocols/http2/connection.ts';
import type { Http2Event, Http2Identity, Http2Socket } from '../receivers/ebpf/http2-event.ts';
import { StreamingCalls } from './http2-streams.ts';

/** A request of HTTP/2 that has ended, as one end saw it. */
export interface Http2Exchange {
  readonly request: Http2Request;
  readonly socket: Http2Socket;
  /** undefined when more requests began in one call than the kernel describes. */
  readonly identity: Http2Identity | undefined;
  /** It lasts as long as both sides want: counted, not timed. */
  readonly streaming: boolean;
}

/** Connections followed at a time; further ones are not. */
const MOST_CONNECTIONS = 8192;
/** ns without a frame after which a connection is forgotten. */
const IDLE = 600_000_000_000n;

interface Followed {
  readonly connection: Http2Connection;
  readonly identities: Map<number, Http2Identity>;
  readonly socket: Http2Socket;
  seen: bigint;
}

/** Follows the HTTP/2 connections of the machine through the kernel's records. */
export class Http2Requests {
  readonly #followed = new Map<bigint, Followed>();
  readonly #streaming = new StreamingCalls();
  #notFollowed = 0;
  #lost = 0;

  /** Requests that ended with this record. */
  take(event: Http2Event): readonly Http2Exchange[] {
    if (event.lost) this.#lost++;
    const followed = this.#of(event);
    if (!followed) return [];
    followed.seen = event.time;
    for (const identity of event.begun) followed.identities.set(identity.streamId, identity);
    if (event.closed) {
      this.#followed.delete(event.connection);
      return this.#exchanges(followed, followed.connection.close(event.time));
    }
    const { fromClient, bytes, time, sequence, lost } = event;
    return this.#exchanges(followed, followed.connection.feed({ fromClient, bytes, time, sequence, lost }));
  }

  /** Forgets what has been silent. `now` in CLOCK_MONOTONIC ns. */
  expire(now: bigint): void {
    for (const [key, followed] of this.#followed) {
      if (now - followed.seen > IDLE) this.#followed.delete(key);
      else if (followed.connection.expire(now) > 0) forgetStale(followed);
    }
  }

  /** Records of connections that found no room. */
  get notFollowed(): number {
    return this.#notFollowed;
  }

  /** Times that bytes of a connection were missed. */
  get lost(): number {
    return this.#lost;
  }

  get size(): number {
    return this.#followed.size;
  }

  #exchanges(followed: Followed, requests: readonly Http2Request[]): readonly Http2Exchange[] {
    const { identities, socket } = followed;
    if (identities.size > 2 * MOST_IDENTITIES) forgetStale(followed);
    return requests.map((request) => {
      const identity = identities.get(request.streamId);
      identities.delete(request.streamId);
      return { request, socket, identity, streaming: this.#streaming.isStreaming(request) };
    });
  }

  #of(event: Http2Event): Followed | undefined {
    const known = this.#followed.get(event.connection);
    if (known || event.closed) return known;
    if (this.#followed.size >= MOST_CONNECTIONS) {
      this.#notFollowed++;
      return undefined;
    }
    const made = {
      connection: new Http2Connection(),
      identities: new Map<number, Http2Identity>(),
      socket: event.socket(),
      seen: event.time,
    };
    this.#followed.set(event.connection, made);
    return made;
  }
}

/** Stream ids only grow: identities far behind the newest belong to nothing. */
const MOST_IDENTITIES = 1000;

function forgetStale({ identities }: Followed): void {
  for (const id of identities.keys()) {
    if (identities.size <= MOST_IDENTITIES) return;
    identities.delete(id);
  }
}
