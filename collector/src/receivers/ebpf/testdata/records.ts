import { constants, layout } from '../layout.generated.ts';
import { putAddress } from './maps.ts';

/** Kernel records written by hand for tests, through the same layout that the decoder reads. */

const HEADER = layout.gs_header.fields;
const TUPLE = layout.gs_tuple.fields;

type Endpoint = readonly [address: string, port: number];

export interface RequestRecord {
  readonly time?: bigint;
  readonly tgid?: number;
  readonly durationNs?: bigint;
  readonly traceId?: readonly [bigint, bigint];
  readonly spanId?: bigint;
  readonly parentSpanId?: bigint;
  readonly parentLink?: number;
  readonly direction?: number;
  readonly protocol?: number;
  readonly status?: number;
  readonly reason?: number;
  readonly payload?: string;
  readonly response?: string;
  readonly local?: Endpoint;
  readonly remote?: Endpoint;
}

function putText(view: DataView, at: number, text: string, limit: number): number {
  const bytes = new TextEncoder().encode(text).subarray(0, limit);
  new Uint8Array(view.buffer).set(bytes, at);
  return bytes.length;
}

function putHeader(view: DataView, type: number, time: bigint, tgid: number): void {
  view.setUint32(HEADER.type.offset, type, true);
  view.setUint32(HEADER.size.offset, view.byteLength, true);
  view.setBigUint64(HEADER.time_ns.offset, time, true);
  view.setUint32(HEADER.tgid.offset, tgid, true);
  view.setUint32(HEADER.tid.offset, tgid, true);
}

function putTuple(view: DataView, at: number, local: Endpoint, remote: Endpoint): void {
  putAddress(view, at + TUPLE.local_address.offset, local[0]);
  putAddress(view, at + TUPLE.remote_address.offset, remote[0]);
  view.setUint16(at + TUPLE.local_port.offset, local[1], true);
  view.setUint16(at + TUPLE.remote_port.offset, remote[1], true);
}

export function requestRecord(record: RequestRecord): DataView {
  const fields = layout.gs_request_event.fields;
  const view = new DataView(new ArrayBuffer(layout.gs_request_event.size));
  putHeader(view, constants.GS_EVENT_REQUEST, record.time ?? 1n, record.tgid ?? 100);
  putTuple(view, fields.tuple.offset, record.local ?? ['10.0.0.1', 40000], record.remote ?? ['10.0.0.2', 80]);
  view.setBigUint64(fields.duration_ns.offset, record.durationNs ?? 1_500_000n, true);
  view.setBigUint64(fields.trace_id_high.offset, record.traceId?.[0] ?? 1n, true);
  view.setBigUint64(fields.trace_id_low.offset, record.traceId?.[1] ?? 2n, true);
  view.setBigUint64(fields.span_id.offset, record.spanId ?? 3n, true);
  view.setBigUint64(fields.parent_span_id.offset, record.parentSpanId ?? 0n, true);
  view.setUint32(fields.direction.offset, record.direction ?? constants.GS_OUTBOUND, true);
  view.setUint16(fields.protocol.offset, record.protocol ?? constants.GS_PROTOCOL_HTTP, true);
  view.setUint16(fields.status.offset, record.status ?? 200, true);
  view.setUint32(fields.parent_link.offset, record.parentLink ?? constants.GS_PARENT_NONE, true);
  view.setUint32(fields.reason.offset, record.reason ?? constants.GS_REASON_SAMPLED, true);
  const payload = putText(view, fields.payload.offset, record.payload ?? '', fields.payload.size);
  view.setUint32(fields.payload_length.offset, payload, true);
  const response = putText(view, fields.response.offset, record.response ?? '', fields.response.size);
  view.setUint32(fields.response_length.offset, response, true);
  return view;
}

export interface ProcessRecord {
  readonly type: number;
  readonly tgid: number;
  readonly comm: string;
  readonly exitCode?: number;
}

export function processRecord({ type, tgid, comm, exitCode }: ProcessRecord): DataView {
  const fields = layout.gs_process_event.fields;
  const view = new DataView(new ArrayBuffer(layout.gs_process_event.size));
  putHeader(view, type, 1n, tgid);
  view.setInt32(fields.exit_code.offset, exitCode ?? 0, true);
  putText(view, fields.comm.offset, comm, fields.comm.size);
  return view;
}

