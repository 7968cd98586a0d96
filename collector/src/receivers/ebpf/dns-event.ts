import { constants, layout } from './layout.generated.ts';

const HEADER = layout.gs_header.fields;
const EVENT = layout.gs_dns_event.fields;
const QUERY = layout.gs_dns_query.fields;

/** A DNS query and its answer, or without one. */
export interface DnsEvent {
  readonly tgid: number;
  readonly cgroupId: bigint;
  readonly inbound: boolean;
  readonly durationNs: number;
  /** Of the answer; of the query when `answered` is false. Valid within the batch. */
  readonly bytes: Uint8Array;
  readonly answered: boolean;
}

function bytesAt(view: DataView, at: number, length: number, limit: number): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset + at, Math.min(length, limit));
}

/** `view` must hold a whole gs_dns_event at `at`. */
export function dnsEventAt(view: DataView, at: number): DnsEvent {
  return {
    tgid: view.getUint32(at + HEADER.tgid.offset, true),
    cgroupId: view.getBigUint64(at + HEADER.cgroup_id.offset, true),
    inbound: view.getUint32(at + EVENT.direction.offset, true) === constants.GS_INBOUND,
    durationNs: Number(view.getBigUint64(at + EVENT.duration_ns.offset, true)),
    bytes: bytesAt(
      view,
      at + EVENT.bytes.offset,
      view.getUint32(at + EVENT.length.offset, true),
      EVENT.bytes.size,
    ),
    answered: true,
  };
}

/** A value of map dns_queries at `at`; undefined when its query is younger than `ageNs`. */
export function unansweredAt(
  view: DataView,
  at: number,
  monotonicNs: bigint,
  ageNs: bigint,
): DnsEvent | undefined {
  const waited = monotonicNs - view.getBigUint64(at + QUERY.started_ns.offset, true);
  if (waited < ageNs) return undefined;
  return {
    tgid: view.getUint32(at + QUERY.tgid.offset, true),
    cgroupId: view.getBigUint64(at + QUERY.cgroup_id.offset, true),
    inbound: view.getUint32(at + QUERY.direction.offset, true) === constants.GS_INBOUND,
    durationNs: Number(waited),
    bytes: bytesAt(
      view,
      at + QUERY.bytes.offset,
      view.getUint32(at + QUERY.length.offset, true),
      QUERY.bytes.size,
    ),
    answered: false,
  };
}
