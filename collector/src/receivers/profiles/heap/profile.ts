import { setTimeout as sleep } from 'node:timers/promises';
import { encodePprof } from '@gumshoe/schema/pprof/encode';
import { ModuleCache } from '../../../symbols/modules.ts';
import { ProcessSymbols } from '../../../symbols/process-symbols.ts';
import { userFrames } from '../stack-frames.ts';
import { type Allocator, findAllocator } from './allocator.ts';
import { type HeapCounts, openHeapKernel } from './kernel.ts';
import { type Leak, leaksOf } from './leaks.ts';

export interface HeapRequest {
  readonly pid: number;
  readonly seconds: number;
  /** A block of so many bytes is always remembered, smaller ones by chance in proportion. 1: every block. */
  readonly sampleBytes: number;
  /** Ends the watch early. */
  readonly signal?: AbortSignal;
  /** Called when every probe is in place. */
  readonly onAttached?: () => void;
}

export interface HeapProfile {
  readonly leaks: readonly Leak[];
  readonly counts: HeapCounts;
  readonly allocator: Pick<Allocator, 'name' | 'unwatched'>;
  /** ns since the epoch, and ns. */
  readonly startNs: bigint;
  readonly durationNs: bigint;
}

/**
 * Watches the allocator of one process for a bounded time. Its calls are slower meanwhile.
 * @throws Error saying what is missing: no such process, no allocator recognised, a probe refused.
 */
export async function profileHeap(request: HeapRequest): Promise<HeapProfile> {
  const { pid, seconds, sampleBytes, signal } = request;
  const root = `/proc/${pid}`;
  const allocator = findAllocator(root);
  if (!allocator) throw new Error(`no allocator is recognised in process ${pid}: it has no malloc by name`);
  const modules = new ModuleCache();
  const kernel = openHeapKernel(pid, allocator, sampleBytes);
  try {
    const startNs = BigInt(Date.now()) * 1_000_000n;
    request.onAttached?.();
    const began = process.hrtime.bigint();
    await sleep(seconds * 1000, undefined, signal ? { signal } : {}).catch(() => undefined);
    const durationNs = process.hrtime.bigint() - began;
    const { blocks, counts } = kernel.read();
    // Takes the kernel a while; names are read only then, so that the process is not held up by it.
    kernel.detach();
    const symbols = new ProcessSymbols(root, modules);
    const names = {
      frameAt: (address: number) => symbols.frameAt(address),
      codeAt: () => '[unknown]',
      interpreter: undefined,
    };
    const nameStack = (stack: readonly number[]): readonly string[] => {
      const user = userFrames({ user: Float64Array.from(withoutTwin(stack)), python: [] }, names);
      return user.length > 0 ? user : ['[unknown]'];
    };
    const leaks = leaksOf(blocks, began + durationNs / 2n, nameStack);
    symbols.end();
    return { leaks, counts, allocator, startNs, durationNs };
  } finally {
    kernel.close();
    modules.close();
  }
}

/** Newer kernels add the caller of a function's first instruction themselves, as we do. */
const withoutTwin = ([at, caller, next, ...rest]: readonly number[]): readonly number[] =>
  [at, caller, ...(next === caller ? [] : [next]), ...rest].filter((one) => one !== undefined);

/** As pprof reads it, not compressed. */
export function heapPprof({ leaks, startNs, durationNs, allocator }: HeapProfile): Uint8Array {
  return encodePprof({
    valueTypes: [
      { type: 'inuse_objects', unit: 'count' },
      { type: 'inuse_space', unit: 'bytes' },
    ],
    samples: leaks.map(({ stack, blocks, bytes }) => ({ stack, values: [blocks, bytes] })),
    timeNanos: startNs,
    durationNanos: durationNs,
    comments: [
      `not freed by the end; allocator ${allocator.name}`,
      ...allocator.unwatched.map((one) => `not watched: ${one}`),
    ],
  });
}
