import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileExists } from '../file-exists.ts';

/** Rescans are this far apart at least, ms: an unknown id must not make every event walk the tree. */
const RESCAN_INTERVAL = 1000;
const FOLDER_LIMIT = 20_000;

/**
 * Paths of cgroup v2 by the id that the kernel gives with its events (the inode of the folder), for processes
 * that are gone before /proc could be asked. Ids are never reused while the machine is up.
 */
export class CgroupIndex {
  readonly #root: string;
  readonly #paths = new Map<bigint, string>();
  #scannedAt = -Infinity;

  /** `cgroupfs` is the mount of cgroup v2, or of a hybrid machine's hierarchies. */
  constructor(cgroupfs: string) {
    const hybrid = join(cgroupfs, 'unified');
    this.#root = fileExists(join(cgroupfs, 'cgroup.controllers')) ? cgroupfs : hybrid;
  }

  /** Path below the mount (`/system.slice/nginx.service`); undefined when no such cgroup exists. `now` in ms. */
  pathOf(id: bigint, now: number): string | undefined {
    if (id === 0n) return undefined;
    const known = this.#paths.get(id);
    if (known !== undefined || now - this.#scannedAt < RESCAN_INTERVAL) return known;
    this.#scannedAt = now;
    this.#paths.clear();
    this.#scan('/');
    return this.#paths.get(id);
  }

  #scan(path: string): void {
    if (this.#paths.size >= FOLDER_LIMIT) return;
    const folder = join(this.#root, path);
    try {
      this.#paths.set(statSync(folder, { bigint: true }).ino, path);
      for (const entry of readdirSync(folder, { withFileTypes: true })) {
        if (entry.isDirectory()) this.#scan(join(path, entry.name));
      }
    } catch {
      // removed meanwhile
    }
  }
}
