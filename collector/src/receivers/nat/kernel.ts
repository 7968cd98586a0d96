import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { loadObject } from 'ebpf-loader-native';
import type { LoadedObject } from 'ebpf-loader-native';
import type { Translation } from '../../identity/conntrack-text.ts';
import type { NatSource } from '../../identity/conntrack.ts';
import type { ProgramStatus } from '../define.ts';
import { addressText, endpointText } from '../ebpf/address.ts';
import { constants, layout } from '../ebpf/layout.generated.ts';
import type { KernelTarget } from '../ebpf/target.ts';
import { addressBytes, parseEndpoint } from './endpoint.ts';

const OBJECTS = fileURLToPath(new URL('../../../../bpf/out/', import.meta.url));
const OBJECT = 'nat';
const MAP = 'nat_connections';
const KEY = layout.gs_nat_key;
const VALUE = layout.gs_nat_value;

const u32 = (value: number): Uint8Array => new Uint8Array(Uint32Array.of(value).buffer);

export interface KernelNat {
  readonly programs: readonly ProgramStatus[];
  /** undefined when the kernel refused. */
  readonly source: NatSource | undefined;
  close(): void;
}

/** Watches translations from now on. A refusal is a value. */
export function openKernelNat(target: KernelTarget): KernelNat {
  try {
    const object = loadObject({
      bytes: readFileSync(`${OBJECTS}/${OBJECT}.bpf.o`),
      name: OBJECT,
      globals: { target_mode: u32(target.mode) },
    });
    return attach(object, target);
  } catch (error) {
    return refused(error instanceof Error ? error.message : String(error), '*');
  }
}

const refused = (reason: string, program: string): KernelNat => ({
  programs: [{ object: OBJECT, program, attached: false, reason }],
  source: undefined,
  close: () => {},
});

function attach(object: LoadedObject, target: KernelTarget): KernelNat {
  if (target.mode === constants.GS_TARGET_NETNS)
    for (const netns of target.netns) object.update('target_netns', u32(netns), Uint8Array.of(1));
  const [program] = object.programs();
  const made = program && object.attach(program.name);
  const refusal = made && !made.ok ? made.refusal : object.refusals[0];
  if (!made?.ok) {
    object.close();
    return refused(
      `${refusal?.stage}: ${refusal?.message} (${refusal?.code})\n${refusal?.log ?? ''}`,
      program?.name ?? '*',
    );
  }
  const source = {
    name: 'eBPF',
    translations: () => decode(object.entries(MAP)),
    actualOf: (client: string, destination: string) => lookUp(object, client, destination),
  };
  const programs = [{ object: OBJECT, program: program?.name ?? '', attached: true, reason: '' }];
  return { programs, source, close: () => object.close() };
}

/** Oldest first. */
export function decode({
  count,
  keys,
  values,
}: {
  readonly count: number;
  readonly keys: ArrayBuffer;
  readonly values: ArrayBuffer;
}): readonly Translation[] {
  const [key, value] = [new DataView(keys), new DataView(values)];
  const seen = Array.from({ length: count }, (_, i) =>
    value.getBigUint64(i * VALUE.size + VALUE.fields.seen_ns.offset, true),
  );
  const order = seen.map((_, i) => i).sort((a, b) => Number(seen[a]! - seen[b]!));
  return order.map((i) => {
    const [k, v] = [i * KEY.size, i * VALUE.size];
    const at = (view: DataView, address: number, port: number): string =>
      endpointText(addressText(view, address), view.getUint16(port, true));
    const { client_address, client_port, destination_address, destination_port } = KEY.fields;
    return {
      client: at(key, k + client_address.offset, k + client_port.offset),
      destination: at(key, k + destination_address.offset, k + destination_port.offset),
      actual: at(value, v + VALUE.fields.address.offset, v + VALUE.fields.port.offset),
    };
  });
}

/** Of one connection, between two lists. */
function lookUp(object: LoadedObject, client: string, destination: string): string | undefined {
  const [from, to] = [parseEndpoint(client), parseEndpoint(destination)];
  if (!from || !to) return undefined;
  const key = new Uint8Array(KEY.size);
  const view = new DataView(key.buffer);
  const { client_address, client_port, destination_address, destination_port } = KEY.fields;
  key.set(mapped(addressBytes(from.address)), client_address.offset);
  key.set(mapped(addressBytes(to.address)), destination_address.offset);
  view.setUint16(client_port.offset, from.port, true);
  view.setUint16(destination_port.offset, to.port, true);
  const value = object.lookup(MAP, key);
  if (!value) return undefined;
  const found = new DataView(value.buffer, value.byteOffset);
  const { address, port } = VALUE.fields;
  return endpointText(addressText(found, address.offset), found.getUint16(port.offset, true));
}

/** IPv4 mapped into IPv6, as the contract has it. */
const mapped = (bytes: Uint8Array): Uint8Array =>
  bytes.length === 16 ? bytes : Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, ...bytes);
