import { join } from 'node:path';
import { PinnedMap } from 'ebpf-loader-native';
import type { Translation } from '../../identity/conntrack-text.ts';
import type { NatSource } from '../../identity/conntrack.ts';
import { endpointText } from '../ebpf/address.ts';
import {
  backendEndpoint,
  backendKey,
  backendOfEntry,
  connectionKey,
  serviceKey,
  serviceOf,
} from './cilium-layout.ts';
import { isV4, parseEndpoint, type Endpoint } from './endpoint.ts';

const FOLDER = 'sys/fs/bpf/tc/globals';

interface Family {
  readonly connections: PinnedMap | undefined;
  readonly services: PinnedMap | undefined;
  readonly backends: PinnedMap;
}

/**
 * Who answers behind the services of Cilium, which translates in programs of its own and leaves the kernel's
 * connection tracking out: its pinned maps are asked, one connection at a time. Only read.
 */
export class CiliumMaps implements NatSource {
  readonly name = 'Cilium';
  readonly #v4: Family | undefined;
  readonly #v6: Family | undefined;

  /** `hostRoot`: where the machine's root file system is seen from here. */
  constructor(hostRoot: string) {
    this.#v4 = openFamily(hostRoot, 4);
    this.#v6 = openFamily(hostRoot, 6);
  }

  /** Whether Cilium is there at all. */
  get present(): boolean {
    return this.#v4 !== undefined || this.#v6 !== undefined;
  }

  /** Its tables are too large to be listed; each connection is asked for. */
  translations(): Iterable<Translation> | undefined {
    return undefined;
  }

  actualOf(client: string, destination: string): string | undefined {
    const [from, to] = [parseEndpoint(client), parseEndpoint(destination)];
    const family = to && this.#familyOf(to);
    if (!from || !family || isV4(from) !== isV4(to)) return undefined;
    const entry = look(family.connections, connectionKey(from, to));
    return entry && backend(family, backendOfEntry(entry), to);
  }

  /** Of a service with a single backend; of several, only a connection says which. */
  onlyActualOf(destination: string): string | undefined {
    const to = parseEndpoint(destination);
    const family = to && this.#familyOf(to);
    if (!family) return undefined;
    for (const protocol of [6, 0] as const) {
      const first = look(family.services, serviceKey(to, 0, protocol));
      if (!first || serviceOf(first).count !== 1) continue;
      const slot = look(family.services, serviceKey(to, 1, protocol));
      if (slot) return backend(family, serviceOf(slot).backend, to);
    }
    return undefined;
  }

  close(): void {
    for (const family of [this.#v4, this.#v6])
      for (const map of [family?.connections, family?.services, family?.backends]) map?.close();
  }

  #familyOf(to: Endpoint): Family | undefined {
    return isV4(to) ? this.#v4 : this.#v6;
  }
}

function openFamily(hostRoot: string, version: 4 | 6): Family | undefined {
  const map = (...names: readonly string[]): PinnedMap | undefined => {
    for (const name of names) {
      try {
        return new PinnedMap(join(hostRoot, FOLDER, `cilium_${name}`));
      } catch {
        // another version's name, or no Cilium
      }
    }
    return undefined;
  };
  const backends = map(`lb${version}_backends_v3`, `lb${version}_backends_v2`);
  if (!backends) return undefined;
  return { connections: map(`ct${version}_global`), services: map(`lb${version}_services_v2`), backends };
}

/** undefined also where a later version's key is of another size. */
function look(map: PinnedMap | undefined, key: Uint8Array): Uint8Array | undefined {
  try {
    return map?.keySize === key.byteLength ? map.lookup(key) : undefined;
  } catch {
    return undefined;
  }
}

function backend({ backends }: Family, id: number, to: Endpoint): string | undefined {
  const found = id === 0 ? undefined : look(backends, backendKey(id));
  if (!found) return undefined;
  const { address, port } = backendEndpoint(found, isV4(to));
  return endpointText(address, port);
}
