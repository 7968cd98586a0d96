import type { ElfFile } from '../../symbols/elf.ts';
import { functionsNamed, pieces, type NamedFunction } from '../../symbols/functions-named.ts';
import { boundedProbes, entryProbe, together, type FunctionProbes, type Recognition } from './recognised.ts';

const RETURN = 'tls_openssl_return';
/** Without all of these it is no OpenSSL. */
const NEEDED: Readonly<Record<string, string>> = {
  SSL_read: 'tls_openssl_read',
  SSL_write: 'tls_openssl_write',
};
/** OpenSSL since 1.1.1; BoringSSL has none. */
const EXTENDED: Readonly<Record<string, string>> = {
  SSL_read_ex: 'tls_openssl_read_ex',
  SSL_write_ex: 'tls_openssl_write_ex',
  SSL_write_ex2: 'tls_openssl_write_ex',
};
/** Only their entries matter. */
const STARTS: Readonly<Record<string, string>> = {
  SSL_set_connect_state: 'tls_openssl_start',
  SSL_set_accept_state: 'tls_openssl_start',
  SSL_do_handshake: 'tls_openssl_handshake',
};
const WANTED = [NEEDED, EXTENDED, STARTS].flatMap((names) => Object.keys(names));

/** Text that every build of the library carries; where it stands in shared libcrypto, the library's name tells. */
const VERSION =
  /^OpenSSL (1\.1\.1[a-z]*|3\.\d+\.\d+)[^\0]{0,40}? \d{1,2} [A-Z][a-z]{2} 20\d\d|^OpenSSL 1\.1\.1 \(compatible; BoringSSL\)/;
const SHARED = /(?:^|\/)libssl\.so\.(1\.1|3)$/;
const LIBRARY = 'OpenSSL ';
const LONGEST_VERSION = 64;

/**
 * OpenSSL 1.1.1 and 3, as a shared library or linked into a program that kept its symbols, and BoringSSL so linked.
 * `path`: as the process maps it.
 */
export function recogniseOpenssl(file: ElfFile, path: string): Recognition {
  const functions = functionsNamed(file, WANTED);
  if (!Object.keys(NEEDED).every((name) => functions.has(name))) return { kind: 'none' };
  const build = versionOf(file, path);
  if (!build)
    return {
      kind: 'refused',
      build: 'OpenSSL or a relative',
      reason: 'its version is not one that is known',
    };
  const made = together([...bounded(file, functions), ...entries(file, functions)]);
  return made.ok
    ? { kind: 'recognised', build, probes: made.probes }
    : { kind: 'refused', build, reason: made.reason };
}

function bounded(file: ElfFile, functions: ReadonlyMap<string, NamedFunction>): readonly FunctionProbes[] {
  return Object.entries({ ...NEEDED, ...EXTENDED }).flatMap(([name, program]) => {
    const found = functions.get(name);
    return found ? [boundedProbes(file, found, program, RETURN)] : [];
  });
}

function entries(file: ElfFile, functions: ReadonlyMap<string, NamedFunction>): readonly FunctionProbes[] {
  return Object.entries(STARTS).flatMap(([name, program]) => {
    const found = functions.get(name);
    return found ? [entryProbe(file, found, program)] : [];
  });
}

function versionOf(file: ElfFile, path: string): string | undefined {
  const shared = SHARED.exec(path)?.[1];
  return shared ? `OpenSSL ${shared} (shared)` : versionTextIn(file);
}

/** Constant text stands in `.rodata`. */
function versionTextIn(file: ElfFile): string | undefined {
  const section = file.section('.rodata');
  if (!section) return undefined;
  for (const { bytes } of pieces(file, section, LONGEST_VERSION))
    for (let at = bytes.indexOf(LIBRARY); at >= 0; at = bytes.indexOf(LIBRARY, at + 1)) {
      const match = VERSION.exec(bytes.toString('latin1', at, at + LONGEST_VERSION));
      if (match) return match[1] ? `OpenSSL ${match[1]}` : 'BoringSSL';
    }
  return undefined;
}
