import type { MapDump } from './counter-fold.ts';

/**
 * Which entries of the kernel's statistics maps may go: those of processes that exited a while ago. The wait
 * lets connections that outlive their process close, and the last counts be read.
 */
export class ExitedProcesses {
  readonly #keepFor: number;
  readonly #exitedAt = new Map<number, number>();

  /** `keepFor` in ms. */
  constructor(keepFor: number) {
    this.#keepFor = keepFor;
  }

  onExit(tgid: number, now: number): void {
    this.#exitedAt.set(tgid, now);
  }

  /** The number is in use again. */
  onStart(tgid: number): void {
    this.#exitedAt.delete(tgid);
  }

  /** Notices exits whose event was lost. `isAlive` is asked once per process of the dump. */
  check(dump: MapDump, now: number, isAlive: (tgid: number) => boolean): void {
    for (const tgid of new Set(tgidsOf(dump))) {
      if (!this.#exitedAt.has(tgid) && !isAlive(tgid)) this.onExit(tgid, now);
    }
  }

  /** Keys of the dump whose process has been gone long enough. */
  keysToDelete(dump: MapDump, now: number): readonly Uint8Array[] {
    const keys: Uint8Array[] = [];
    tgidsOf(dump).forEach((tgid, i) => {
      const exitedAt = this.#exitedAt.get(tgid);
      if (exitedAt === undefined || now - exitedAt < this.#keepFor) return;
      keys.push(dump.keys.subarray(i * dump.keySize, (i + 1) * dump.keySize));
    });
    return keys;
  }

  /** Forgets processes that no map can mention any more. Call after deleting. */
  prune(now: number): void {
    for (const [tgid, exitedAt] of this.#exitedAt) {
      if (now - exitedAt >= this.#keepFor * 2) this.#exitedAt.delete(tgid);
    }
  }
}

/** Both statistics keys begin with the tgid (bpf/include/events.h). */
function tgidsOf(dump: MapDump): readonly number[] {
  const view = new DataView(dump.keys.buffer, dump.keys.byteOffset, dump.count * dump.keySize);
  return Array.from({ length: dump.count }, (_, i) => view.getUint32(i * dump.keySize, true));
}
