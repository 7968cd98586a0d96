import { hexAt, hexOrNoneAt, traceIdAt } from '../../receivers/ebpf/hex.ts';
import { constants, layout } from '../../receivers/ebpf/layout.generated.ts';

const FIELDS = layout.gs_http2_identity.fields;
/** The kernel leaves out what follows from the wire id: of a root that was not chosen. */
const SHORT = FIELDS.wire_id.size;
const WHOLE = layout.gs_http2_identity.size;

/** Type of the frame that stands before the HEADERS of a request that begins. */
export const IDENTITY_FRAME = constants.GS_HTTP2_IDENTITY;

const uint32At = (bytes: Uint8Array, at: number): number =>
  (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;

/** Where a request stands in its trace: struct gs_http2_identity in bpf/include/events.h. */
export class RequestIdentity {
  readonly #wireLow: number;
  readonly #wireHigh: number;
  /** undefined: all that follows from the wire id. */
  readonly #whole: Uint8Array | undefined;

  private constructor(bytes: Uint8Array, at: number, end: number) {
    this.#wireLow = uint32At(bytes, at + FIELDS.wire_id.offset);
    this.#wireHigh = uint32At(bytes, at + FIELDS.wire_id.offset + 4);
    this.#whole = end - at === WHOLE ? bytes.slice(at, end) : undefined;
  }

  /** undefined when `bytes` from `at` to `end` hold none. */
  static at(bytes: Uint8Array, at: number, end: number): RequestIdentity | undefined {
    const size = end - at;
    return size === SHORT || size === WHOLE ? new RequestIdentity(bytes, at, end) : undefined;
  }

  get wireId(): bigint {
    return (BigInt(this.#wireHigh) << 32n) | BigInt(this.#wireLow);
  }
  /** 16 hex digits; undefined: to be derived from the wire id. */
  get spanId(): string | undefined {
    return this.#whole && hexAt(this.#whole, FIELDS.span_id.offset);
  }
  /** 32 hex digits; undefined: of the trace whose root has this wire id. */
  get traceId(): string | undefined {
    return this.#whole && traceIdAt(this.#whole, FIELDS.trace_id_high.offset, FIELDS.trace_id_low.offset);
  }
  /** 16 hex digits; '' for a root. */
  get parentSpanId(): string {
    return this.#whole ? hexOrNoneAt(this.#whole, FIELDS.parent_span_id.offset) : '';
  }
  /** enum gs_parent_link. */
  get parentLink(): number {
    return this.#whole ? uint32At(this.#whole, FIELDS.parent_link.offset) : constants.GS_PARENT_NONE;
  }
  /** Share of traces that was kept when this one began: 0 when it was not chosen. */
  get sampledShare(): number {
    return this.#whole ? uint32At(this.#whole, FIELDS.sampled.offset) / 1e6 : 0;
  }
}
