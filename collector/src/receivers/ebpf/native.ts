import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { loadObject, probeSupport } from 'ebpf-loader-native';
import type { IteratorLink, LoadedObject, Refusal } from 'ebpf-loader-native';
import type { MapDump } from '../../processors/counter-fold.ts';
import type {
  AttachedUprobe,
  BatchConsumer,
  Constant,
  Kernel,
  KernelObject,
  ObjectPlan,
  ProgramStatus,
} from './kernel.ts';

const OBJECTS = fileURLToPath(new URL('../../../../bpf/out/', import.meta.url));
const RING = 'events';
/** How long records may wait in user space for more to come. */
const FLUSH_MS = 50;
/** Attached to the files of programs, as these are found. */
const UPROBE = 'uprobe';
const SET = Uint8Array.of(1);
const NOTHING: MapDump = {
  count: 0,
  keySize: 0,
  valueSize: 0,
  keys: new Uint8Array(0),
  values: new Uint8Array(0),
};

/** Why no program can be loaded here, one reason each; empty when they can. */
export const unsupported = (): readonly string[] => probeSupport().reasons;

/** The running kernel, through ebpf-loader-native. `folder` holds the compiled objects. */
export function nativeKernel(folder: string = OBJECTS): Kernel {
  return {
    load(plan, onBatch) {
      try {
        return new NativeObject(plan, load(folder, plan), onBatch);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        return refusedObject({ object: plan.name, program: '*', attached: false, reason });
      }
    },
  };
}

function load(folder: string, plan: ObjectPlan): LoadedObject {
  return loadObject({
    bytes: readFileSync(`${folder}/${plan.name}.bpf.o`),
    name: plan.name,
    exclude: plan.skip,
    prefer: plan.prefer ?? [],
    maxEntries: { [RING]: plan.ringBytes },
    globals: Object.fromEntries(plan.constants.map((constant) => [constant.name, bytesOf(constant)])),
  });
}

function bytesOf({ size, value }: Constant): Uint8Array {
  const view = new DataView(new ArrayBuffer(size));
  if (size === 8) view.setBigUint64(0, BigInt.asUintN(64, BigInt(value)), true);
  else view.setUint32(0, Number(value), true);
  return new Uint8Array(view.buffer);
}

/** The kernel's words, then what the verifier last said. */
function reasonOf({ stage, code, message, log }: Refusal): string {
  return `${stage}: ${message} (${code})${log ? `\n${log.trimEnd()}` : ''}`;
}

/** An object of which nothing runs: reads as empty. */
function refusedObject(status: ProgramStatus): KernelObject {
  return {
    programs: [status],
    dump: () => NOTHING,
    lookup: () => undefined,
    delete: () => {},
    counters: () => [],
    iterate: () => {},
    attachUprobe: () => ({ ok: false, reason: status.reason }),
    close: async () => {},
  };
}

class NativeObject implements KernelObject {
  readonly programs: readonly ProgramStatus[];
  readonly #object: LoadedObject;
  readonly #iterators = new Map<string, IteratorLink>();
  readonly #sizes: ReadonlyMap<string, { readonly keySize: number; readonly valueSize: number }>;
  readonly #detach: (() => void)[] = [];

  constructor(plan: ObjectPlan, object: LoadedObject, onBatch: BatchConsumer) {
    this.#object = object;
    this.#sizes = new Map(object.maps().map((map) => [map.name, map]));
    for (const { map, keys } of plan.presets) for (const key of keys) object.update(map, key, SET);
    object.openRing(RING, (batch) => onBatch(new DataView(batch)), { flushMs: FLUSH_MS });
    const refused = object.refusals.map((refusal) => statusOf(plan.name, refusal));
    const attached = object
      .programs()
      .filter(({ section }) => section !== UPROBE)
      .map(({ name, section }) => this.#attach(plan, name, section));
    this.programs = [...attached, ...refused];
  }

  dump(map: string): MapDump {
    const { keySize, valueSize } = this.#sizeOf(map);
    const { count, keys, values } = this.#object.entries(map);
    return { count, keySize, valueSize, keys: new Uint8Array(keys), values: new Uint8Array(values) };
  }

  lookup(map: string, key: Uint8Array): Uint8Array | undefined {
    return this.#object.lookup(map, key);
  }

  delete(map: string, keys: readonly Uint8Array[]): void {
    for (const key of keys) this.#object.delete(map, key);
  }

  counters(map: string): readonly number[] {
    const { count, values } = this.#object.entries(map);
    const perCpu = new BigUint64Array(values);
    const slots = count === 0 ? 0 : perCpu.length / count;
    return Array.from({ length: count }, (_, i) =>
      perCpu.subarray(i * slots, (i + 1) * slots).reduce((sum, value) => sum + Number(value), 0),
    );
  }

  iterate(program: string): void {
    this.#iterators.get(program)?.read();
  }

  attachUprobe(program: string, path: string, offset: number): AttachedUprobe {
    if (!this.#object.programs().some(({ name }) => name === program))
      return { ok: false, reason: `${program} was refused at load` };
    const made = this.#object.attachUprobe(program, path, { offset });
    if (!made.ok) return { ok: false, reason: reasonOf(made.refusal) };
    return { ok: true, detach: () => made.link.detachLater() };
  }

  async close(): Promise<void> {
    for (const detach of this.#detach) detach();
    await sleep(FLUSH_MS * 3);
    this.#object.close();
  }

  #attach(plan: ObjectPlan, program: string, section: string): ProgramStatus {
    const isIterator = section.startsWith('iter/');
    const made = isIterator
      ? this.#object.attachIterator(program, plan.iteratorMaps[program])
      : this.#object.attach(program);
    if (!made.ok) return statusOf(plan.name, made.refusal);
    if (isIterator) this.#iterators.set(program, made.link as IteratorLink);
    this.#detach.push(() => made.link.detach());
    return { object: plan.name, program, attached: true, reason: '' };
  }

  #sizeOf(map: string): { readonly keySize: number; readonly valueSize: number } {
    const sizes = this.#sizes.get(map);
    if (!sizes) throw new Error(`${this.#object.name} has no map ${map}`);
    return sizes;
  }
}

const statusOf = (object: string, refusal: Refusal): ProgramStatus => ({
  object,
  program: refusal.program,
  attached: false,
  reason: reasonOf(refusal),
});
