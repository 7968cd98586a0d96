#!/usr/bin/env node
// Starts the collector with little memory: V8 kept small, and its modules from a compile cache, so that the
// compiler of types (some 20 MB) is not even loaded. The first start after a change fills the cache in a child.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import nodeModule from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SOURCES = join(ROOT, 'src');
const FILL = 'GUMSHOE_FILL_COMPILE_CACHE';
/** Only its owner may write there: what it holds is run. */
const CACHE = process.env.CACHE_DIRECTORY ?? join(ROOT, '.cache', 'compile');
const STAMP = join(CACHE, 'stamp');

// A small heap that one thread collects: with so little to do, several only wait for each other. Freed memory goes
// back to the system (npm run bench -- collector).
// V8's flags are part of the cache's key. glibc reads its own settings from the environment, before anything runs.
const V8_FLAGS = [
  '--max-semi-space-size=2',
  '--heap-growing-percent=15',
  '--single-threaded-gc',
  '--expose-gc',
  '--liftoff-only',
];
const MALLOC = { MALLOC_ARENA_MAX: '1', MALLOC_TRIM_THRESHOLD_: '65536', MALLOC_MMAP_THRESHOLD_: '65536' };
const SELF = fileURLToPath(import.meta.url);

const OLDEST = 24;
if (Number(process.versions.node.split('.')[0]) < OLDEST) {
  process.stderr.write(
    `gumshoe-collector: needs Node.js ${OLDEST} or newer, this is ${process.version}; the project brings one: npx node ${process.argv[1]}\n`,
  );
  process.exit(70);
}

const modules = () =>
  readdirSync(SOURCES, { recursive: true })
    .map(String)
    .filter(
      (file) => file.endsWith('.ts') && !/\.(test|d)\.ts$|^embedded|main\.ts$|testdata|fuzz/.test(file),
    );

/** What they import of the other workspaces, where these are sources too. */
const NEIGHBOURS = ['shared/base', 'shared/text', 'shared/schema', 'shared/promql', 'bpf/loader'];

const sources = () => [
  ...modules().map((file) => join(SOURCES, file)),
  ...NEIGHBOURS.map((name) => join(ROOT, '..', name, 'src'))
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder, { recursive: true }).map((file) => join(folder, String(file))))
    .filter((file) => file.endsWith('.ts')),
];

/** One that has changed would be compiled in this process, which takes the compiler's 20 MB for good. */
const newest = () => `${process.version} ${Math.max(...sources().map((file) => statSync(file).mtimeMs))}`;

async function fill() {
  for (const file of modules()) await import(pathToFileURL(join(SOURCES, file)).href).catch(() => undefined); // said when it is needed
  nodeModule.flushCompileCache();
}

function prepare() {
  try {
    mkdirSync(CACHE, { recursive: true, mode: 0o700 });
    if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === newest()) return;
    spawnSync(process.execPath, [...V8_FLAGS, SELF], {
      env: { ...process.env, ...MALLOC, [FILL]: '1' },
      stdio: 'ignore',
      timeout: 60_000,
    });
    writeFileSync(STAMP, newest(), { mode: 0o600 });
  } catch {
    // a read-only installation costs memory, nothing else
  }
}

if (process.env.MALLOC_ARENA_MAX !== MALLOC.MALLOC_ARENA_MAX && process.execve) {
  // the same process from here on: supervisors and --target-pid keep its id
  const settings = { ...process.env, ...MALLOC };
  process.execve(
    process.execPath,
    [process.execPath, '--disable-warning=ExperimentalWarning', ...V8_FLAGS, SELF, ...process.argv.slice(2)],
    settings,
  );
}
if (process.env[FILL]) {
  nodeModule.enableCompileCache(CACHE);
  await fill();
  process.exit(0); // a room that starts something when it is loaded does not keep us
}
prepare();
nodeModule.enableCompileCache(CACHE);
const { run } = await import('../src/run.ts');
await run(process.argv.slice(2));
