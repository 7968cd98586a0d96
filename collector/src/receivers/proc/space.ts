import { statfs } from 'node:fs/promises';

/** Space of a file system, bytes. */
export interface Space {
  readonly size: number;
  readonly used: number;
  /** Kept for root. */
  readonly reserved: number;
}

/**
 * Calls of statfs(2) that may be stuck at a time. Each holds one of the four threads that all file access of the
 * process shares, and none can be called back: a dead NFS server may answer never. One more for disks.
 */
const STUCK_LIMIT = 2;

/**
 * Asks for the space of file systems without ever waiting longer than `patience` ms for one. What did not answer is
 * not asked again before it has answered; with two of those, no other machine is asked.
 */
export class SpaceProbe {
  readonly #patience: number;
  readonly #stuck = new Set<string>();

  constructor(patience = 1000) {
    this.#patience = patience;
  }

  /** File systems that are being waited for, by key. */
  get stuck(): ReadonlySet<string> {
    return this.#stuck;
  }

  /** `key` names the file system; undefined when it is gone or does not answer. */
  async ask(path: string, key: string, isRemote: boolean): Promise<Space | undefined> {
    if (this.#stuck.has(key) || this.#stuck.size >= (isRemote ? STUCK_LIMIT : STUCK_LIMIT + 1))
      return undefined;
    const call = statfs(path).then(
      ({ blocks, bfree, bavail, bsize }) => ({
        size: blocks * bsize,
        used: (blocks - bfree) * bsize,
        reserved: (bfree - bavail) * bsize,
      }),
      () => undefined,
    );
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<'late'>((resolve) => {
      timer = setTimeout(resolve, this.#patience, 'late');
    });
    const first = await Promise.race([call, late]);
    clearTimeout(timer);
    if (first !== 'late') return first;
    this.#stuck.add(key);
    void call.then(() => this.#stuck.delete(key));
    return undefined;
  }
}
