import type { CapturedRequest, Direction } from '../../protocols/define.ts';
import { addressText } from './address.ts';
import { hexAt, hexOrNoneAt, traceIdAt } from './hex.ts';
import { constants, layout } from './layout.generated.ts';

const HEADER = layout.gs_header.fields;
const TUPLE = layout.gs_tuple.fields;
const EVENT = layout.gs_request_event.fields;
const LOCAL_ADDRESS = EVENT.tuple.offset + TUPLE.local_address.offset;
const REMOTE_ADDRESS = EVENT.tuple.offset + TUPLE.remote_address.offset;
const LOCAL_PORT = EVENT.tuple.offset + TUPLE.local_port.offset;
const REMOTE_PORT = EVENT.tuple.offset + TUPLE.remote_port.offset;
const NETNS = EVENT.tuple.offset + TUPLE.netns.offset;

/**
 * One gs_request_event inside a batch, read in place: one instance moves from record to record, so that a
 * record that is not kept costs no allocation. Whatever it gives as bytes is valid until the batch is
 * released.
 */
export class RequestEvent implements CapturedRequest {
  #view: DataView = new DataView(new ArrayBuffer(layout.gs_request_event.size));
  #batch: Uint8Array = new Uint8Array(this.#view.buffer);
  #at = 0;
  /** Made when they are first asked for. */
  #payload: Buffer | undefined;
  #response: Buffer | undefined;

  /** `view` must hold a whole record at `offset`. */
  moveTo(view: DataView, offset: number): this {
    if (view !== this.#view) this.#batch = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
    this.#view = view;
    this.#at = offset;
    this.#payload = undefined;
    this.#response = undefined;
    return this;
  }

  /** CLOCK_MONOTONIC ns: the first byte of the request was sent (client) or read (server). */
  get time(): bigint {
    return this.#view.getBigUint64(this.#at + HEADER.time_ns.offset, true);
  }
  get tgid(): number {
    return this.#view.getUint32(this.#at + HEADER.tgid.offset, true);
  }
  /** cgroup v2 id; 0n when unknown. */
  get cgroupId(): bigint {
    return this.#view.getBigUint64(this.#at + HEADER.cgroup_id.offset, true);
  }
  get durationNs(): bigint {
    return this.#view.getBigUint64(this.#at + EVENT.duration_ns.offset, true);
  }
  get traceId(): string {
    const { trace_id_high: high, trace_id_low: low } = EVENT;
    return traceIdAt(this.#batch, this.#at + high.offset, this.#at + low.offset);
  }
  get spanId(): string {
    return hexAt(this.#batch, this.#at + EVENT.span_id.offset);
  }
  /** '' for a root. */
  get parentSpanId(): string {
    return hexOrNoneAt(this.#batch, this.#at + EVENT.parent_span_id.offset);
  }
  get direction(): Direction {
    const direction = this.#view.getUint32(this.#at + EVENT.direction.offset, true);
    return direction === constants.GS_INBOUND ? 'inbound' : 'outbound';
  }
  /** enum gs_protocol. */
  get protocol(): number {
    return this.#view.getUint16(this.#at + EVENT.protocol.offset, true);
  }
  /** HTTP status code, else 0 ok and 1 failed; 0 without a response. */
  get status(): number {
    const status = this.#rawStatus;
    return status === constants.GS_STATUS_NO_RESPONSE || this.#isMessage ? 0 : status;
  }
  /** GS_METHOD_* of a message that nobody answers; 0 for a request. */
  get method(): number {
    return this.#isMessage ? this.#rawStatus : 0;
  }
  /** False when the connection ended before the first byte of a response. */
  get answered(): boolean {
    return this.#rawStatus !== constants.GS_STATUS_NO_RESPONSE;
  }
  /** enum gs_parent_link. */
  get parentLink(): number {
    return this.#view.getUint32(this.#at + EVENT.parent_link.offset, true);
  }
  /** Bits GS_REASON_*. */
  get reason(): number {
    return this.#view.getUint32(this.#at + EVENT.reason.offset, true);
  }
  /** Share of all traces that was kept when this one began: 0 when it was not chosen, else up to 1. */
  get sampledShare(): number {
    return this.#view.getUint32(this.#at + EVENT.keep_ppm.offset, true) / 1e6;
  }
  get netns(): number {
    return this.#view.getUint32(this.#at + NETNS, true);
  }
  get localAddress(): string {
    return addressText(this.#view, this.#at + LOCAL_ADDRESS);
  }
  get remoteAddress(): string {
    return addressText(this.#view, this.#at + REMOTE_ADDRESS);
  }
  get localPort(): number {
    return this.#view.getUint16(this.#at + LOCAL_PORT, true);
  }
  get remotePort(): number {
    return this.#view.getUint16(this.#at + REMOTE_PORT, true);
  }
  get payload(): Buffer {
    if (this.#payload) return this.#payload;
    const length = this.#view.getUint32(this.#at + EVENT.payload_length.offset, true);
    const kept = this.#view.getUint32(this.#at + HEADER.size.offset, true) - EVENT.payload.offset;
    return (this.#payload = this.#bytes(EVENT.payload.offset, Math.min(length, kept, EVENT.payload.size)));
  }
  get response(): Buffer {
    if (this.#response) return this.#response;
    const length = this.#view.getUint32(this.#at + EVENT.response_length.offset, true);
    return (this.#response = this.#bytes(EVENT.response.offset, Math.min(length, EVENT.response.size)));
  }

  /** Process, both endpoints and namespace, as opaque text. */
  connection(): string {
    return `${this.tgid}/${this.#bytes(EVENT.tuple.offset, layout.gs_tuple.size).toString('latin1')}`;
  }

  get #isMessage(): boolean {
    const { protocol } = this;
    return protocol === constants.GS_PROTOCOL_AMQP || protocol === constants.GS_PROTOCOL_NATS;
  }

  get #rawStatus(): number {
    return this.#view.getUint16(this.#at + EVENT.status.offset, true);
  }

  #bytes(offset: number, length: number): Buffer {
    return Buffer.from(this.#view.buffer, this.#view.byteOffset + this.#at + offset, length);
  }
}
