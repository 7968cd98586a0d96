import { decodePprof } from '@gumshoe/schema/pprof/decode';
import { CPU_PROFILE_TYPE } from '@gumshoe/schema/tables/profiles';
import type { ImportSink } from './sink.ts';

/** CPU time as every runtime's profiler calls it is CPU time as ours does. */
const CPU_TYPES: ReadonlySet<string> = new Set(['cpu:nanoseconds', 'wall:nanoseconds']);

/** Whether the bytes are a profile; its samples go to the sink, of the service that the name of the file says. */
export function importPprof(bytes: Uint8Array, service: string, sink: ImportSink): boolean {
  let profile;
  try {
    profile = decodePprof(bytes);
  } catch {
    return false;
  }
  const start = Number(profile.timeNanos) / 1e6;
  if (!(start > 0)) {
    sink.leaveOut('a profile that does not say when it was taken');
    return true;
  }
  const end = start + Math.max(1, Number(profile.durationNanos) / 1e6);
  const names = profile.valueTypes.map(({ type, unit }) => `${type}:${unit}`);
  const hasCpu = names.includes('cpu:nanoseconds');
  const types = names.map((name) =>
    CPU_TYPES.has(name) && (name.startsWith('cpu') || !hasCpu) ? CPU_PROFILE_TYPE : `pprof:${name}`,
  );
  for (const { stack, values } of profile.samples)
    values.forEach((value, i) => {
      const type = types[i];
      if (type !== undefined && value !== 0) sink.profiles.add(service, type, start, end, stack, value);
    });
  return true;
}

/** `cart.cpu.pb.gz` is a profile of `cart`. */
export const serviceOfFile = (path: string): string =>
  path === '-' ? 'profile' : path.slice(path.lastIndexOf('/') + 1).split('.')[0] || 'profile';
