import { addressText } from './address.ts';
import { constants, layout } from './layout.generated.ts';

const HEADER = layout.gs_header.fields;
const TUPLE = layout.gs_tuple.fields;
const EVENT = layout.gs_http2_event.fields;
const WORD = 8;

/** A record is at least this long. */
export const SHORTEST_HTTP2 = EVENT.bytes.offset;

/** Where a request that began stands in its trace. Times and ids as the kernel has them. */
export interface Http2Identity {
  readonly streamId: number;
  /** enum gs_parent_link. */
  readonly parentLink: number;
  readonly wireId: bigint;
  readonly traceHigh: bigint;
  readonly traceLow: bigint;
  /** 0n for a root. */
  readonly parentSpanId: bigint;
  /** Share of traces that was kept when this one began: 0 when it was not chosen. */
  readonly sampledShare: number;
}

/** One end of a connection. */
export interface Http2Socket {
  readonly tgid: number;
  readonly cgroupId: bigint;
  readonly netns: number;
  readonly inbound: boolean;
  readonly localAddress: string;
  readonly localPort: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
}

/** One gs_http2_event. */
export interface Http2Event {
  /** Names the connection on this machine until `closed`. */
  readonly connection: bigint;
  readonly tgid: number;
  readonly time: bigint;
  readonly fromClient: boolean;
  readonly lost: boolean;
  readonly closed: boolean;
  readonly sequence: number;
  /** A copy: may be kept. */
  readonly bytes: Uint8Array;
  readonly begun: readonly Http2Identity[];
  socket(): Http2Socket;
}

function identitiesAt(view: DataView, at: number): readonly Http2Identity[] {
  const count = Math.min(view.getUint32(at + EVENT.stream_count.offset, true), constants.GS_HTTP2_STREAMS);
  return Array.from({ length: count }, (_, i) => {
    const from = at + EVENT.streams.offset + i * constants.GS_HTTP2_STREAM_WORDS * WORD;
    const word = (index: number): bigint => view.getBigUint64(from + index * WORD, true);
    return {
      streamId: view.getUint32(from, true),
      parentLink: view.getUint32(from + 4, true),
      wireId: word(1),
      traceHigh: word(2),
      traceLow: word(3),
      parentSpanId: word(4),
      sampledShare: view.getUint32(from + 5 * WORD + 4, true) / 1e6,
    };
  });
}

function socketAt(view: DataView, at: number): Http2Socket {
  const tuple = at + EVENT.tuple.offset;
  return {
    tgid: view.getUint32(at + HEADER.tgid.offset, true),
    cgroupId: view.getBigUint64(at + HEADER.cgroup_id.offset, true),
    netns: view.getUint32(tuple + TUPLE.netns.offset, true),
    inbound: view.getUint32(at + EVENT.direction.offset, true) === constants.GS_INBOUND,
    localAddress: addressText(view, tuple + TUPLE.local_address.offset),
    localPort: view.getUint16(tuple + TUPLE.local_port.offset, true),
    remoteAddress: addressText(view, tuple + TUPLE.remote_address.offset),
    remotePort: view.getUint16(tuple + TUPLE.remote_port.offset, true),
  };
}

/** The record at `at`, of `size` bytes, at least SHORTEST_HTTP2. `socket` must be called within the batch. */
export function http2EventAt(view: DataView, at: number, size: number): Http2Event {
  const flags = view.getUint32(at + EVENT.flags.offset, true);
  const length = Math.min(view.getUint32(at + EVENT.length.offset, true), size - EVENT.bytes.offset);
  const bytes = new Uint8Array(view.buffer, view.byteOffset + at + EVENT.bytes.offset, length).slice();
  return {
    connection: view.getBigUint64(at + EVENT.connection.offset, true),
    tgid: view.getUint32(at + HEADER.tgid.offset, true),
    time: view.getBigUint64(at + HEADER.time_ns.offset, true),
    fromClient: view.getUint32(at + EVENT.from_client.offset, true) === 1,
    lost: (flags & constants.GS_HTTP2_LOST) !== 0,
    closed: (flags & constants.GS_HTTP2_CLOSED) !== 0,
    sequence: view.getUint32(at + EVENT.sequence.offset, true),
    bytes,
    begun: identitiesAt(view, at),
    socket: () => socketAt(view, at),
  };
}
