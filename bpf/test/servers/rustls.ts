import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';

/** Where Debian's packages put the sources of crates. */
const CRATES = '/usr/share/cargo/registry';
const SOURCES = join(import.meta.dirname, 'rustls');
const OUT = join(import.meta.dirname, '../../out/rustls');

/** Why the program cannot be built here; false when it can. */
export function rustlsProblem(): string | false {
  if (!existsSync(join(CRATES, 'rustls-pemfile-1.0.0'))) return 'no librust-rustls-pemfile-dev';
  return spawnSync('cargo', ['--version']).error ? 'no cargo' : false;
}

/** Builds the program with Debian's crates, once; a second call finds it done. */
export function buildRustls(): string {
  mkdirSync(OUT, { recursive: true });
  cpSync(SOURCES, join(OUT, 'source'), { recursive: true }); // cargo writes a lock file beside the manifest
  const { status, stderr } = spawnSync(
    'cargo',
    [
      'build',
      ...['--release', '--offline', '--quiet', '--target-dir', join(OUT, 'target')],
      ...['--manifest-path', join(OUT, 'source/Cargo.toml')],
      ...['--config', 'source.crates-io.replace-with="debian"'],
      ...['--config', `source.debian.directory="${CRATES}"`],
    ],
    { encoding: 'utf8', timeout: 280_000 },
  );
  if (status !== 0) throw new Error(`cargo build: ${stderr}`);
  return join(OUT, 'target/release/tls-rust');
}
