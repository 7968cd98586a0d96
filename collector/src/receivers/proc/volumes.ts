import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Container } from '../../identity/container.ts';
import { volumeName } from '../../identity/runtimes/container.ts';
import type { BlockDevices } from './block-devices.ts';
import { dataMounts, isRemote, mountOf, parseMountinfo, type Mount } from './mountinfo.ts';
import { SpaceProbe, type Space } from './space.ts';

/** A mount of a container and the space on it. */
export interface Volume {
  readonly mountPoint: string;
  /** `major:minor` and name of the disk; '' for what is on no disk of this machine. */
  readonly number: string;
  readonly device: string;
  /** Name of the volume; '' for what has none. */
  readonly volume: string;
  readonly space: Space | undefined;
}

const VOLUMES_PER_CONTAINER = 32;
const DESCRIPTORS_LOOKED_AT = 256;

/** Mounts as processes see them. Those of one namespace and root see the same: the list is read once for all. */
class MountViews {
  readonly #procfs: string;
  readonly #machine: string;
  readonly #mounts = new Map<string, readonly Mount[]>();

  constructor(procfs: string) {
    this.#procfs = procfs;
    this.#machine = this.#link(1, 'ns/mnt');
  }

  of(pid: number): { readonly mounts: readonly Mount[]; readonly isMachines: boolean } {
    const namespace = this.#link(pid, 'ns/mnt');
    const isMachines = namespace === this.#machine;
    if (namespace === '') return { mounts: this.#read(pid), isMachines };
    const view = `${namespace} ${this.#link(pid, 'root')}`;
    const mounts = this.#mounts.get(view) ?? this.#read(pid);
    // none: it may just have ended
    if (mounts.length > 0) this.#mounts.set(view, mounts);
    return { mounts, isMachines };
  }

  #read(pid: number): readonly Mount[] {
    try {
      return dataMounts(parseMountinfo(readFileSync(join(this.#procfs, String(pid), 'mountinfo'), 'utf8')));
    } catch {
      return [];
    }
  }

  /** '' for a process that is gone or not ours to look at. */
  #link(pid: number, name: string): string {
    try {
      return readlinkSync(join(this.#procfs, String(pid), name));
    } catch {
      return '';
    }
  }
}

/** Volumes of containers. Asked off the interval: what is shown is what was found last. */
export class Volumes {
  readonly #procfs: string;
  readonly #devices: BlockDevices;
  readonly #probe: SpaceProbe;
  readonly #found = new Map<string, readonly Volume[]>();
  #asking: Promise<void> | undefined;

  constructor(procfs: string, devices: BlockDevices, probe: SpaceProbe = new SpaceProbe()) {
    this.#procfs = procfs;
    this.#devices = devices;
    this.#probe = probe;
  }

  of(containerId: string): readonly Volume[] {
    return this.#found.get(containerId) ?? [];
  }

  /** File systems that do not answer. */
  get stuck(): ReadonlySet<string> {
    return this.#probe.stuck;
  }

  /** Asks anew unless it is still asking; resolves when every mount has answered or kept too long. */
  refresh(containers: readonly Container[]): Promise<void> {
    this.#asking ??= this.#ask(containers).finally(() => (this.#asking = undefined));
    return this.#asking;
  }

  async #ask(containers: readonly Container[]): Promise<void> {
    const ids = new Set(containers.map(({ containerId }) => containerId));
    for (const id of this.#found.keys()) if (!ids.has(id)) this.#found.delete(id);
    const asked = new Map<string, Promise<Space | undefined>>();
    const views = new MountViews(this.#procfs);
    for (const container of containers) {
      const pid = container.pids.values().next().value;
      if (pid === undefined) continue;
      const volumes: Volume[] = [];
      for (const mount of this.#mountsOf(container, pid, views)) {
        // a directory may have a quota of its own
        const place = `${mount.number} ${mount.root}`;
        const path = join(this.#procfs, String(pid), 'root', mount.mountPoint);
        const answer = asked.get(place) ?? this.#probe.ask(path, mount.number, isRemote(mount));
        asked.set(place, answer);
        volumes.push(this.#volume(container, mount, await answer));
      }
      this.#found.set(container.containerId, volumes);
    }
  }

  #volume(container: Container, mount: Mount, space: Space | undefined): Volume {
    const { mountPoint } = mount;
    const disk = this.#devices.of(mount);
    const named = container.runtime?.volumes[mountPoint] ?? '';
    return {
      mountPoint,
      number: disk?.number ?? '',
      device: disk?.name ?? (isRemote(mount) ? mount.source : ''),
      volume: volumeName(mount.root) || volumeName(mount.source) || named,
      space,
    };
  }

  /** Of a service that shares the machine's mounts, its root and what its open files are on. */
  #mountsOf(container: Container, pid: number, views: MountViews): readonly Mount[] {
    const { mounts, isMachines } = views.of(pid);
    const used = isMachines ? this.#used(container, mounts) : undefined;
    return mounts
      .filter((mount) => !used || mount.mountPoint === '/' || used.has(mount))
      .slice(0, VOLUMES_PER_CONTAINER);
  }

  #used({ pids }: Container, mounts: readonly Mount[]): ReadonlySet<Mount> {
    const used = new Set<Mount>();
    let left = DESCRIPTORS_LOOKED_AT;
    for (const pid of pids) {
      const folder = join(this.#procfs, String(pid), 'fd');
      for (const descriptor of list(folder).slice(0, left)) {
        left--;
        const mount = mountOf(target(join(folder, descriptor)), mounts);
        if (mount) used.add(mount);
      }
      if (left <= 0) break;
    }
    return used;
  }
}

function list(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function target(link: string): string {
  try {
    return readlinkSync(link);
  } catch {
    return '';
  }
}
