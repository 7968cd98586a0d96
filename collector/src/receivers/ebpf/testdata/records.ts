import { constants, layout } from '../layout.generated.ts';

/** Kernel records written by hand for tests, through the same layout that the decoder reads. */

const HEADER = layout.gs_header.fields;
const TUPLE = layout.gs_tuple.fields;

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
  readonly local?: readonly [string, number];
  readonly remote?: readonly [string, number];
}

function putAddress(view: DataView, at: number, ipv4: string): void {
  view.setUint16(at + 10, 0xffff);
  ipv4.split('.').forEach((byte, i) => view.setUint8(at + 12 + i, Number(byte)));
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

export function requestRecord(record: RequestRecord): DataView {
  const fields = layout.gs_request_event.fields;
  const view = new DataView(new ArrayBuffer(layout.gs_request_event.size));
  putHeader(view, constants.GS_EVENT_REQUEST, record.time ?? 1n, record.tgid ?? 100);
  const [localAddress, localPort] = record.local ?? ['10.0.0.1', 40000];
  const [remoteAddress, remotePort] = record.remote ?? ['10.0.0.2', 80];
  const tuple = fields.tuple.offset;
  putAddress(view, tuple + TUPLE.local_address.offset, localAddress);
  putAddress(view, tuple + TUPLE.remote_address.offset, remoteAddress);
  view.setUint16(tuple + TUPLE.local_port.offset, localPort, true);
  view.setUint16(tuple + TUPLE.remote_port.offset, remotePort, true);
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
