import { Fields } from './fields.ts';
import { FLAG, FRAME, FRAME_HEADER, hasBody, joined, lengthAt, startsWith, streamIdAt } from './frames.ts';
import { HpackDecoder } from './hpack.ts';
import { IDENTITY_FRAME, RequestIdentity } from './identity.ts';
import { Stream } from './request.ts';
import type { Http2Request } from './request.ts';

export type { Http2Request } from './request.ts';

/** Bytes of one direction of a connection, in their order. Read in place: they are not kept. */
export interface Http2Chunk {
  readonly fromClient: boolean;
  /**
   * From `at` to `end`, frames, each with its 9-byte header, as the kernel leaves them (struct gs_http2_event in
   * bpf/include/events.h): HEADERS, RST_STREAM, SETTINGS, PUSH_PROMISE, GOAWAY and CONTINUATION whole, of others the
   * header alone; before the HEADERS of a request an identity in a frame of its own. A frame may go on in the next chunk
   * of its direction.
   */
  readonly bytes: Uint8Array;
  readonly at: number;
  readonly end: number;
  /** CLOCK_MONOTONIC, ns: exact for 104 days of a machine's life, then within 2 */
  readonly time: number;
  /** Bytes before these were missed. */
  readonly lost: boolean;
}

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const MOST_STREAMS = 1000;
/** A header block larger than this is given up. */
const LARGEST_BLOCK = 256 * 1024;
/** ns after which a stream without an end is forgotten. */
const STALE = 600_000_000_000;
const NO_BYTES = new Uint8Array(0);

/** A header block that goes on in CONTINUATION frames. */
interface Block {
  readonly streamId: number;
  readonly pushed: boolean;
  readonly endStream: boolean;
  readonly parts: Uint8Array[];
  size: number;
}

/** What one direction has in hand. */
class Side {
  readonly hpack = new HpackDecoder();
  /** Beginning of a frame that goes on. */
  pending: Uint8Array = NO_BYTES;
  block: Block | undefined;

  lose(): void {
    this.hpack.reset();
    this.pending = NO_BYTES;
    this.block = undefined;
  }
}

/** The block that is looked at: one at a time on the whole machine. */
const fields = new Fields();

/** One HTTP/2 connection (RFC 9113) as both directions show it. Never throws; bounded in streams and bytes. */
export class Http2Connection {
  readonly #ended: (request: Http2Request) => void;
  readonly #client = new Side();
  readonly #server = new Side();
  readonly #streams = new Map<number, Stream>();
  /** Of the request whose HEADERS come next. */
  #identity: RequestIdentity | undefined;
  #identityOf = 0;
  #mayBegin = true;
  /** Streams given up: too many, or too old. */
  dropped = 0;

  /** `ended` hears of each request that ends, in the call that ends it. */
  constructor(ended: (request: Http2Request) => void) {
    this.#ended = ended;
  }

  feed(chunk: Http2Chunk): void {
    const side = chunk.fromClient ? this.#client : this.#server;
    if (chunk.lost) this.#lose(side);
    let { bytes, at, end } = chunk;
    if (side.pending.length > 0) {
      bytes = joined([side.pending, bytes.subarray(at, end)]);
      at = 0;
      end = bytes.length;
      side.pending = NO_BYTES;
    }
    if (chunk.fromClient && this.#mayBegin) {
      if (end - at < PREFACE.length && startsWith(PREFACE, bytes.subarray(at, end))) {
        side.pending = bytes.slice(at, end);
        return;
      }
      this.#mayBegin = false;
      if (startsWith(bytes.subarray(at, end), PREFACE)) at += PREFACE.length;
    }
    while (at < end) {
      const next = this.#frame(bytes, at, end, side, chunk);
      if (next < 0) {
        side.pending = bytes.slice(at, end);
        break;
      }
      at = next;
    }
    if (side.pending.length > LARGEST_BLOCK) this.#lose(side);
  }

  #lose(side: Side): void {
    side.lose();
    // the end of a request may have been among what was missed
    if (side === this.#client) for (const stream of this.#streams.values()) stream.clientDone = true;
  }

  /** The connection is gone: what is open has no answer. */
  close(time: number): void {
    for (const stream of this.#streams.values()) this.#ended(stream.finish(time, 'closed'));
    this.#streams.clear();
  }

  /** Forgets streams that began long ago; how many. */
  expire(now: number): number {
    let expired = 0;
    for (const [id, stream] of this.#streams)
      if (now - stream.started > STALE) {
        this.#streams.delete(id);
        expired++;
      }
    this.dropped += expired;
    return expired;
  }

  get open(): number {
    return this.#streams.size;
  }

  /** Handles the frame at `at`; where the next one begins, -1 when this one is not whole yet. */
  #frame(bytes: Uint8Array, at: number, end: number, side: Side, chunk: Http2Chunk): number {
    const body = at + FRAME_HEADER;
    if (body > end) return -1;
    const length = lengthAt(bytes, at);
    const type = bytes[at + 3]!;
    const flags = bytes[at + 4]!;
    const streamId = streamIdAt(bytes, at + 5);
    if (!hasBody(type) && type !== IDENTITY_FRAME) {
      if (type === FRAME.data && flags & FLAG.endStream) this.#endOfStream(streamId, chunk);
      return body;
    }
    if (length > LARGEST_BLOCK) {
      this.#lose(side);
      return end;
    }
    const next = body + length;
    if (next > end) return -1;
    if (type === FRAME.headers) this.#headers(bytes, body, next, flags, streamId, side, chunk);
    else if (type === IDENTITY_FRAME) this.#identify(streamId, RequestIdentity.at(bytes, body, next));
    else if (type === FRAME.continuation)
      this.#continuation(bytes.slice(body, next), flags, streamId, side, chunk);
    else if (type === FRAME.pushPromise) this.#pushPromise(bytes, body, next, flags, streamId, side);
    else if (type === FRAME.rstStream) this.#reset(streamId, chunk);
    else if (type === FRAME.goaway && !chunk.fromClient && length >= 8)
      this.#goaway(streamIdAt(bytes, body), chunk);
    return next;
  }

  #identify(streamId: number, identity: RequestIdentity | undefined): void {
    this.#identity = identity;
    this.#identityOf = streamId;
  }

