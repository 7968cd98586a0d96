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
  readonly #decoded = new Map<number, Float64Array>();

  constructor({ count, keys, values }: PackedEntries) {
    this.#words = new Uint32Array(values);
    this.#numbers = new Float64Array(values);
    const hashes = new BigUint64Array(keys);
    for (let i = 0; i < count; i++) this.#offsets.set(hashes[i]!, i * STACK.size);
  }

  /** Many samples share a stack. */
  framesOf(hash: bigint): Float64Array {
    const at = this.#offsets.get(hash);
    if (at === undefined) return NO_FRAMES;
    const known = this.#decoded.get(at);
    if (known) return known;
    const made = this.#decode(at);
    this.#decoded.set(at, made);
    return made;
  }

  #decode(at: number): Float64Array {
    const length = Math.min(this.#words[(at + STACK.fields.length.offset) / 4]!, constants.GS_STACK_DEPTH);
    const first = (at + STACK.fields.frames.offset) / 8;
    for (let i = first; i < first + length; i++)
      this.#numbers[i] = this.#words[2 * i]! + (this.#words[2 * i + 1]! & 0xffff) * 0x1_0000_0000;
    return this.#numbers.subarray(first, first + length);
  }
}

/** Joins one set of profile_samples with its profile_stacks, which become its memory. A stack that was lost is empty. */
export function decodeSamples(samples: PackedEntries, packed: PackedEntries): readonly KernelSample[] {
  const stacks = new Stacks(packed);
  const keys = new DataView(samples.keys);
  const values = new DataView(samples.values);
  return Array.from({ length: samples.count }, (_, i) => {
    const key = i * KEY.size;
    const frames = ({ offset }: { readonly offset: number }): Float64Array =>
      stacks.framesOf(keys.getBigUint64(key + offset, true));
    return {
      tgid: keys.getUint32(key + KEY.fields.tgid.offset, true),
      cgroupId: keys.getBigUint64(key + KEY.fields.cgroup_id.offset, true),
      value: Number(values.getBigUint64(i * 8, true)),
      detail: keys.getUint32(key + KEY.fields.detail.offset, true),
      user: frames(KEY.fields.user_stack),
      kernel: frames(KEY.fields.kernel_stack),
      python: pythonFrames(frames(KEY.fields.python_stack)),
    };
  });
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
