import { dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';
import { ElfFile, textAt } from './elf.ts';

const NOTE_GNU_BUILD_ID = 3;
const DEBUG = '/usr/lib/debug';
const MAX_LINK = 4096;
const CHUNK = 1 << 20;
/** Larger files are not read whole just to be sure that they belong. */
const MAX_CHECKED = 256 << 20;

/**
 * Separate symbols of a stripped file as distributions and build systems install them: by build id, else by the name
 * and the checksum in the file (GDB manual, "Separate Debug Files"). Looked for where the process looks, then here.
 * @param path of the file in the process's root.
 * @param root the process's folder in /proc.
 */
export function openDebugFile(file: ElfFile, path: string, root: string): ElfFile | undefined {
  const roots = [`${root}/root`, ''];
  return byBuildId(file, roots) ?? byLink(file, path, roots);
}

function byBuildId(file: ElfFile, roots: readonly string[]): ElfFile | undefined {
  const id = buildId(file);
  if (!id || id.length < 4) return undefined;
  const path = `${DEBUG}/.build-id/${id.slice(0, 2)}/${id.slice(2)}.debug`;
  return firstThat(
    roots.map((root) => root + path),
    (found) => (buildId(found) ?? id) === id,
  );
}

function byLink(file: ElfFile, path: string, roots: readonly string[]): ElfFile | undefined {
  const section = file.section('.gnu_debuglink');
  const link = section && file.read(section.offset, Math.min(section.size, MAX_LINK));
  if (!link || link.length < 8) return undefined;
  const name = textAt(link, 0);
  if (name === '' || name.includes('/')) return undefined;
  const wanted = link.readUInt32LE(link.length - 4);
  const folder = dirname(path);
  const places = [join(folder, name), join(folder, '.debug', name), join(DEBUG, folder, name)];
  const own = identityOf(path, roots);
  const paths = roots.flatMap((root) => places.map((place) => root + place));
  return firstThat(
    paths.filter((one) => !own.has(one)),
    (found) => checksum(found) === wanted,
  );
}

/** The file itself may bear the name that it links to. */
const identityOf = (path: string, roots: readonly string[]): ReadonlySet<string> =>
  new Set(roots.map((root) => root + path));

/** Unreadable files and those of another build only cost names. */
function firstThat(paths: readonly string[], belongs: (file: ElfFile) => boolean): ElfFile | undefined {
  for (const path of paths) {
    let file: ElfFile;
    try {
      file = new ElfFile(path);
    } catch {
      continue;
    }
    if (file.section('.symtab') && belongs(file)) return file;
    file.close();
  }
  return undefined;
}

function buildId(file: ElfFile): string | undefined {
  const section = file.section('.note.gnu.build-id');
  if (!section) return undefined;
  const note = file.read(section.offset, Math.min(section.size, 256));
  if (note.length < 16 || note.readUInt32LE(8) !== NOTE_GNU_BUILD_ID) return undefined;
  const start = 12 + ((note.readUInt32LE(0) + 3) & ~3);
  return note.toString('hex', start, start + note.readUInt32LE(4));
}

function checksum(file: ElfFile): number | undefined {
  const chunk = Buffer.alloc(CHUNK);
  let sum = 0;
  for (let at = 0; at < MAX_CHECKED;) {
    const got = file.readInto(chunk, at);
    sum = crc32(chunk.subarray(0, got), sum);
    at += got;
    if (got < CHUNK) return sum;
  }
  return undefined;
}
