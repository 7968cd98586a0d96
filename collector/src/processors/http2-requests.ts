import { Http2Connection } from '../protocols/http2/connection.ts';
import type { Http2Chunk, Http2Request } from '../protocols/http2/connection.ts';
import { http2StatusLabel } from '../protocols/http2/describe.ts';
import type { Http2Socket } from '../receivers/ebpf/http2-event.ts';
import { Http2Counts } from './http2-counts.ts';
import { StreamingCalls } from './http2-streams.ts';
import type { RequestEndpoint } from './request-metrics.ts';

/** A request of HTTP/2 that has ended, as one end saw it. */
export interface Http2Exchange {
  readonly request: Http2Request;
  readonly socket: Http2Socket;
  /** It lasts as long as both sides want: counted, not timed. */
  readonly streaming: boolean;
}

/** What the kernel tells of one direction of a connection, valid during the call. */
export interface Http2Record extends Http2Chunk {
  /** Names the connection until `closed`. */
  readonly connection: number;
  /** The connection is gone; nothing else is told. */
  readonly closed: boolean;
  socket(): Http2Socket;
}

/** Connections followed at a time; further ones are not. */
const MOST_CONNECTIONS = 8192;
/** ns without a frame after which a connection is forgotten. */
const IDLE = 600_000_000_000;

interface Followed {
  readonly connection: Http2Connection;
  seen: number;
}

/** ns until the answer began, as for other protocols. */
export const http2Duration = ({ started, answered }: Http2Request): number => answered - started;

/** Follows the HTTP/2 connections of the machine through the kernel's records, and counts their requests. */
export class Http2Requests {
  readonly #ended: (exchange: Http2Exchange) => void;
  readonly #followed = new Map<number, Followed>();
  readonly #streaming = new StreamingCalls();
  readonly #counted: Http2Counts[] = [];
  #notFollowed = 0;
  #lost = 0;

  /** `ended` hears of each request that ends, in the call that ends it. */
  constructor(ended: (exchange: Http2Exchange) => void) {
    this.#ended = ended;
  }

  take(record: Http2Record): void {
    if (record.lost) this.#lost++;
    const followed = this.#of(record);
    if (!followed) return;
    followed.seen = record.time;
    if (!record.closed) return followed.connection.feed(record);
    this.#followed.delete(record.connection);
    followed.connection.close(record.time);
  }

  /** Hands over the requests counted since the last time, by endpoint and label of their status. */
  takeCounts(to: (endpoint: RequestEndpoint, status: string, totals: Float64Array) => void): void {
    for (const counts of this.#counted) counts.take(to);
    this.#counted.length = 0;
  }

  /** Forgets what has been silent. `now` in CLOCK_MONOTONIC ns. */
  expire(now: number): void {
    for (const [key, followed] of this.#followed) {
      if (now - followed.seen > IDLE) this.#followed.delete(key);
      else followed.connection.expire(now);
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

  #onRequest(request: Http2Request, socket: Http2Socket, counts: Http2Counts): void {
    const streaming = this.#streaming.isStreaming(request);
    if (!counts.noted) this.#counted.push(counts);
    counts.noted = true;
    counts.add(http2StatusLabel(request), streaming ? undefined : http2Duration(request));
    this.#ended({ request, socket, streaming });
  }

  #of(record: Http2Record): Followed | undefined {
    const known = this.#followed.get(record.connection);
    if (known || record.closed) return known;
    if (this.#followed.size >= MOST_CONNECTIONS) {
      this.#notFollowed++;
      return undefined;
    }
    const socket = record.socket();
    const counts = new Http2Counts(socket);
    const connection = new Http2Connection((request) => this.#onRequest(request, socket, counts));
    const made = { connection, seen: record.time };
    this.#followed.set(record.connection, made);
    return made;
  }
}
