import type { TimeRange } from '@gumshoe/base/time';
import type { Application } from '@gumshoe/model/world';
import type { Reader, StackSamples } from './ports.ts';

export const CPU_PROFILE_TYPE = 'ebpf:cpu:nanoseconds';

/** CPU samples of all instances of an application, merged. Empty when there are none. */
export async function readProfile(
  reader: Reader,
  application: Pick<Application, 'serviceNames'>,
  range: TimeRange,
  signal?: AbortSignal,
): Promise<StackSamples> {
  const parts = await Promise.all(
    application.serviceNames.map((serviceName) =>
      reader.profile({ range, serviceName, type: CPU_PROFILE_TYPE }, signal),
    ),
  );
  return mergeSamples(parts);
}

/** Samples of several sources as one; frames are joined by name. */
export function mergeSamples(parts: readonly StackSamples[]): StackSamples {
  const [only, ...rest] = parts;
  if (only && rest.length === 0) return only;
  const frames: string[] = [];
  const index = new Map<string, number>();
  const stacks: Uint32Array[] = [];
  const values: number[] = [];
  for (const part of parts) {
    const mapped = part.frames.map((frame) => {
      let at = index.get(frame);
      if (at === undefined) index.set(frame, (at = frames.push(frame) - 1));
      return at;
    });
    part.stacks.forEach((stack, i) => {
      stacks.push(stack.map((frame) => mapped[frame]!));
      values.push(part.values[i] ?? 0);
    });
  }
  const cuts = parts.flatMap(({ cut }) => (cut === undefined ? [] : [cut]));
  const cut = cuts.length > 0 ? { cut: cuts.reduce((sum, one) => sum + one, 0) } : {};
  return { frames, stacks, values: Float64Array.from(values), unit: only?.unit ?? 'nanoseconds', ...cut };
}
