import { addressText } from './address.ts';
import { constants, layout } from './layout.generated.ts';

const HEADER = layout.gs_header.fields;
const TUPLE = layout.gs_tuple.fields;
const EVENT = layout.gs_http2_event.fields;
const WORD = 2 ** 32;
/** A kernel's addresses differ in the lower bits of their upper half, and as many fit into a number. */
const UPPER = 0x1f_ffff;

/** A record is at least this long. */
export const SHORTEST_HTTP2 = EVENT.bytes.offset;

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

/**
 * One gs_http2_event inside a batch, read in place: one instance moves from record to record. Its bytes are valid until
 * the batch is released.
 */
export class Http2Event {
  #view: DataView = new DataView(new ArrayBuffer(SHORTEST_HTTP2));
  #batch: Uint8Array = new Uint8Array(this.#view.buffer);
  #offset = 0;
  #size: number = SHORTEST_HTTP2;

  /** `view` must hold a whole record of `size` bytes, at least SHORTEST_HTTP2, at `offset`. */
  moveTo(view: DataView, offset: number, size: number): this {
    if (view !== this.#view) this.#batch = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
    this.#view = view;
    this.#offset = offset;
    this.#size = size;
    return this;
  }

  /** Names the connection on this machine until `closed`. */
  get connection(): number {
    const at = this.#offset + EVENT.connection.offset;
    return (this.#view.getUint32(at + 4, true) & UPPER) * WORD + this.#view.getUint32(at, true);
  }
  /** CLOCK_MONOTONIC ns: exact for 104 days of a machine's life, then within 2. */
  get time(): number {
    const at = this.#offset + HEADER.time_ns.offset;
    return this.#view.getUint32(at + 4, true) * WORD + this.#view.getUint32(at, true);
  }
  get fromClient(): boolean {
    return this.#view.getUint32(this.#offset + EVENT.from_client.offset, true) === 1;
  }
  get lost(): boolean {
    return (this.#flags & constants.GS_HTTP2_LOST) !== 0;
  }
  get closed(): boolean {
    return (this.#flags & constants.GS_HTTP2_CLOSED) !== 0;
  }
  /** Frames from `at` to `end`. */
  get bytes(): Uint8Array {
    return this.#batch;
  }
  get at(): number {
    return this.#offset + EVENT.bytes.offset;
  }
  get end(): number {
    const length = this.#view.getUint32(this.#offset + EVENT.length.offset, true);
    return this.at + Math.min(length, this.#size - EVENT.bytes.offset);
  }

  /** Whose connection it is; may be kept. */
  socket(): Http2Socket {
    const view = this.#view;
    const at = this.#offset;
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

  get #flags(): number {
    return this.#view.getUint32(this.#offset + EVENT.flags.offset, true);
  }
}
