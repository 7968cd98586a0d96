import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { loadObject, type LoadedObject } from 'ebpf-loader-native';
import { constants, layout } from '../../ebpf/layout.generated.ts';
import type { Allocator } from './allocator.ts';

const OBJECT = fileURLToPath(new URL('../../../../../bpf/out/heap_profile.bpf.o', import.meta.url));
const BLOCK = layout.gs_heap_block;
const STACK = layout.gs_profile_stack;

/** A sampled block that is still there. */
export interface LiveBlock {
  /** Bytes. */
  readonly size: number;
  /** Bytes that it stands for. */
  readonly weight: number;
  /** When it was allocated, CLOCK_MONOTONIC ns. */
  readonly timeNs: bigint;
  /** Innermost first. */
  readonly stack: readonly number[];
}

export interface HeapCounts {
  readonly allocations: number;
  readonly sampled: number;
  readonly bytes: number;
  readonly frees: number;
  /** Sampled, but there was no room. */
  readonly lost: number;
}

export interface HeapKernel {
  read(): { readonly blocks: readonly LiveBlock[]; readonly counts: HeapCounts };
  /** No probe stops the process any more; what was seen can still be read. */
  detach(): void;
  close(): void;
}

/**
 * Watches one process's allocator from now on.
 * @throws Error naming the probe when the kernel refuses it, or when nothing can be loaded.
 */
export function openHeapKernel(tgid: number, allocator: Allocator, sampleBytes: number): HeapKernel {
  const object = loadObject({
    bytes: readFileSync(OBJECT),
    name: 'heap_profile',
    globals: {
      heap_tgid: new Uint8Array(Uint32Array.of(tgid).buffer),
      sample_bytes: new Uint8Array(BigUint64Array.of(BigInt(sampleBytes)).buffer),
      realloc_enters_malloc: Uint8Array.of(allocator.reallocEntersMalloc ? 1 : 0),
    },
  });
  try {
    // Returns first: what is entered is also left.
    const order = allocator.probes.toSorted(
      (a, b) => Number(b.program === 'heap_return') - Number(a.program === 'heap_return'),
    );
    const links = order.map(({ program, offset }) => {
      const made = object.attachUprobe(program, allocator.path, { offset, pid: tgid });
      if (made.ok) return made.link;
      throw new Error(`${program} in ${allocator.name}: ${made.refusal.message} (${made.refusal.code})`);
    });
    return {
      read: () => ({ blocks: readBlocks(object), counts: readCounts(object) }),
      detach: () => links.toReversed().forEach((link) => link.detach()),
      close: () => object.close(),
    };
  } catch (error) {
    object.close();
    throw error;
  }
}

function readBlocks(object: LoadedObject): readonly LiveBlock[] {
  const stacks = stacksOf(object);
  const { count, values } = object.entries('heap_live');
  const view = new DataView(values);
  return Array.from({ length: count }, (_, i) => {
    const field = (name: keyof typeof BLOCK.fields): bigint =>
      view.getBigUint64(i * BLOCK.size + BLOCK.fields[name].offset, true);
    return {
      size: Number(field('size')),
      weight: Number(field('weight')),
      timeNs: field('time_ns'),
      stack: stacks.get(field('user_stack')) ?? [],
    };
  });
}

function stacksOf(object: LoadedObject): ReadonlyMap<bigint, readonly number[]> {
  const { count, keys, values } = object.entries('heap_stacks');
  const hashes = new BigUint64Array(keys);
  const view = new DataView(values);
  return new Map(
    Array.from({ length: count }, (_, i) => {
      const at = i * STACK.size;
      const length = Math.min(
        view.getUint32(at + STACK.fields.length.offset, true),
        constants.GS_STACK_DEPTH,
      );
      const first = at + STACK.fields.frames.offset;
      return [
        hashes[i]!,
        Array.from({ length }, (_unused, frame) => Number(view.getBigUint64(first + frame * 8, true))),
      ];
    }),
  );
}

function readCounts(object: LoadedObject): HeapCounts {
  const sum = (index: number): number => {
    const slots = object.lookup('heap_counters', new Uint8Array(Uint32Array.of(index).buffer));
    const all = slots ? new BigUint64Array(slots.slice().buffer) : new BigUint64Array();
    return all.reduce((total, one) => total + Number(one), 0);
  };
  return {
    allocations: sum(constants.GS_HEAP_ALLOCATIONS),
    sampled: sum(constants.GS_HEAP_SAMPLED),
    bytes: sum(constants.GS_HEAP_BYTES),
    frees: sum(constants.GS_HEAP_FREES),
    lost: sum(constants.GS_HEAP_LOST),
  };
}
