import { constants, layout } from '../layout.generated.ts';

/** Kernel maps written by hand for tests, through the same layout that the processors read. */

interface Dump {
  readonly count: number;
  readonly keySize: number;
  readonly valueSize: number;
  readonly keys: Uint8Array;
  readonly values: Uint8Array;
}

interface EndpointKey {
  readonly tgid: number;
  readonly netns?: number;
  readonly address: string;
  readonly port: number;
  readonly inbound?: boolean;
}

export interface TcpEntry extends EndpointKey {
  readonly stats: Partial<Record<keyof typeof layout.gs_tcp_stats.fields, bigint>>;
}

export interface RequestEntry extends EndpointKey {
  readonly protocol: number;
  readonly status: number;
  readonly count: bigint;
  readonly durationSumNs: bigint;
  /** Counts by bucket index. */
  readonly buckets: Readonly<Record<number, bigint>>;
}

export interface SocketEntry extends EndpointKey {
  readonly protocol: number;
  readonly startedNs: bigint;
}

export function putAddress(view: DataView, at: number, ipv4: string): void {
  view.setUint16(at + 10, 0xffff);
  ipv4.split('.').forEach((byte, i) => view.setUint8(at + 12 + i, Number(byte)));
}

const direction = (entry: EndpointKey): number => (entry.inbound ? constants.GS_INBOUND : constants.GS_OUTBOUND);

function dumpOf<T>(
  entries: readonly T[],
  keySize: number,
  valueSize: number,
  put: (entry: T, keys: DataView, keyAt: number, values: DataView, valueAt: number) => void,
): Dump {
  const keys = new DataView(new ArrayBuffer(entries.length * keySize));
  const values = new DataView(new ArrayBuffer(entries.length * valueSize));
  entries.forEach((entry, i) => put(entry, keys, i * keySize, values, i * valueSize));
  return {
    count: entries.length,
    keySize,
    valueSize,
    keys: new Uint8Array(keys.buffer),
    values: new Uint8Array(values.buffer),
  };
}

export function tcpStatsDump(entries: readonly TcpEntry[]): Dump {
  const key = layout.gs_peer_key.fields;
  const value = layout.gs_tcp_stats.fields;
  return dumpOf(entries, layout.gs_peer_key.size, layout.gs_tcp_stats.size, (entry, keys, at, values, valueAt) => {
    keys.setUint32(at + key.tgid.offset, entry.tgid, true);
    keys.setUint32(at + key.netns.offset, entry.netns ?? 7, true);
    putAddress(keys, at + key.address.offset, entry.address);
    keys.setUint16(at + key.port.offset, entry.port, true);
    keys.setUint16(at + key.direction.offset, direction(entry), true);
    for (const [name, count] of Object.entries(entry.stats)) {
      values.setBigUint64(valueAt + value[name as keyof typeof value].offset, count, true);
    }
  });
}

export function requestStatsDump(entries: readonly RequestEntry[]): Dump {
  const key = layout.gs_request_key.fields;
  const value = layout.gs_request_stats.fields;
  const { size: keySize } = layout.gs_request_key;
  return dumpOf(entries, keySize, layout.gs_request_stats.size, (entry, keys, at, values, valueAt) => {
    keys.setUint32(at + key.tgid.offset, entry.tgid, true);
    keys.setUint32(at + key.netns.offset, entry.netns ?? 7, true);
    putAddress(keys, at + key.address.offset, entry.address);
    keys.setUint16(at + key.port.offset, entry.port, true);
    keys.setUint16(at + key.direction.offset, direction(entry), true);
    keys.setUint16(at + key.protocol.offset, entry.protocol, true);
    keys.setUint16(at + key.status.offset, entry.status, true);
    values.setBigUint64(valueAt + value.count.offset, entry.count, true);
    values.setBigUint64(valueAt + value.duration_sum_ns.offset, entry.durationSumNs, true);
    for (const [bucket, count] of Object.entries(entry.buckets)) {
      values.setBigUint64(valueAt + value.buckets.offset + Number(bucket) * 8, count, true);
    }
  });
}

export function socketsDump(entries: readonly SocketEntry[]): Dump {
  const value = layout.gs_socket.fields;
  const tuple = layout.gs_tuple.fields;
  const pending = layout.gs_pending_request.fields;
  return dumpOf(entries, 8, layout.gs_socket.size, (entry, keys, at, values, valueAt) => {
    keys.setBigUint64(at, BigInt(at + 1), true);
    const tupleAt = valueAt + value.tuple.offset;
    putAddress(values, tupleAt + tuple.remote_address.offset, entry.address);
    values.setUint16(tupleAt + tuple.remote_port.offset, entry.port, true);
    values.setUint32(tupleAt + tuple.netns.offset, entry.netns ?? 7, true);
    values.setUint32(valueAt + value.tgid.offset, entry.tgid, true);
    values.setBigUint64(valueAt + value.first.offset + pending.started_ns.offset, entry.startedNs, true);
    values.setUint16(valueAt + value.protocol.offset, entry.protocol, true);
    values.setUint16(valueAt + value.direction.offset, direction(entry), true);
  });
}

/** Map pipelines. */
export function waitingDump(
  entries: readonly { readonly id: bigint; readonly key: bigint; readonly startedNs: bigint }[],
): Dump {
  const key = layout.gs_waiting_key.fields;
  const started =
    layout.gs_waiting.fields.request.offset + layout.gs_pending_request.fields.started_ns.offset;
  const { size: keySize } = layout.gs_waiting_key;
  return dumpOf(entries, keySize, layout.gs_waiting.size, (entry, keys, at, values, valueAt) => {
    keys.setBigUint64(at + key.id.offset, entry.id, true);
    keys.setBigUint64(at + key.key.offset, entry.key, true);
    values.setBigUint64(valueAt + started, entry.startedNs, true);
  });
}
