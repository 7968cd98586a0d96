import { closeSync, fstatSync, openSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseMappings } from '../../symbols/process-maps.ts';

/** A file that a process runs code from. */
export interface MappedFile {
  /** `device:inode`: what the kernel attaches probes to. */
  readonly identity: string;
  /** In the process's own root. */
  readonly mapped: string;
  /** Leads to the very file that is mapped, also from another mount namespace and after it was replaced. */
  readonly path: string;
  readonly isExecutable: boolean;
}

const LIBRARY = /(^|\/)libssl[.-]/;

/**
 * The files of a process that may hold a TLS library: shared ones by name, and its executable, which may have one
 * linked in. Empty when the process is gone.
 */
export function mappedFiles(pid: number, procfs: string): readonly MappedFile[] {
  const root = `${procfs}/${pid}`;
  try {
    const libraries = parseMappings(readFileSync(`${root}/maps`, 'latin1')).filter(({ path }) =>
      LIBRARY.test(path),
    );
    const files = libraries.map(({ start, end, path }) => ({
      mapped: path,
      path: `${root}/map_files/${start.toString(16)}-${end.toString(16)}`,
      isExecutable: false,
    }));
    files.push({ mapped: readlinkSync(`${root}/exe`), path: `${root}/exe`, isExecutable: true });
    return files.map((file) => ({ ...file, identity: identityOf(file.path) }));
  } catch {
    return [];
  }
}

/** Where distributions install libssl. */
const SYSTEM_FOLDERS = ['usr/lib/x86_64-linux-gnu', 'usr/lib/aarch64-linux-gnu', 'usr/lib64', 'usr/lib'];
const SYSTEM_NAMES = ['libssl.so.3', 'libssl.so.1.1'];

/** Shared TLS libraries of the host itself. */
export function systemLibraries(hostRoot: string): readonly MappedFile[] {
  const paths = SYSTEM_FOLDERS.flatMap((folder) => SYSTEM_NAMES.map((name) => join(hostRoot, folder, name)));
  return paths.flatMap((path) => {
    try {
      return [{ mapped: path, path, isExecutable: false, identity: identityOf(path) }];
    } catch {
      return [];
    }
  });
}

function identityOf(path: string): string {
  return identity(statSync(path, { bigint: true }));
}

const identity = ({ dev, ino }: { readonly dev: bigint; readonly ino: bigint }): string => `${dev}:${ino}`;

/** A file kept open: its process may end at any time. */
export interface HeldFile {
  /** Leads to the file as long as it is held. */
  readonly path: string;
  readonly release: () => void;
}

/** undefined when the process that mapped the file is gone. */
export function holdFile(file: MappedFile): HeldFile | undefined {
  try {
    const fd = openSync(file.path, 'r');
    if (identity(fstatSync(fd, { bigint: true })) === file.identity)
      return { path: `/proc/self/fd/${fd}`, release: () => closeSync(fd) };
    closeSync(fd);
  } catch {
    // gone
  }
  return undefined;
}