  #headers(
    bytes: Uint8Array,
    body: number,
    next: number,
    flags: number,
    streamId: number,
    side: Side,
    chunk: Http2Chunk,
  ): void {
    const at = fragmentStart(body, flags, flags & FLAG.priority ? 5 : 0);
    const end = fragmentEnd(bytes, body, next, flags);
    if (at > end || streamId === 0) return this.#lose(side);
    const endStream = (flags & FLAG.endStream) !== 0;
    if (flags & FLAG.endHeaders) {
      side.block = undefined;
      this.#block(bytes, at, end, streamId, endStream, side, chunk);
      return;
    }
    const part = bytes.slice(at, end);
    side.block = { streamId, pushed: false, endStream, parts: [part], size: part.length };
  }

  #continuation(part: Uint8Array, flags: number, streamId: number, side: Side, chunk: Http2Chunk): void {
    const { block } = side;
    if (!block || block.streamId !== streamId || block.size + part.length > LARGEST_BLOCK)
      return this.#lose(side);
    block.parts.push(part);
    block.size += part.length;
    if ((flags & FLAG.endHeaders) === 0) return;
    side.block = undefined;
    const whole = joined(block.parts);
    if (block.pushed) decodePushed(side, whole, 0, whole.length);
    else this.#block(whole, 0, whole.length, streamId, block.endStream, side, chunk);
  }

  /** A pushed request has nobody who asked: only its effect on the header table matters. */
  #pushPromise(
    bytes: Uint8Array,
    body: number,
    next: number,
    flags: number,
    streamId: number,
    side: Side,
  ): void {
    const at = fragmentStart(body, flags, 4);
    const end = fragmentEnd(bytes, body, next, flags);
    if (at > end) return this.#lose(side);
    if (flags & FLAG.endHeaders) return decodePushed(side, bytes, at, end);
    const part = bytes.slice(at, end);
    side.block = { streamId, pushed: true, endStream: false, parts: [part], size: part.length };
  }

  /** Streams above the last one that the server took up get no answer (RFC 9113, section 6.8). */
  #goaway(last: number, chunk: Http2Chunk): void {
    for (const id of this.#streams.keys()) if (id > last) this.#reset(id, chunk);
  }

  /** A whole header block. */
  #block(
    bytes: Uint8Array,
    at: number,
    end: number,
    streamId: number,
    endStream: boolean,
    side: Side,
    chunk: Http2Chunk,
  ): void {
    fields.clear();
    side.hpack.decode(bytes, at, end, fields);
    if (chunk.fromClient) this.#begin(streamId, chunk);
    else this.#streams.get(streamId)?.answer(fields, chunk.time, endStream);
    if (endStream) this.#endOfStream(streamId, chunk);
  }

  #begin(streamId: number, chunk: Http2Chunk): void {
    const identity = this.#identityOf === streamId ? this.#identity : undefined;
    // what a client sends on an open stream are trailers
    if (streamId % 2 === 0 || this.#streams.has(streamId)) return;
    if (this.#streams.size >= MOST_STREAMS) {
      const [oldest] = this.#streams.keys();
      this.#streams.delete(oldest!);
      this.dropped++;
    }
    this.#streams.set(streamId, new Stream(streamId, chunk.time, fields, identity));
  }

  #endOfStream(streamId: number, chunk: Http2Chunk): void {
    const stream = this.#streams.get(streamId);
    if (!stream) return;
    // a server may be done before its client is: the answer is whole, nobody waits any more
    if (chunk.fromClient) {
      stream.clientDone = true;
      return;
    }
    this.#streams.delete(streamId);
    this.#ended(stream.finish(chunk.time, 'ended'));
  }

  #reset(streamId: number, chunk: Http2Chunk): void {
    const stream = this.#streams.get(streamId);
    if (!stream) return;
    this.#streams.delete(streamId);
    this.#ended(stream.finish(chunk.time, 'reset'));
  }
}

function decodePushed(side: Side, bytes: Uint8Array, at: number, end: number): void {
  fields.clear();
  side.hpack.decode(bytes, at, end, fields);
}

/** The block fragment of a frame begins behind the pad length and `extra` bytes. */
const fragmentStart = (body: number, flags: number, extra: number): number =>
  body + (flags & FLAG.padded ? 1 : 0) + extra;

/** And ends before the padding. */
const fragmentEnd = (bytes: Uint8Array, body: number, next: number, flags: number): number =>
  flags & FLAG.padded && body < next ? next - bytes[body]! : next;
