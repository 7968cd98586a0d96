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

/** The lower 48 bits: all of a user-space address, and what differs among those of the kernel. */
function address(view: DataView, at: number): number {
  return view.getUint32(at, true) + view.getUint16(at + 4, true) * 0x1_0000_0000;
}

/** Joins one set of profile_samples with its profile_stacks. A stack that was lost is empty. */
export function decodeSamples(samples: PackedEntries, stacks: PackedEntries): readonly KernelSample[] {
  const offsets = new Map<bigint, number>();
  const hashes = new BigUint64Array(stacks.keys);
  for (let i = 0; i < stacks.count; i++) offsets.set(hashes[i]!, i * STACK.size);
  const stackView = new DataView(stacks.values);
  const framesOf = (hash: bigint): Float64Array => {
    const at = offsets.get(hash);
    return at === undefined ? NO_FRAMES : decodeStack(stackView, at);
  };
  const keys = new DataView(samples.keys);
  const values = new DataView(samples.values);
  return Array.from({ length: samples.count }, (_, i) => {
    const key = i * KEY.size;
    return {
      tgid: keys.getUint32(key + KEY.fields.tgid.offset, true),
      cgroupId: keys.getBigUint64(key + KEY.fields.cgroup_id.offset, true),
      value: Number(values.getBigUint64(i * 8, true)),
      detail: keys.getUint32(key + KEY.fields.detail.offset, true),
      user: framesOf(keys.getBigUint64(key + KEY.fields.user_stack.offset, true)),
      kernel: framesOf(keys.getBigUint64(key + KEY.fields.kernel_stack.offset, true)),
      python: pythonFrames(framesOf(keys.getBigUint64(key + KEY.fields.python_stack.offset, true))),
    };
  });
}

function decodeStack(view: DataView, at: number): Float64Array {
  const length = Math.min(view.getUint32(at + STACK.fields.length.offset, true), constants.GS_STACK_DEPTH);
  const first = at + STACK.fields.frames.offset;
  return Float64Array.from({ length }, (_, i) => address(view, first + i * 8));
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
