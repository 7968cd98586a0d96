import { addressBytes, type Endpoint } from './endpoint.ts';

/**
 * Keys and values of Cilium's maps (bpf/lib/common.h of Cilium 1.10 and later: ipv4_ct_tuple, ct_entry, lb4_key,
 * lb4_service, lb4_backend and their siblings for IPv6). Addresses and ports in network order, the rest as the host.
 */
const IPPROTO_TCP = 6;
/** Of a connection as the client dialled it, before the backend was chosen. */
const TUPLE_F_SERVICE = 4;
const BACKEND_ID_IN_ENTRY = 8;

const bigEndian16 = (value: number): readonly number[] => [value >> 8, value & 0xff];
const hostBytes = (value: number, size: 2 | 4): Uint8Array =>
  new Uint8Array((size === 2 ? Uint16Array.of(value) : Uint32Array.of(value)).buffer);

/** Key of cilium_ct4_global, cilium_ct6_global. The tuple has its ports in reverse order, its addresses not. */
export const connectionKey = (client: Endpoint, service: Endpoint): Uint8Array =>
  Uint8Array.of(
    ...addressBytes(service.address),
    ...addressBytes(client.address),
    ...bigEndian16(client.port),
    ...bigEndian16(service.port),
    IPPROTO_TCP,
    TUPLE_F_SERVICE,
  );

/** Of a value of those maps; 0 when no backend has been chosen. */
export const backendOfEntry = (entry: Uint8Array): number =>
  entry.byteLength < BACKEND_ID_IN_ENTRY + 4
    ? 0
    : new DataView(entry.buffer, entry.byteOffset).getUint32(BACKEND_ID_IN_ENTRY, true);

/** Key of cilium_lb4_services_v2, cilium_lb6_services_v2. Slot 0 tells how many backends follow. */
export const serviceKey = (service: Endpoint, slot: number, protocol: 0 | 6): Uint8Array =>
  Uint8Array.of(
    ...addressBytes(service.address),
    ...bigEndian16(service.port),
    ...hostBytes(slot, 2),
    protocol,
    0, // scope: external
    0,
    0,
  );

/** Of a value of those maps: the backend of a slot, and (in slot 0) how many there are. */
export function serviceOf(value: Uint8Array): { readonly backend: number; readonly count: number } {
  const view = new DataView(value.buffer, value.byteOffset);
  return { backend: view.getUint32(0, true), count: view.getUint16(4, true) };
}

/** Key of cilium_lb4_backends_v3, cilium_lb6_backends_v3. */
export const backendKey = (id: number): Uint8Array => hostBytes(id, 4);

/** Bytes of the address, and the port, of a value of those maps. */
export function backendEndpoint(value: Uint8Array, v4: boolean): Endpoint {
  const size = v4 ? 4 : 16;
  const bytes = [...value.subarray(0, size)];
  const port = ((value[size] ?? 0) << 8) | (value[size + 1] ?? 0);
  if (v4) return { address: bytes.join('.'), port };
  const groups = Array.from({ length: 8 }, (_, i) =>
    (((bytes[2 * i] ?? 0) << 8) | (bytes[2 * i + 1] ?? 0)).toString(16),
  );
  return { address: new URL(`http://[${groups.join(':')}]/`).hostname.slice(1, -1), port };
}
