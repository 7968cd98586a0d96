import { constants, layout } from '../ebpf/layout.generated.ts';
import type { KernelSample, PythonFrame } from './kernel.ts';

/** Entries of a map as the loader reads them. */
export interface PackedEntries {
  readonly count: number;
  readonly keys: ArrayBuffer;
  readonly values: ArrayBuffer;
}

const KEY = layout.gs_profile_key;
const STACK = layout.gs_profile_stack;
const NO_FRAMES = new Float64Array(0);

/**
 * Frames of one set of stacks, decoded where they stand: each word becomes a number of as many bytes. Addresses are its
 * lower 48 bits: all of a user-space address, and what differs among those of the kernel.
 */
class Stacks {
  readonly #words: Uint32Array;
  readonly #numbers: Float64Array;
  readonly #offsets = new Map<bigint, number>();
  /** By the number of the stack. */
  readonly #isDecoded: Uint8Array;

  constructor({ count, keys, values }: PackedEntries) {
    this.#words = new Uint32Array(values);
    this.#numbers = new Float64Array(values);
    this.#isDecoded = new Uint8Array(count);
    const hashes = new BigUint64Array(keys);
    for (let i = 0; i < count; i++) this.#offsets.set(hashes[i]!, i * STACK.size);
  }

  /** Many samples share a stack. */
  framesOf(hash: bigint): Float64Array {
    const at = this.#offsets.get(hash);
    if (at === undefined) return NO_FRAMES;
    const length = Math.min(this.#words[(at + STACK.fields.length.offset) / 4]!, constants.GS_STACK_DEPTH);
    const first = (at + STACK.fields.frames.offset) / 8;
    if (this.#isDecoded[at / STACK.size] === 0) this.#decode(first, length);
    this.#isDecoded[at / STACK.size] = 1;
    return this.#numbers.subarray(first, first + length);
  }

  #decode(first: number, length: number): void {
    for (let i = first; i < first + length; i++)
      this.#numbers[i] = this.#words[2 * i]! + (this.#words[2 * i + 1]! & 0xffff) * 0x1_0000_0000;
  }
}

/** A sample that stays packed: thousands wait for their names at once. */
class PackedSample implements KernelSample {
  readonly #keys: DataView;
  readonly #at: number;
  readonly #stacks: Stacks;
  readonly tgid: number;
  readonly value: number;

  constructor(keys: DataView, at: number, value: number, stacks: Stacks) {
    this.#keys = keys;
    this.#at = at;
    this.#stacks = stacks;
    this.tgid = keys.getUint32(at + KEY.fields.tgid.offset, true);
    this.value = value;
  }

  get cgroupId(): bigint {
    return this.#keys.getBigUint64(this.#at + KEY.fields.cgroup_id.offset, true);
  }

  get detail(): number {
    return this.#keys.getUint32(this.#at + KEY.fields.detail.offset, true);
  }

  get user(): Float64Array {
    return this.#frames(KEY.fields.user_stack);
  }

  get kernel(): Float64Array {
    return this.#frames(KEY.fields.kernel_stack);
  }

  get python(): readonly PythonFrame[] {
    return pythonFrames(this.#frames(KEY.fields.python_stack));
  }

  #frames({ offset }: { readonly offset: number }): Float64Array {
    return this.#stacks.framesOf(this.#keys.getBigUint64(this.#at + offset, true));
  }
}

/** Joins one set of profile_samples with its profile_stacks, which become its memory. A stack that was lost is empty. */
export function decodeSamples(samples: PackedEntries, packed: PackedEntries): readonly KernelSample[] {
  const stacks = new Stacks(packed);
  const keys = new DataView(samples.keys);
  const values = new BigUint64Array(samples.values);
  return Array.from(
    { length: samples.count },
    (_, i) => new PackedSample(keys, i * KEY.size, Number(values[i]), stacks),
  );
}

function pythonFrames(raw: Float64Array): readonly PythonFrame[] {
  const frames: { code: number; isEntry: boolean }[] = [];
  for (const frame of raw) {
    const mark = frame % 8;
    const last = frames.at(-1);
    if (mark !== constants.GS_PYTHON_MARK_SHIM)
      frames.push({ code: frame - mark, isEntry: mark === constants.GS_PYTHON_MARK_ENTRY });
    else if (last) last.isEntry = true;
  }
  return frames;
}
