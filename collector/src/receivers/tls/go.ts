import type { ElfFile } from '../../symbols/elf.ts';
import { goBuild, goFunctions } from '../../symbols/go-functions.ts';
import { boundedProbes, entryProbe, together, type Recognition } from './recognised.ts';

const RETURN = 'tls_go_return';
const METHODS = { read: 'crypto/tls.(*Conn).Read', write: 'crypto/tls.(*Conn).Write' };
/** Each connection goes through one of them first. */
const HANDSHAKES = ['crypto/tls.(*Conn).clientHandshake', 'crypto/tls.(*Conn).serverHandshake'];
/** Tables and calling convention are known from here on, and layouts were checked up to there. */
const OLDEST_MINOR = 18;
const NEWEST_MINOR = 26;

/** crypto/tls in a Go executable, stripped or not. */
export function recogniseGo(file: ElfFile): Recognition {
  const go = goBuild(file);
  if (!go) return { kind: 'none' };
  const functions = new Map(
    goFunctions(file, [METHODS.read, METHODS.write, ...HANDSHAKES]).map((one) => [one.name, one]),
  );
  const [read, write] = [functions.get(METHODS.read), functions.get(METHODS.write)];
  if (!read || !write) return { kind: 'none' };
  const build = `Go ${go.version}`;
  if (go.minor === undefined || go.minor < OLDEST_MINOR || go.minor > NEWEST_MINOR)
    return {
      kind: 'refused',
      build,
      reason: `only Go 1.${OLDEST_MINOR} to 1.${NEWEST_MINOR} are known`,
    };
  const made = together([
    boundedProbes(file, read, 'tls_go_read', RETURN),
    boundedProbes(file, write, 'tls_go_write', RETURN),
    ...HANDSHAKES.flatMap((name) => {
      const found = functions.get(name);
      return found ? [entryProbe(file, found, 'tls_go_start')] : [];
    }),
  ]);
  return made.ok
    ? { kind: 'recognised', build, probes: made.probes }
    : { kind: 'refused', build, reason: made.reason };
}
