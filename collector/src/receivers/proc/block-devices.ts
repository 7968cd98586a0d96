import { readFileSync, readlinkSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { mountOf, parseMountinfo, upperDirectory, type Mount } from './mountinfo.ts';

/** Disk behind a mount. */
export interface BlockDevice {
  /** `major:minor` of the whole disk, as the I/O figures of cgroups name it. */
  readonly number: string;
  /** `sda`, `nvme0n1`, `dm-0`, as in /proc/diskstats. */
  readonly name: string;
}

const MINOR_LOW_BITS = 8;

/** Disks by the numbers of file systems and of their partitions. Answers are kept: numbers are not given anew. */
export class BlockDevices {
  readonly #procfs: string;
  readonly #sysfs: string;
  readonly #known = new Map<string, BlockDevice | undefined>();

  constructor(procfs: string, sysfs = '/sys') {
    this.#procfs = procfs;
    this.#sysfs = sysfs;
  }

  /** The disk of a number (`8:1` → sda); undefined for what is no block device. */
  byNumber(number: string): BlockDevice | undefined {
    if (!this.#known.has(number)) this.#known.set(number, this.#lookUp(number));
    return this.#known.get(number);
  }

  /** The disk behind a mount: by its number; by its source (btrfs); of overlays by where they write. */
  of(mount: Mount): BlockDevice | undefined {
    const direct = this.byNumber(mount.number);
    if (direct) return direct;
    if (mount.source.startsWith('/dev/')) return this.#bySource(mount.source);
    const upper = upperDirectory(mount);
    const behind = upper === undefined ? undefined : mountOf(upper, this.#hostMounts());
    return behind && behind.type !== 'overlay' ? this.of(behind) : undefined;
  }

  /** `../../devices/pci…/block/sda/sda1`: a partition stands below its disk. */
  #lookUp(number: string): BlockDevice | undefined {
    if (number.startsWith('0:')) return undefined;
    try {
      const path = readlinkSync(join(this.#sysfs, 'dev/block', number));
      const parent = basename(dirname(path));
      const isPartition = basename(dirname(dirname(path))) === 'block';
      const name = isPartition ? parent : basename(path);
      const whole = isPartition
        ? readFileSync(join(this.#sysfs, 'block', name, 'dev'), 'utf8').trim()
        : number;
      return { number: whole, name };
    } catch {
      return undefined;
    }
  }

  #bySource(source: string): BlockDevice | undefined {
    try {
      const { rdev } = statSync(join(this.#procfs, '1/root', source));
      const [major, minor] = [(rdev >> MINOR_LOW_BITS) & 0xfff, (rdev & 0xff) | ((rdev >> 12) & 0xfff00)];
      return this.byNumber(`${major}:${minor}`);
    } catch {
      return undefined;
    }
  }

  #hostMounts(): readonly Mount[] {
    try {
      return parseMountinfo(readFileSync(join(this.#procfs, '1/mountinfo'), 'utf8'));
    } catch {
      return [];
    }
  }
}
