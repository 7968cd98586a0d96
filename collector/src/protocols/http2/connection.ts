import { FLAG, FRAME, FRAME_HEADER, joined, startsWith, WITH_BODY, withoutPadding } from './frames.ts';
import { HpackDecoder, type Header } from './hpack.ts';
import { finish } from './request.ts';
import type { Http2Request, Stream } from './request.ts';

export type { Http2Request } from './request.ts';

/** Bytes of one direction of a connection, in their order. */
export interface Http2Chunk {
  readonly fromClient: boolean;
  /**
   * Frames, each with its 9-byte header, as the kernel leaves them (struct gs_http2_event in bpf/include/events.h):
   * HEADERS, RST_STREAM, SETTINGS, PUSH_PROMISE, GOAWAY and CONTINUATION whole, of others the header alone. A frame may
   * go on in the next chunk of its direction.
   */
  readonly bytes: Uint8Array;
  /** CLOCK_MONOTONIC, ns */
  readonly time: bigint;
  /** TCP sequence number of the first byte. */
  readonly sequence: number;
  /** Bytes before these were missed. */
  readonly lost: boolean;
}

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const MOST_STREAMS = 1000;
/** A header block larger than this is given up. */
const LARGEST_BLOCK = 256 * 1024;
/** ns after which a stream without an end is forgotten. */
const STALE = 600_000_000_000n;

/** What one direction has in hand. */
class Side {
  readonly hpack = new HpackDecoder();
  /** Beginning of a frame that goes on. */
  pending: Uint8Array = new Uint8Array(0);
  block:
    | {
        readonly streamId: number;
        readonly pushed: boolean;
        readonly endStream: boolean;
        parts: Uint8Array[];
        size: number;
      }
    | undefined;

  lose(): void {
    this.hpack.reset();
    this.pending = new Uint8Array(0);
    this.block = undefined;
  }
}

/** One HTTP/2 connection (RFC 9113) as both directions show it. Never throws; bounded in streams and bytes. */
export class Http2Connection {
  readonly #client = new Side();
  readonly #server = new Side();
  readonly #streams = new Map<number, Stream>();
  #mayBegin = true;
  /** Streams given up: too many, or too old. */
  dropped = 0;

  /** Requests that ended with this chunk. */
  feed(chunk: Http2Chunk): readonly Http2Request[] {
    const side = chunk.fromClient ? this.#client : this.#server;
    if (chunk.lost) this.#lose(side);
    const done: Http2Request[] = [];
    let bytes = side.pending.length === 0 ? chunk.bytes : joined([side.pending, chunk.bytes]);
    side.pending = new Uint8Array(0);
    if (chunk.fromClient && this.#mayBegin) {
      if (bytes.length < PREFACE.length && startsWith(PREFACE, bytes)) {
        side.pending = bytes.slice();
        return done;
      }
      this.#mayBegin = false;
      if (startsWith(bytes, PREFACE)) bytes = bytes.subarray(PREFACE.length);
    }
    for (let at = 0; at < bytes.length;) {
      const next = this.#frame(bytes, at, side, chunk, done);
      if (next < 0) {
        side.pending = bytes.slice(at);
        break;
      }
      at = next;
    }
    if (side.pending.length > LARGEST_BLOCK) this.#lose(side);
    return done;
  }

  #lose(side: Side): void {
    side.lose();
    // the end of a request may have been among what was missed
    if (side === this.#client) for (const stream of this.#streams.values()) stream.clientDone = true;
  }

  /** The connection is gone: what is open has no answer. */
  close(time: bigint): readonly Http2Request[] {
    const open = [...this.#streams.values()].map((stream) => finish(stream, time, 'closed'));
    this.#streams.clear();
    return open;
  }

  /** Forgets streams that began long ago; how many. */
  expire(now: bigint): number {
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

  /** Start of the oldest open request, ns; undefined without one. */
  get oldest(): bigint | undefined {
    return this.#streams.values().next().value?.started;
  }

  /** Handles the frame at `at`; where the next one begins, -1 when this one is not whole yet. */
  #frame(bytes: Uint8Array, at: number, side: Side, chunk: Http2Chunk, done: Http2Request[]): number {
    if (at + FRAME_HEADER > bytes.length) return -1;
    const length = (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!;
    const type = bytes[at + 3]!;
    const flags = bytes[at + 4]!;
    const streamId =
      (((bytes[at + 5]! & 0x7f) << 24) | (bytes[at + 6]! << 16) | (bytes[at + 7]! << 8) | bytes[at + 8]!) >>>
      0;
    const body = at + FRAME_HEADER;
    if (!WITH_BODY.has(type)) {
      if (type === FRAME.data && flags & FLAG.endStream) this.#endOfStream(streamId, chunk, done);
      return body;
    }
    if (length > LARGEST_BLOCK) {
      this.#lose(side);
      return bytes.length;
    }
    if (body + length > bytes.length) return -1;
    const payload = bytes.subarray(body, body + length);
    if (type === FRAME.headers) this.#headers(payload, flags, streamId, side, chunk, done);
    else if (type === FRAME.continuation) this.#continuation(payload, flags, streamId, side, chunk, done);
    else if (type === FRAME.pushPromise) this.#pushPromise(payload, flags, streamId, side);
    else if (type === FRAME.rstStream) this.#reset(streamId, chunk, done);
    else if (type === FRAME.goaway && !chunk.fromClient) this.#goaway(payload, chunk, done);
    return body + length;
  }

  #headers(
    payload: Uint8Array,
    flags: number,
    streamId: number,
    side: Side,
    chunk: Http2Chunk,
    done: Http2Request[],
  ): void {
    const fragment = withoutPadding(payload, flags, flags & FLAG.priority ? 5 : 0);
    if (!fragment || streamId === 0) return this.#lose(side);
    side.block = {
      streamId,
      pushed: false,
      endStream: (flags & FLAG.endStream) !== 0,
      parts: [fragment],
      size: fragment.length,
    };
    if (flags & FLAG.endHeaders) this.#block(side, chunk, done);
  }

  #continuation(
    payload: Uint8Array,
    flags: number,
    streamId: number,
    side: Side,
    chunk: Http2Chunk,
    done: Http2Request[],
  ): void {
    const { block } = side;
    if (!block || block.streamId !== streamId || block.size + payload.length > LARGEST_BLOCK)
      return this.#lose(side);
    block.parts.push(payload.slice());
    block.size += payload.length;
    if (flags & FLAG.endHeaders) this.#block(side, chunk, done);
  }

