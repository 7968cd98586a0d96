import type { ElfFile } from '../../symbols/elf.ts';
import { functionsMatching } from '../../symbols/functions-named.ts';
import { boundedProbes, together, type Recognition } from './recognised.ts';

const RETURN = 'tls_rustls_return';
/** Mangled names of Rust (legacy scheme), without the hash at their end. */
const NEEDLE = '$LT$rustls..conn..';
const READ =
  /^_ZN\d+_\$LT\$rustls\.\.conn\.\.(?:connection\.\.)?Reader\$u20\$as\$u20\$std\.\.io\.\.Read\$GT\$4read17h/;
const WRITE =
  /^_ZN\d+_\$LT\$rustls\.\.conn\.\.ConnectionCommon\$LT\$T\$GT\$\$u20\$as\$u20\$rustls\.\.conn\.\.(?:connection\.\.)?PlaintextSink\$GT\$5write17h/;

/** rustls in an executable that kept its symbols. */
export function recogniseRustls(file: ElfFile): Recognition {
  const functions = functionsMatching(file, NEEDLE);
  const reads = functions.filter(({ name }) => READ.test(name));
  const writes = functions.filter(({ name }) => WRITE.test(name));
  if (reads.length === 0 && writes.length === 0) return { kind: 'none' };
  const build = 'rustls';
  if (reads.length === 0 || writes.length === 0)
    return { kind: 'refused', build, reason: 'one of its reader and writer was inlined' };
  const made = together([
    ...reads.map((one) => boundedProbes(file, one, 'tls_rustls_read', RETURN)),
    ...writes.map((one) => boundedProbes(file, one, 'tls_rustls_write', RETURN)),
  ]);
  return made.ok
    ? { kind: 'recognised', build, probes: made.probes }
    : { kind: 'refused', build, reason: made.reason };
}
