import type { CapturedRequest, Direction } from '../../protocols/define.ts';
import { addressText } from './address.ts';
import { constants, layout } from './layout.generated.ts';

const HEADER = layout.gs_header.fields;
const TUPLE = layout.gs_tuple.fields;
const EVENT = layout.gs_request_event.fields;
const LOCAL_ADDRESS = EVENT.tuple.offset + TUPLE.local_address.offset;
const REMOTE_ADDRESS = EVENT.tuple.offset + TUPLE.remote_address.offset;
const LOCAL_PORT = EVENT.tuple.offset + TUPLE.local_port.offset;
const REMOTE_PORT = EVENT.tuple.offset + TUPLE.remote_port.offset;
const NETNS = EVENT.tuple.offset + TUPLE.netns.offset;

/** Room for the 32 digits of a trace id. */
const digits = Buffer.alloc(32);
const DIGIT = Buffer.from('0123456789abcdef', 'latin1');

/** Writes the 16 lower-case hex digits of the u64 at `at`. Ids are most of a span's text: no strings on the way. */
function writeHex(view: DataView, at: number, to: number): void {
  for (let i = 7; i >= 0; i--) {
    const byte = view.getUint8(at + i);
    digits[to++] = DIGIT[byte >> 4]!;
    digits[to++] = DIGIT[byte & 15]!;
  }
}

function hex(view: DataView, at: number): string {
  writeHex(view, at, 0);
  return digits.toString('latin1', 0, 16);
}

/** '' for zero, which stands for "none". */
const hexOrNone = (view: DataView, at: number): string =>
  view.getUint32(at, true) === 0 && view.getUint32(at + 4, true) === 0 ? '' : hex(view, at);

/**
 * One gs_request_event inside a batch, read in place: one instance moves from record to record, so that a
 * record that is not kept costs no allocation. Whatever it gives as bytes is valid until the batch is
 * released.
 */
export class RequestEvent implements CapturedRequest {
  #view: DataView = new DataView(new ArrayBuffer(layout.gs_request_event.size));
  #at = 0;

  /** `view` must hold a whole record at `offset`. */
  moveTo(view: DataView, offset: number): this {
    this.#view = view;
    this.#at = offset;
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
    writeHex(this.#view, this.#at + EVENT.trace_id_high.offset, 0);
    writeHex(this.#view, this.#at + EVENT.trace_id_low.offset, 16);
    return digits.toString('latin1', 0, 32);
  }
  get spanId(): string {
    return hex(this.#view, this.#at + EVENT.span_id.offset);
  }
  /** '' for a root. */
  get parentSpanId(): string {
    return hexOrNone(this.#view, this.#at + EVENT.parent_span_id.offset);
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
  get payload(): Uint8Array {
    const length = this.#view.getUint32(this.#at + EVENT.payload_length.offset, true);
    const kept = this.#view.getUint32(this.#at + HEADER.size.offset, true) - EVENT.payload.offset;
    return this.#bytes(EVENT.payload.offset, Math.min(length, kept, EVENT.payload.size));
  }
  get response(): Uint8Array {
    const length = this.#view.getUint32(this.#at + EVENT.response_length.offset, true);
    return this.#bytes(EVENT.response.offset, Math.min(length, EVENT.response.size));
  }

  /** Process, both endpoints and namespace, as opaque text. */
  connection(): string {
    const tuple = Buffer.from(this.#bytes(EVENT.tuple.offset, layout.gs_tuple.size)).toString('latin1');
    return `${this.tgid}/${tuple}`;
  }

  get #isMessage(): boolean {
    const { protocol } = this;
    return protocol === constants.GS_PROTOCOL_AMQP || protocol === constants.GS_PROTOCOL_NATS;
  }

  get #rawStatus(): number {
    return this.#view.getUint16(this.#at + EVENT.status.offset, true);
  }

  #bytes(offset: number, length: number): Uint8Array {
    return new Uint8Array(this.#view.buffer, this.#view.byteOffset + this.#at + offset, length);
  }
}
