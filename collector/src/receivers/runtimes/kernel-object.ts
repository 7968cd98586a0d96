import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { loadObject, type LoadedObject } from 'ebpf-loader-native';

const OBJECTS = fileURLToPath(new URL('../../../../bpf/out/', import.meta.url));

/** Bytes of a map's key or value. */
export const u32 = (value: number): Uint8Array => new Uint8Array(Uint32Array.of(value).buffer);
export const u64s = (...values: readonly number[]): Uint8Array =>
  new Uint8Array(BigUint64Array.from(values.map(BigInt)).buffer);

/** Numbers of a value made of 64-bit words. */
export const wordsOf = (bytes: Uint8Array): readonly number[] =>
  [...new BigUint64Array(bytes.slice().buffer)].map(Number);

/**
 * A kernel object that is in the kernel only while somebody uses it, so that machines without such processes pay
 * nothing. A refusal is a reason, and final.
 */
export class KernelObject {
  readonly #name: string;
  #object: LoadedObject | undefined;
  #users = 0;
  /** '' unless the kernel refused it. */
  reason = '';

  constructor(name: string) {
    this.#name = name;
  }

  /** One more user; the reason when the kernel refuses. */
  acquire(): LoadedObject | string {
    if (this.reason) return this.reason;
    this.#object ??= this.#load();
    if (this.#object) this.#users++;
    return this.#object ?? this.reason;
  }

  /** One user less; the last one takes it out of the kernel. */
  release(): void {
    if (--this.#users > 0) return;
    this.#object?.close();
    this.#object = undefined;
  }

  #load(): LoadedObject | undefined {
    let object: LoadedObject | undefined;
    try {
      object = loadObject({ bytes: readFileSync(`${OBJECTS}/${this.#name}.bpf.o`), name: this.#name });
      const attached = object.programs().map(({ name }) => object!.attach(name));
      const refusal = object.refusals[0] ?? attached.map((one) => !one.ok && one.refusal).find(Boolean);
      if (!refusal) return object;
      this.reason = `the kernel refused ${refusal.program}: ${refusal.message} (${refusal.code})`;
    } catch (error) {
      this.reason = error instanceof Error ? error.message : String(error);
    }
    object?.close();
    return undefined;
  }
}
