import type { StackSamples } from '@gumshoe/engine/ports';

/** Profiles of the same kind as one: frames named once, equal stacks summed. */
export function mergeStacks(profiles: readonly StackSamples[]): StackSamples {
  const frames: string[] = [];
  const numbers = new Map<string, number>();
  const numberOf = (frame: string): number => {
    let number = numbers.get(frame);
    if (number === undefined) numbers.set(frame, (number = frames.push(frame) - 1));
    return number;
  };
  const sums = new Map<string, { readonly stack: Uint32Array; value: number }>();
  for (const { frames: own, stacks, values } of profiles)
    for (const [i, stack] of stacks.entries()) {
      const renumbered = stack.map((frame) => numberOf(own[frame] ?? ''));
      const key = renumbered.join();
      const known = sums.get(key);
      if (known) known.value += values[i] ?? 0;
      else sums.set(key, { stack: renumbered, value: values[i] ?? 0 });
    }
  const cuts = profiles.flatMap(({ cut }) => cut ?? []);
  return {
    frames,
    stacks: [...sums.values()].map(({ stack }) => stack),
    values: Float64Array.from(sums.values(), ({ value }) => value),
    unit: profiles.find(({ stacks }) => stacks.length > 0)?.unit ?? profiles[0]?.unit ?? 'count',
    ...(cuts.length > 0 ? { cut: cuts.reduce((sum, one) => sum + one, 0) } : {}),
  };
}