  /** A pushed request has nobody who asked: only its effect on the header table matters. */
  #pushPromise(payload: Uint8Array, flags: number, streamId: number, side: Side): void {
    const fragment = withoutPadding(payload, flags, 4);
    if (!fragment) return this.#lose(side);
    if (flags & FLAG.endHeaders) side.hpack.decode(fragment);
    else side.block = { streamId, pushed: true, endStream: false, parts: [fragment], size: fragment.length };
  }

  /** Streams above the last one that the server took up get no answer (RFC 9113, section 6.8). */
  #goaway(payload: Uint8Array, chunk: Http2Chunk, done: Http2Request[]): void {
    if (payload.length < 8) return;
    const last = ((payload[0]! & 0x7f) << 24) | (payload[1]! << 16) | (payload[2]! << 8) | payload[3]!;
    for (const id of this.#streams.keys()) if (id > last) this.#reset(id, chunk, done);
  }

  #block(side: Side, chunk: Http2Chunk, done: Http2Request[]): void {
    const { block } = side;
    side.block = undefined;
    if (!block) return;
    const headers = textOf(
      side.hpack.decode(block.parts.length === 1 ? block.parts[0]! : joined(block.parts)),
    );
    if (block.pushed) return;
    if (chunk.fromClient) this.#requestHeaders(block.streamId, headers, chunk);
    else this.#answerHeaders(block, headers, chunk);
    if (block.endStream) this.#endOfStream(block.streamId, chunk, done);
  }

  #requestHeaders(streamId: number, headers: ReadonlyMap<string, string>, chunk: Http2Chunk): void {
    // what a client sends on an open stream are trailers
    if (streamId % 2 === 0 || this.#streams.has(streamId)) return;
    if (this.#streams.size >= MOST_STREAMS) {
      const [oldest] = this.#streams.keys();
      this.#streams.delete(oldest!);
      this.dropped++;
    }
    this.#streams.set(streamId, {
      id: streamId,
      started: chunk.time,
      sequence: chunk.sequence,
      request: headers,
      answer: new Map(),
      answered: undefined,
      duplex: false,
      clientDone: false,
      serverDone: false,
    });
  }

  #answerHeaders(
    { streamId, endStream }: { readonly streamId: number; readonly endStream: boolean },
    headers: ReadonlyMap<string, string>,
    chunk: Http2Chunk,
  ): void {
    const stream = this.#streams.get(streamId);
    // 1xx answers come before the one that counts
    if (!stream || /^1\d\d$/.test(headers.get(':status') ?? '')) return;
    // headers that end the answer as well refuse the request, whatever is still to come of it
    if (stream.answered === undefined && !endStream) stream.duplex = !stream.clientDone;
    stream.answered ??= chunk.time;
    for (const [name, value] of headers) stream.answer.set(name, value);
  }

  #endOfStream(streamId: number, chunk: Http2Chunk, done: Http2Request[]): void {
    const stream = this.#streams.get(streamId);
    if (!stream) return;
    if (chunk.fromClient) stream.clientDone = true;
    else stream.serverDone = true;
    // a server may be done before its client is: the answer is whole, nobody waits any more
    if (!stream.serverDone) return;
    this.#streams.delete(streamId);
    done.push(finish(stream, chunk.time, 'ended'));
  }

  #reset(streamId: number, chunk: Http2Chunk, done: Http2Request[]): void {
    const stream = this.#streams.get(streamId);
    if (!stream) return;
    this.#streams.delete(streamId);
    done.push(finish(stream, chunk.time, 'reset'));
  }
}

/** Known names and values; of a header given twice the first. */
function textOf(headers: readonly Header[]): ReadonlyMap<string, string> {
  const out = new Map<string, string>();
  for (const { name, value } of headers)
    if (name !== '' && value !== undefined && !out.has(name)) out.set(name, value);
  return out;
}
