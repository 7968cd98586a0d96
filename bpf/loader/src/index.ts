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

/** Turns on run-time statistics of all eBPF programs of the machine until the returned function is called. */
export function enableStatistics(): () => void {
  const addon = nativeAddon();
  const made = addon.enableStatistics();
  if (typeof made !== 'number')
    throw Object.assign(new Error(made.message), { errno: made.errno, code: made.code });
  return () => addon.closeDescriptor(made);
}
