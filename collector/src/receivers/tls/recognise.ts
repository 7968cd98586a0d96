import { ElfFile } from '../../symbols/elf.ts';
import { recogniseGo } from './go.ts';
import { recogniseOpenssl } from './openssl.ts';
import { recogniseRustls } from './rustls.ts';
import type { Recognition } from './recognised.ts';

/** Every kind of TLS library, in the order in which a file is asked. */
const KINDS: readonly ((file: ElfFile, path: string) => Recognition)[] = [
  recogniseOpenssl,
  recogniseGo,
  recogniseRustls,
];

/** What is known of a file. `mapped`: its path as the process maps it; `path`: where we can open it. */
export function recognise(path: string, mapped: string): Recognition {
  let file: ElfFile;
  try {
    file = new ElfFile(path);
  } catch {
    return { kind: 'none' };
  }
  try {
    for (const kind of KINDS) {
      const found = kind(file, mapped);
      if (found.kind !== 'none') return found;
    }
    return { kind: 'none' };
  } finally {
    file.close();
  }
}
