import { readdirSync, statSync, watch, type FSWatcher } from 'node:fs';
import { join } from 'node:path';
import { fileExists } from '../file-exists.ts';

/** Rescans are this far apart at least, ms: an unknown id must not make every event walk the tree. */
const RESCAN_INTERVAL = 1000;
const FOLDER_LIMIT = 20_000;
/** Folders whose new entries are noticed at once; what is made in others is found by scanning, if it lives that long. */
const MOST_WATCHED = 2048;
/** Cgroups remembered from when they were made, whether they are still there or not. */
const MOST_NOTICED = 4096;

/**
 * Paths of cgroup v2 by the id that the kernel gives with its events (the inode of the folder), for processes
 * that are gone before /proc could be asked. Ids are never reused while the machine is up.
 */
export class CgroupIndex {
  readonly #root: string;
  readonly #paths = new Map<bigint, string>();
  /** In the order in which they were made. */
  readonly #noticed = new Map<bigint, string>();
  readonly #watchers = new Map<string, FSWatcher>();
  #scannedAt = -Infinity;
  /** Who knows cgroups that were gone before they could be noticed here. */
  ask: (id: bigint) => string | undefined = () => undefined;

  /** `cgroupfs` is the mount of cgroup v2, or of a hybrid machine's hierarchies. */
  constructor(cgroupfs: string) {
    const hybrid = join(cgroupfs, 'unified');
    this.#root = fileExists(join(cgroupfs, 'cgroup.controllers')) ? cgroupfs : hybrid;
  }

  /** From now on cgroups are noticed as they are made: a container may be gone before its first event is read. */
  watch(): void {
    this.#watch('/');
  }

  close(): void {
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  /** Path below the mount (`/system.slice/nginx.service`); undefined when no such cgroup is known. `now` in ms. */
  pathOf(id: bigint, now: number): string | undefined {
    if (id === 0n) return undefined;
    const known = this.#noticed.get(id) ?? this.#paths.get(id) ?? this.#asked(id);
    if (known !== undefined || now - this.#scannedAt < RESCAN_INTERVAL) return known;
    this.#scannedAt = now;
    this.#paths.clear();
    this.#scan('/');
    return this.#paths.get(id);
  }

  #asked(id: bigint): string | undefined {
    const path = this.ask(id);
    if (path !== undefined) this.#notice(id, path);
    return path;
  }

  #scan(path: string): void {
    if (this.#paths.size >= FOLDER_LIMIT) return;
    const folder = join(this.#root, path);
    try {
      this.#paths.set(statSync(folder, { bigint: true }).ino, path);
      for (const name of foldersIn(folder)) this.#scan(join(path, name));
    } catch {
      // removed meanwhile
    }
  }

  /** A folder, and those that were made in it before it was watched. */
  #watch(path: string): void {
    if (this.#watchers.size >= MOST_WATCHED || this.#watchers.has(path)) return;
    const folder = join(this.#root, path);
    try {
      const watcher = watch(folder, { persistent: false }, (change, name) => {
        if (change === 'rename' && name !== null) this.#changed(join(path, name));
      });
      watcher.on('error', () => this.#unwatch(path));
      this.#watchers.set(path, watcher);
      for (const name of foldersIn(folder)) this.#changed(join(path, name));
    } catch {
      // removed meanwhile, or no more watches for this user
    }
  }

  /** Made or removed. */
  #changed(path: string): void {
    const id = idOf(join(this.#root, path));
    if (id === undefined) return this.#unwatch(path);
    this.#notice(id, path);
    this.#watch(path);
  }

  #notice(id: bigint, path: string): void {
    this.#noticed.set(id, path);
    if (this.#noticed.size > MOST_NOTICED) this.#noticed.delete(this.#noticed.keys().next().value!);
  }

  #unwatch(path: string): void {
    this.#watchers.get(path)?.close();
    this.#watchers.delete(path);
  }
}

function idOf(folder: string): bigint | undefined {
  try {
    const facts = statSync(folder, { bigint: true });
    return facts.isDirectory() ? facts.ino : undefined;
  } catch {
    return undefined; // removed
  }
}

const foldersIn = (folder: string): readonly string[] =>
  readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
