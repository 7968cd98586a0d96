/** One line of /proc/<pid>/mountinfo (proc_pid_mountinfo(5)). */
export interface Mount {
  /** `major:minor` of the file system. */
  readonly number: string;
  /** What of the file system is mounted. */
  readonly root: string;
  readonly mountPoint: string;
  readonly type: string;
  readonly source: string;
  readonly superOptions: string;
}

const unescapeOctal = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(parseInt(digits, 8)));

/** In the order of mounting; of several at one place the last one is what is seen there. */
export function parseMountinfo(text: string): readonly Mount[] {
  const byPlace = new Map<string, Mount>();
  for (const line of text.split('\n')) {
    const [before = '', after = ''] = line.split(' - ');
    const [, , number, root, mountPoint] = before.split(' ');
    const [type, source = '', superOptions = ''] = after.split(' ');
    if (number === undefined || root === undefined || mountPoint === undefined || !type) continue;
    const place = unescapeOctal(mountPoint);
    const mount = {
      number,
      root: unescapeOctal(root),
      mountPoint: place,
      type,
      source: unescapeOctal(source),
      superOptions,
    };
    byPlace.set(place, mount);
  }
  return [...byPlace.values()];
}

const LOCAL = new Set([
  'ext2',
  'ext3',
  'ext4',
  'xfs',
  'btrfs',
  'zfs',
  'f2fs',
  'bcachefs',
  'jfs',
  'vfat',
  'exfat',
  'ntfs3',
]);
const REMOTE =
  /^(nfs4?|cifs|smb3|ceph|9p|virtiofs|glusterfs|lustre|beegfs|gpfs|afs|ocfs2|gfs2|fuse(\..+|blk)?)$/;
/** Single files that runtimes mount into every container. */
const SINGLE_FILES = /^\/(etc\/(hosts|hostname|resolv\.conf)|dev\/termination-log|run\/\.containerenv)$/;

/** Whether asking this file system may mean asking another machine, or a process. */
export const isRemote = (mount: Mount): boolean => REMOTE.test(mount.type);

/** Mounts that hold data of the container: its root, and volumes on disks or elsewhere; none of the kernel's own. */
export function dataMounts(mounts: readonly Mount[]): readonly Mount[] {
  return mounts.filter(
    (mount) =>
      !SINGLE_FILES.test(mount.mountPoint) &&
      (LOCAL.has(mount.type) || isRemote(mount) || (mount.mountPoint === '/' && mount.type === 'overlay')),
  );
}

/** The mount that a path is on; undefined for what is no absolute path. */
export function mountOf(path: string, mounts: readonly Mount[]): Mount | undefined {
  let best: Mount | undefined;
  for (const mount of mounts) {
    const isBelow =
      mount.mountPoint === '/' || path === mount.mountPoint || path.startsWith(`${mount.mountPoint}/`);
    if (path.startsWith('/') && isBelow && mount.mountPoint.length >= (best?.mountPoint.length ?? 0))
      best = mount;
  }
  return best;
}

/** Where an overlay keeps what is written (Documentation/filesystems/overlayfs), as the machine sees it. */
export const upperDirectory = (mount: Mount): string | undefined =>
  mount.type === 'overlay' ? /(?:^|,)upperdir=([^,]+)/.exec(mount.superOptions)?.[1] : undefined;
