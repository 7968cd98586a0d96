import type { LiveBlock } from './kernel.ts';

/** Memory that one stack allocated in the time of watching and that was not freed by its end. */
export interface Leak {
  /** Innermost first. */
  readonly stack: readonly string[];
  /** Estimated from the sampled blocks. */
  readonly bytes: number;
  readonly blocks: number;
  /** Of these bytes, allocated in the first half: they have had their time to be freed. */
  readonly oldBytes: number;
}

/**
 * Unfreed memory by stack, most old bytes first: what was allocated just before the end may only be in use.
 * @param middleNs halfway through the time of watching, in the clock of the blocks.
 */
export function leaksOf(
  blocks: readonly LiveBlock[],
  middleNs: bigint,
  nameStack: (stack: readonly number[]) => readonly string[],
): readonly Leak[] {
  const leaks = new Map<string, { -readonly [K in keyof Leak]: Leak[K] }>();
  for (const { size, weight, timeNs, stack } of blocks) {
    const names = nameStack(stack);
    const key = names.join('\n');
    let leak = leaks.get(key);
    if (!leak) leaks.set(key, (leak = { stack: names, bytes: 0, blocks: 0, oldBytes: 0 }));
    leak.bytes += weight;
    leak.blocks += weight / Math.max(size, 1);
    if (timeNs < middleNs) leak.oldBytes += weight;
  }
  return [...leaks.values()]
    .map((leak) => ({ ...leak, blocks: Math.round(leak.blocks) }))
    .sort((a, b) => b.oldBytes - a.oldBytes || b.bytes - a.bytes);
}
