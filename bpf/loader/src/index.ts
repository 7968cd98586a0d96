import { nativeAddon, type ClockState } from './native.ts';

export { loadObject, LoadedObject, runTimes } from './object.ts';
export type {
  Attached,
  IteratorLink,
  Link,
  LoadOptions,
  MapEntries,
  MapFacts,
  Preference,
  ProgramFacts,
  Refusal,
  RingOptions,
  RingReader,
  RunTime,
} from './object.ts';
export type { ClockState } from './native.ts';
export { PinnedMap } from './pinned-map.ts';
export { forEachRecord } from './records.ts';
export { probeSupport } from './support.ts';
export type { Support } from './support.ts';

/** Slots of a per-CPU value. */
export const possibleCpus = (): number => nativeAddon().possibleCpus();

/**
 * Gives back what this process holds of its program and libraries and can read again from the kernel's page cache, much
 * of it needed for starting only. Bytes given back; 0 where /proc is not there. Throws where the addon is not built.
 */
export const releaseFilePages = (): number => Math.max(0, nativeAddon().releaseFilePages());

/** undefined where the kernel does not say; needs no privilege. Throws where the addon is not built. */
export const clockState = (): ClockState | undefined => nativeAddon().clockState();

/** How long this process's main thread waits for a processor, watched by a thread of its own. */
export interface StarvationWatch {
  /** From now on, until it was too long once. */
  arm(): void;
  /** The part of the time for which it waited when the files were written; 0 as long as they were not, since it was armed. */
  starved(): number;
  close(): void;
}

/**
 * Looks every `everyMs`: waited the main thread for more than the part `most` of the time (/proc/self/schedstat,
 * sched-stats.rst), each of `relief`, a path and its text, is written, as far as it is there; without the first of them it
 * is tried again. Throws where the addon is not built.
 */
export const watchStarvation = (
  everyMs: number,
  most: number,
  relief: readonly (readonly [path: string, text: string])[],
): StarvationWatch => new (nativeAddon().StarvationWatch)(everyMs, most, relief.flat());

/** Turns on run-time statistics of all eBPF programs of the machine until the returned function is called. */
export function enableStatistics(): () => void {
  const addon = nativeAddon();
  const made = addon.enableStatistics();
  if (typeof made !== 'number')
    throw Object.assign(new Error(made.message), { errno: made.errno, code: made.code });
  return () => addon.closeDescriptor(made);
}
