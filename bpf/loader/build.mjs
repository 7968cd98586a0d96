// Compiles the N-API addon with the system's g++ against libbpf. Plain Node >= 18, no dependencies, no downloads.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = dirname(fileURLToPath(import.meta.url));
const SOURCES = join(HERE, 'native');
const OUTPUT = join(HERE, 'build', 'Release', 'ebpf_loader.node');
const LIBBPF = [
  '/usr/lib/x86_64-linux-gnu/libbpf.a',
  '/usr/lib/aarch64-linux-gnu/libbpf.a',
  '/usr/lib64/libbpf.a',
  '/usr/lib/libbpf.a',
];

function fail(reason) {
  process.stderr.write(`ebpf-loader-native: ${reason}\n`);
  process.exit(1);
}

function tool(program, words) {
  const done = spawnSync(program, words, { encoding: 'utf8' });
  if (done.error) fail(`${program} could not be started: ${done.error.message}`);
  if (done.status !== 0) fail(`${program} ended with ${done.status}\n${done.stderr.slice(0, 4000)}`);
  if (done.stderr) process.stderr.write(done.stderr);
}

const files = readdirSync(SOURCES).map((name) => join(SOURCES, name));
const newest = Math.max(
  statSync(fileURLToPath(import.meta.url)).mtimeMs,
  ...files.map((file) => statSync(file).mtimeMs),
);
if (process.platform !== 'linux') fail('needs Linux');
if (!process.argv.includes('--force') && existsSync(OUTPUT) && statSync(OUTPUT).mtimeMs > newest)
  process.exit(0);
const library = LIBBPF.find(existsSync);
if (!library) fail('libbpf.a is not installed (Debian package libbpf-dev)');
const require = createRequire(import.meta.url);
const headers = [
  dirname(require.resolve('node-addon-api/package.json')),
  join(dirname(require.resolve('node-api-headers/package.json')), 'include'),
];
mkdirSync(dirname(OUTPUT), { recursive: true });
// Distributions build libbpf.a for executables: its only reference to another library's data is `stderr`. Renamed to
// a variable of the addon's own, and with every symbol but the addon's entry kept local, it links into a library.
const renamed = join(dirname(OUTPUT), 'libbpf.a');
tool('objcopy', ['--redefine-sym', 'stderr=ebpf_loader_stderr', library, renamed]);
const partial = `${OUTPUT}.${process.pid}`;
const words = [
  ...[
    '-std=c++17',
    '-O2',
    '-g1',
    '-fPIC',
    '-shared',
    '-fvisibility=hidden',
    '-Wall',
    '-Wextra',
    '-Wno-missing-field-initializers',
  ],
  ...['-DNAPI_VERSION=8', '-DNODE_ADDON_API_CPP_EXCEPTIONS', '-DBUILDING_NODE_EXTENSION'],
  ...headers.flatMap((path) => ['-isystem', path]),
  ...files.filter((file) => file.endsWith('.cc')),
  ...[
    '-o',
    partial,
    renamed,
    '-lelf',
    '-lz',
    '-pthread',
    `-Wl,--version-script=${join(SOURCES, 'exports.map')}`,
  ],
];
tool('g++', words);
renameSync(partial, OUTPUT);