export interface ListenRecord {
  readonly type: number;
  readonly tgid: number;
  readonly address: string;
  readonly port: number;
  readonly netns: number;
}

export function listenRecord({ type, tgid, address, port, netns }: ListenRecord): DataView {
  const tuple = layout.gs_tcp_event.fields.tuple.offset;
  const view = new DataView(new ArrayBuffer(layout.gs_tcp_event.size));
  putHeader(view, type, 1n, tgid);
  putAddress(view, tuple + TUPLE.local_address.offset, address);
  view.setUint16(tuple + TUPLE.local_port.offset, port, true);
  view.setUint32(tuple + TUPLE.netns.offset, netns, true);
  return view;
}

/** Records as the loader puts them into a batch: length, padding, bytes, padding. */
export function concatRecords(records: readonly DataView[]): DataView {
  const sizes = records.map(({ byteLength }) => 8 + Math.ceil(byteLength / 8) * 8);
  const bytes = new Uint8Array(sizes.reduce((sum, size) => sum + size, 0));
  let at = 0;
  records.forEach((record, i) => {
    new DataView(bytes.buffer).setUint32(at, record.byteLength, true);
    bytes.set(new Uint8Array(record.buffer), at + 8);
    at += sizes[i]!;
  });
  return new DataView(bytes.buffer);
}

export interface Http2Record {
  readonly connection?: bigint;
  readonly tgid?: number;
  readonly time?: bigint;
  readonly direction?: number;
  readonly fromClient?: boolean;
  readonly flags?: number;
  readonly local?: Endpoint;
  readonly remote?: Endpoint;
  readonly bytes?: Uint8Array;
}

/** One whole record. */
export function http2Record(record: Http2Record): DataView {
  const fields = layout.gs_http2_event.fields;
  const bytes = record.bytes ?? new Uint8Array(0);
  const view = new DataView(new ArrayBuffer(fields.bytes.offset + bytes.length));
  putHeader(view, constants.GS_EVENT_HTTP2, record.time ?? 1n, record.tgid ?? 10);
  putTuple(view, fields.tuple.offset, record.local ?? ['10.0.0.2', 81], record.remote ?? ['10.0.0.1', 40000]);
  view.setBigUint64(fields.connection.offset, record.connection ?? 0xffff888100000000n, true);
  view.setUint32(fields.direction.offset, record.direction ?? constants.GS_INBOUND, true);
  view.setUint32(fields.from_client.offset, record.fromClient === false ? 0 : 1, true);
  view.setUint32(fields.flags.offset, record.flags ?? 0, true);
  view.setUint32(fields.length.offset, bytes.length, true);
  new Uint8Array(view.buffer).set(bytes, fields.bytes.offset);
  return view;
}

export interface IdentityFrame {
  readonly stream: number;
  readonly wireId?: bigint;
  readonly traceId?: readonly [bigint, bigint];
  readonly spanId?: bigint;
  readonly parentSpanId?: bigint;
  readonly parentLink?: number;
  /** Millionths; without it and a parent, the frame is short. */
  readonly sampled?: number;
}

/** The frame that the kernel puts before the HEADERS of a request. */
export function identityFrame(identity: IdentityFrame): Uint8Array {
  const { fields, size } = layout.gs_http2_identity;
  const { stream, wireId = BigInt(stream), parentSpanId = 0n, sampled = 0 } = identity;
  const length = parentSpanId > 0n || sampled > 0 ? size : fields.wire_id.size;
  const view = new DataView(new ArrayBuffer(9 + size));
  view.setUint32(0, (length << 8) | constants.GS_HTTP2_IDENTITY);
  view.setUint32(5, stream);
  view.setBigUint64(9 + fields.wire_id.offset, wireId, true);
  view.setBigUint64(9 + fields.trace_id_high.offset, identity.traceId?.[0] ?? 1n, true);
  view.setBigUint64(9 + fields.trace_id_low.offset, identity.traceId?.[1] ?? 2n, true);
  view.setBigUint64(9 + fields.span_id.offset, identity.spanId ?? 3n, true);
  view.setBigUint64(9 + fields.parent_span_id.offset, parentSpanId, true);
  view.setUint32(9 + fields.parent_link.offset, identity.parentLink ?? constants.GS_PARENT_NONE, true);
  view.setUint32(9 + fields.sampled.offset, sampled, true);
  return new Uint8Array(view.buffer, 0, 9 + length);
}
