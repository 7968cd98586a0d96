import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Container } from '../../identity/container.ts';
import { findMounts, readIo } from '../proc/cgroup-files.ts';
import type { DiskKernel } from './kernel.ts';
import { openDiskKernel } from './native.ts';
import { DiskReceiver } from './receiver.ts';

export interface DiskRooms {
  readonly procfs: string;
  readonly cgroupfs: string;
  readonly containers: () => Iterable<Container>;
  readonly kernel?: DiskKernel;
}

/** Watches the block devices of this machine. Call `collect` once per interval. */
export function openDiskReceiver({ procfs, cgroupfs, containers, kernel = openDiskKernel() }: DiskRooms): {
  readonly kernel: DiskKernel;
  readonly receiver: DiskReceiver;
} {
  const cgroups = new ChargedCgroups(cgroupfs);
  const mounts = findMounts(cgroupfs);
  const receiver = new DiskReceiver({
    kernel,
    deviceNames: () => deviceNames(procfs),
    containersByCgroup: () => cgroups.containersById(containers()),
    countsItself: (container) => readIo(container.cgroups, mounts).length > 0,
    exists: (id) => cgroups.exists(id),
  });
  return { kernel, receiver };
}

/** `major:minor` → name, of /proc/diskstats (Documentation/admin-guide/iostats). */
function deviceNames(procfs: string): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  try {
    for (const line of readFileSync(join(procfs, 'diskstats'), 'utf8').split('\n')) {
      const [major, minor, name] = line.trim().split(/\s+/);
      if (name !== undefined) names.set(`${major}:${minor}`, name);
    }
  } catch {
    // then devices go by their numbers
  }
  return names;
}

const FOLDER_LIMIT = 20_000;

/** Cgroups by id in the hierarchy that charges I/O: blkio of v1 where it is mounted, else v2. */
class ChargedCgroups {
  readonly #root: string | undefined;
  readonly #isV1: boolean;
  /** Scanned at most once per collection. */
  #present: ReadonlySet<bigint> | undefined;

  constructor(cgroupfs: string) {
    const mounts = findMounts(cgroupfs);
    const blkio = mounts.controller('blkio');
    this.#isV1 = blkio !== undefined;
    this.#root = blkio ?? mounts.unified;
  }

  containersById(containers: Iterable<Container>): ReadonlyMap<bigint, Container> {
    this.#present = undefined;
    const out = new Map<bigint, Container>();
    if (this.#root === undefined) return out;
    for (const container of containers) {
      const path = this.#isV1 ? container.cgroups.controllers['blkio'] : container.cgroups.unified;
      if (path === undefined || path === '' || path === '/') continue;
      for (const id of idsBelow(join(this.#root, path))) out.set(id, container);
    }
    return out;
  }

  exists(id: bigint): boolean {
    if (this.#root === undefined) return true;
    this.#present ??= new Set(idsBelow(this.#root));
    return this.#present.has(id) || this.#present.size >= FOLDER_LIMIT;
  }
}

/** Ids of a cgroup and of those below it. */
function idsBelow(root: string): bigint[] {
  const ids: bigint[] = [];
  const queue = [root];
  for (let folder = queue.pop(); folder !== undefined && ids.length < FOLDER_LIMIT; folder = queue.pop()) {
    try {
      ids.push(statSync(folder, { bigint: true }).ino);
      for (const entry of readdirSync(folder, { withFileTypes: true }))
        if (entry.isDirectory()) queue.push(join(folder, entry.name));
    } catch {
      // removed meanwhile
    }
  }
  return ids;
}
