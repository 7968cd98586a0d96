import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { SOCKET_HOOKS, withoutSocketHooks } from '../../collector/src/receivers/ebpf/hooks.ts';
import { constants, layout } from '../../collector/src/receivers/ebpf/layout.generated.ts';
import { forEachRecord, loadObject } from '../loader/src/index.ts';
import type { IteratorLink, LoadedObject, Preference } from '../loader/src/index.ts';
import { decode, text } from './decode.ts';
import type { Struct, StructName } from './decode.ts';

/** Roots that the target filter lets through. Exactly one kind. */
export type Target =
  | { readonly netns: readonly number[] }
  | { readonly pids: readonly number[] }
  | { readonly cgroups: readonly bigint[] };

const u32 = (value: number): Uint8Array => new Uint8Array(Uint32Array.of(value).buffer);
const u64 = (value: bigint): Uint8Array => new Uint8Array(BigUint64Array.of(value).buffer);

function targetOf(target: Target): { mode: number; map: string; keys: readonly Uint8Array[] } {
  if ('netns' in target) {
    return { mode: constants.GS_TARGET_NETNS, map: 'target_netns', keys: target.netns.map(u32) };
  }
  if ('pids' in target)
    return { mode: constants.GS_TARGET_PID, map: 'target_pids', keys: target.pids.map(u32) };
  return { mode: constants.GS_TARGET_CGROUP, map: 'target_cgroups', keys: target.cgroups.map(u64) };
}

function structOf(type: number): StructName {
  if (type === constants.GS_EVENT_REQUEST) return 'gs_request_event';
  if (type === constants.GS_EVENT_HTTP2) return 'gs_http2_event';
  return type >= constants.GS_EVENT_TCP_LISTEN ? 'gs_tcp_event' : 'gs_process_event';
}

/** One loaded object of bpf/out, attached, with everything it reported. */
export class Observed {
  readonly events: Struct[] = [];
  readonly #object: LoadedObject;
  readonly #iterators = new Map<string, IteratorLink>();

  constructor(object: LoadedObject) {
    this.#object = object;
    object.openRing('events', (batch) => this.#receive(batch), { flushMs: 20 });
  }

  /** Throws when the kernel refuses a program. */
  attach(): void {
    for (const { name, section } of this.#object.programs()) {
      if (section.startsWith('iter/') || section === 'uprobe') continue;
      const attached = this.#object.attach(name);
      if (!attached.ok) throw new Error(`${name}: ${attached.refusal.message}`);
    }
  }

  /** Uprobes of a file; returns what detaches them. Throws when the kernel refuses one. */
  attachProbes(
    path: string,
    probes: readonly { readonly program: string; readonly offset: number }[],
  ): () => void {
    const links = probes.map(({ program, offset }) => {
      const attached = this.#object.attachUprobe(program, path, { offset });
      if (!attached.ok) throw new Error(`${program} at ${path}: ${attached.refusal.message}`);
      return attached.link;
    });
    return () => links.forEach((link) => link.detach());
  }

  iterate(name: string): void {
    let link = this.#iterators.get(name);
    if (!link) {
      const attached = this.#object.attachIterator(name, name === 'tcp_sweep' ? 'connections' : undefined);
      if (!attached.ok) throw new Error(`${name}: ${attached.refusal.message}`);
      link = attached.link;
      this.#iterators.set(name, link);
    }
    link.read();
  }

  /** Every entry of a hash map, decoded. */
  entries(map: string, key: StructName, value: StructName): readonly (readonly [Struct, Struct])[] {
    const { count, keys, values } = this.#object.entries(map);
    const [keyBytes, valueBytes] = [new Uint8Array(keys), new Uint8Array(values)];
    return Array.from({ length: count }, (_, i) => [
      decode(key, keyBytes, i * layout[key].size),
      decode(value, valueBytes, i * layout[value].size),
    ]);
  }

  /** Values of a hash map whose key is opaque. */
  values(map: string, value: StructName): readonly Struct[] {
    const { count, values } = this.#object.entries(map);
    return Array.from({ length: count }, (_, i) =>
      decode(value, new Uint8Array(values), i * layout[value].size),
    );
  }

  /** What map cgroup_paths has of a cgroup v2. */
  cgroupPath(id: bigint): string | undefined {
    const value = this.#object.lookup('cgroup_paths', u64(id));
    return value && text(value);
  }

  /** Sum over CPUs of one of enum gs_counter. */
  counter(index: number): number {
    const slots = this.#object.lookup('counters', u32(index));
    if (!slots) throw new Error(`no counter ${index}`);
    const view = new BigUint64Array(slots.slice().buffer);
    return Number(view.reduce((sum, value) => sum + value, 0n));
  }

  /** Waits until everything that the kernel sent has arrived, and nothing more comes for a moment. */
  async settle(): Promise<void> {
    for (let quiet = 0, last = -1; quiet < 3;) {
      await sleep(40);
      const sent = this.counter(constants.GS_COUNTER_EVENTS);
      quiet = sent === last && this.events.length === sent ? quiet + 1 : 0;
      last = sent;
    }
  }

  close(): void {
    this.#object.close();
  }

  #receive(batch: ArrayBuffer): void {
    const bytes = new Uint8Array(batch);
    forEachRecord(batch, (offset) => {
      const type = new DataView(batch).getUint32(offset, true);
      this.events.push(decode(structOf(type), bytes, offset));
    });
  }
}

/** Bytes; holds all that a test makes happen, since a busy machine may not read it in time. */
const RING_SIZE = 16 * 1024 * 1024;

/** Tracepoints of single system calls are found through tracefs, which minimal systems do not mount. */
function mountTracefs(): void {
  if (existsSync('/sys/kernel/tracing/events')) return;
  execFileSync('mount', ['-t', 'tracefs', 'tracefs', '/sys/kernel/tracing']);
}

let preferencesOf = (preferences: readonly Preference[]): readonly Preference[] => preferences;

/** From now on objects are loaded as on a kernel without tracepoints in its sockets. */
export function hookSystemCalls(): void {
  preferencesOf = withoutSocketHooks;
}

/** Loads and attaches bpf/out/<name>.bpf.o. `numbers`: .rodata variables, bigint for 64 bits. */
export function observe(
  name: string,
  target: Target,
  numbers: Readonly<Record<string, number | bigint>> = {},
  maxEntries: Readonly<Record<string, number>> = {},
): Observed {
  mountTracefs();
  const { mode, map, keys } = targetOf(target);
  const values = { target_mode: mode, collector_tgid: process.pid, ...numbers };
  const object = loadObject({
    bytes: readFileSync(new URL(`../out/${name}.bpf.o`, import.meta.url)),
    name,
    maxEntries: { events: RING_SIZE, ...maxEntries },
    exclude: 'pids' in target ? [] : ['target_inherit', 'target_forget'],
    prefer: name === 'requests' || name === 'dns' ? preferencesOf(SOCKET_HOOKS[name]) : [],
    globals: Object.fromEntries(
      Object.entries(values).map(([key, value]) => [
        key,
        typeof value === 'bigint' ? u64(value) : u32(value),
      ]),
    ),
  });
  const refused = object.refusals[0];
  if (refused) throw new Error(`${name}/${refused.program}: ${refused.message}\n${refused.log}`);
  for (const key of keys) object.update(map, key, Uint8Array.of(1));
  const observed = new Observed(object);
  observed.attach();
  return observed;
}
